"""What reads foreign content, and how it is tried."""

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jetscale_cicd.tools.redact import Redactor
from tests.fuzz.mutate import JsonMutator, Mutator

Call = Callable[[bytes], object]
Pack = Callable[[Any, random.Random], bytes]
REDACT = Redactor.of(("s3cr3t-value",))
SCRATCH = Path(tempfile.gettempdir())


class Boundary(NamedTuple):
    """What reads foreign content.

    Args:
        call: reads it.
        seeds: ordinary inputs; values where it reads JSON.
        raises: what it may raise besides a ``Stage6Error``.
        signs: of the format.
        pack: makes the input of a value; None where the inputs are bytes, ``json`` where they are JSON.
        weight: how many inputs, of those of the others.
    """

    call: Call
    seeds: Sequence[Any]
    raises: tuple[type[Exception], ...] = ()
    signs: Sequence[bytes] = ()
    pack: Pack | str | None = None
    weight: int = 1

    def mutator(self, chance: random.Random) -> Callable[[], bytes]:
        """What makes inputs."""
        if self.pack is None:
            return Mutator(self.seeds, self.signs, chance)
        return JsonMutator(self.seeds, chance, None if isinstance(self.pack, str) else self.pack)

    def ordinary(self, chance: random.Random) -> list[bytes]:
        """The seeds as inputs."""
        if self.pack is None:
            return list(self.seeds)
        if isinstance(self.pack, str):
            return [json.dumps(each).encode() for each in self.seeds]
        return [self.pack(each, chance) for each in self.seeds]


def text(content: bytes) -> str:
    """As git's output and files are decoded where they may hold anything."""
    return content.decode("utf-8", "surrogateescape")


def replaced(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def of_file(call: Callable[[Path], object], name: str = "file") -> Call:
    """Reads a file."""

    def read(content: bytes) -> object:
        with tempfile.TemporaryDirectory(dir=SCRATCH) as directory:
            file = Path(directory, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            return call(file)

    return read


SHA = "a" * 40
JSONS: list[Any] = [{"a": [1, 2.5, "b", None, True], "c": {"d": {}}}, [], "text", 0]
YAML_SIGNS = (
    *(b"\n  - ", b"\n- a: b", b"\n  a:", b": |\n", b": >-\n", b"---\n", b"...\n", b"%YAML 1.1\n", b"&a [*a]", b"*a"),
    *(
        b"[[[[",
        b"{{{{",
        b"!!int x",
        b"!!float .inf",
        b"<<: ",
        b"? ",
        b"0x_",
        b"0b1",
        b"1_0",
        b"-.inf",
        b".nan",
        b"y",
        b"0o7",
    ),
)
