"""Inputs that nobody would write by hand, made from those that somebody would; the same seed makes the same ones."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

# What has broken readers of any format.
SIGNS = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\n\n", b"\r\n", b"\t", b" ", b"\x1b[31m", b"\x7f", b"\xc2\x85"),
    *("\u2028".encode(), "\ufeff".encode(), "\U0001f600".encode(), b"\xed\xa0\x80", b"\\ud800", "é".encode()),
    *(b"-", b"--", b"0", b"-1", b"9" * 20, b"9" * 400, b"9" * 5000, b"1e999", b"NaN", b"null", b"true", b"~"),
    *(b"[", b"]", b"{", b"}", b"(", b")", b"<", b">", b'"', b"'", b"`", b"\\", b"/", b"//", b"..", b"../", b"."),
    *(b":", b": ", b",", b";", b"=", b"@", b"#", b" #", b"%", b"&", b"&a ", b"*a", b"!", b"|", b"?", b"$", b"^", b"+"),
    *(b"a", b"a" * 300, b"a" * 5000, b"%s%n", b"{0}", b"://", b"[::1", b"https://[::1/x", b"<<: *a\n", b"!!binary x"),
)
# Values that are of another type, size or form than a reader expects.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**18, 10**30, 10**400, 1.5, -0.0, 1e308, "", "0", "a", "a" * 300, "a" * 70_000),
    *("\0", "\n", "\ud800", "\u2028", "../x", "-rf", "https://[::1/x", "é", "2026-01-01T00:00:00", "9" * 5000, "²"),
    *([], {}, [[]], [None], {"": ""}, {"a": {"b": []}}, [{}] * 50),
)
_LARGE = (100, 100, 1000, 1000, 20_000, 20_000, 200_000)


class Mutator:
    """Makes inputs of seeds, by a generator of its own.

    Args:
        seeds: what is ordinary, in the form of the boundary.
        signs: of the format, besides those of any.
    """

    def __init__(self, seeds: Sequence[bytes], signs: Sequence[bytes], chance: random.Random) -> None:
        self.seeds = tuple(seeds)
        self.signs = (*SIGNS, *signs, *signs)
        self.chance = chance

    def __call__(self) -> bytes:
        """One input."""
        content = bytearray(self.chance.choice(self.seeds))
        for _ in range(self.chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            self._change(content)
        return bytes(content)

    def _change(self, content: bytearray) -> None:
        chance = self.chance
        at = chance.randrange(len(content) + 1)
        end = min(len(content), at + chance.choice((1, 1, 2, 4, 8, 16, 64)))
        match chance.randrange(9):
            case 0:
                del content[at:end]
            case 1:
                content[at:at] = chance.choice(self.signs)
            case 2:
                content[at:end] = chance.choice(self.signs)
            case 3:
                content[at:at] = content[at:end] * chance.choice((1, 2, 10))
            case 4:
                del content[at:]
            case 5 if content:
                content[at % len(content)] = chance.randrange(256)
            case 6:
                other = chance.choice(self.seeds)
                start = chance.randrange(len(other) + 1)
                content[at:end] = other[start : start + chance.choice((4, 16, 64, 256))]
            case 7:
                pump = bytes(content[at:end]) if chance.random() < 0.5 else chance.choice(self.signs)
                content[at:at] = pump * (chance.choice(_LARGE) // max(1, len(pump)))
            case _:
                pump = chance.choice(self.signs) + chance.choice(self.signs)
                content[at:at] = pump * (chance.choice(_LARGE[:4]) // max(1, len(pump)))


class JsonMutator:
    """Makes JSON of values in which some are of another type, size or form; now and then of broken text.

    Args:
        seeds: ordinary values.
        pack: makes the input of the value; JSON by default.
    """

    def __init__(
        self, seeds: Sequence[Any], chance: random.Random, pack: Callable[[Any, random.Random], bytes] | None = None
    ) -> None:
        self.seeds = tuple(seeds)
        self.chance = chance
        self.pack = pack
        self.broken = Mutator([json.dumps(each).encode() for each in seeds], (), chance)

    def __call__(self) -> bytes:
        """One input."""
        if self.pack is None and self.chance.random() < 0.3:
            return self.broken()
        value = self.chance.choice(self.seeds)
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            value = self.changed(value)
        return self.pack(value, self.chance) if self.pack else json.dumps(value).encode()

    def changed(self, value: Any) -> Any:
        """The value with something else in one place."""
        chance = self.chance
        if not isinstance(value, dict | list) or not value or chance.random() < 0.15:
            return self.nested() if chance.random() < 0.05 else chance.choice(VALUES)
        if isinstance(value, list):
            at = chance.randrange(len(value))
            return [*value[:at], self.changed(value[at]), *value[at + (chance.random() < 0.8) :]]
        key = chance.choice(list(value))
        match chance.randrange(8):
            case 0:
                return {name: each for name, each in value.items() if name != key}
            case 1:
                return {**value, chance.choice(("", "a", "\ud800", "A" * 300, "stage6")): chance.choice(VALUES)}
            case _:
                return {**value, key: self.changed(value[key])}

    def nested(self) -> Any:
        """A value in many others."""
        value: Any = self.chance.choice(VALUES)
        for _ in range(self.chance.choice((50, 150, 400))):
            value = [value] if self.chance.random() < 0.5 else {"a": value}
        return value
