r"""How a secret may be spelled in a text: quoted, escaped or encoded by YAML, JSON, a shell, Go, HTML or a URL.

It is compared part by part, each with all its spellings, so that spellings of spellings (JSON inside JSON) and a mix
of them are found, too. Where a secret has several kinds of quotes in a row, any quotes stand for any others: more is
masked then.
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from jetscale_cicd.model.record import frozen

# Characters that every encoding leaves as they are.
_PLAIN = r"[A-Za-z0-9_.~-]+"
_PARTS = re.compile(rf"(?P<plain>{_PLAIN})|(?P<quotes>['\"\\]+)|(?P<space>[ \t\r\n]+)|(?P<other>.)", re.DOTALL)
_QUOTE = (
    r"(?:['\"\\]|(?<=\\)(?i:u0027|u0022|u005c|x27|x22|x5c|047|042|134)"
    r"|&(?:amp;)*(?i:\#0*39|\#0*34|\#0*92|\#x0*27|\#x0*22|\#x0*5c|quot|apos);|%(?:25)*(?i:27|22|5c))"
)
_SPACE = (
    r"(?:\\{0,40}+(?:[ \t\r\n]|(?<=\\)(?:[nrt]|(?i:x0[9ad]|x20|u000[9ad]|u0020|u000000(?:0[9ad]|20)|01[125]|040)))"
    r"|\+|%(?:25)*(?i:20|0[9ad])|&(?:amp;)*(?i:\#0*(?:9|10|13|32)|\#x0*(?:9|a|d|20)|tab|newline);)"
)
# Of C, Go, Python, JSON and YAML.
_SHORT = dict(zip("\0\a\b\v\f\x1b\x85\xa0\u2028\u2029", "0abvfeN_LP", strict=True))
_NAMED = {"<": "lt", ">": "gt", "&": "amp", "\xa0": "nbsp"}
_OF_URLS = {"+": "-", "/": "_"}
# A line break that a text in JSON has between two parts, because YAML's writer broke the line there.
_WRITTEN_BREAK = re.compile(r"(?:(?:\\{1,40}+[nr])++[ \t]*+)++\\{0,40}+")
# The longest spelling of one character: an emoji whose percent signs are encoded once more.
_LONGEST = 24
_MIN_ANCHOR, _LONG_ANCHOR = 3, 8

Part = tuple[str, re.Pattern[str] | None]
"""Plain text, or the pattern of anything else."""


@frozen
class Spelling:
    """One secret.

    Args:
        is_base64: it is one in base64, of which there are two alphabets (RFC 4648, section 5).
    """

    secret: str
    is_base64: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether every encoding of text leaves it as it is."""
        return re.fullmatch(_PLAIN, self.secret) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where ``text`` has the secret, however spelled; a line break in it has to be taken out before."""
        anchor, number = self._anchor
        if anchor and anchor not in text:
            return
        before, done = self._before(number) if anchor else 0, 0
        ways = tuple((parts[before:], _Beginnings(parts[:before], text)) for parts in self._ways)
        for at in _places(text, anchor) if anchor else self._beginnings(text):
            if at < done:
                continue
            for parts, beginnings in ways:
                end = _matched(parts, text, at)
                start = beginnings.start(at) if end else None
                if end and start is not None:
                    done = end
                    yield start, end
                    break

    def _beginnings(self, text: str) -> Iterator[int]:
        """Where its first part may begin; a run that this takes as a whole is tried once, not from each character."""
        plain, pattern = self._parts[0]
        if pattern is None:
            yield from _places(text, plain)
            return
        yield from (found.start() for found in re.finditer(_first_of_run(plain[0]) + pattern.pattern, text))

    @cached_property
    def _anchor(self) -> tuple[str, int]:
        """A plain part and its number among them: the first that is long, else the longest if that is rare enough."""
        plain = [(found[0], number) for number, found in enumerate(re.finditer(_PLAIN, self.secret))]
        long = (each for each in plain if len(each[0]) >= _LONG_ANCHOR)
        chosen = next(long, None) or max(plain, key=lambda each: len(each[0]), default=("", 0))
        return chosen if len(chosen[0]) >= _MIN_ANCHOR else ("", 0)

    def _before(self, number: int) -> int:
        """How many parts there are before a plain one."""
        plain = [at for at, (_, pattern) in enumerate(self._parts) if pattern is None]
        return plain[number] if plain else 0

    @property
    def _parts(self) -> tuple[Part, ...]:
        return self._ways[0]

    @cached_property
    def _ways(self) -> tuple[tuple[Part, ...], ...]:
        """Its parts; and with as few spaces as possible, for a backslash and a letter may be spaces, or follow them."""
        return tuple(dict.fromkeys((self._with(""), self._with("?"))))

    def _with(self, lazy: str) -> tuple[Part, ...]:
        found = list(_PARTS.finditer(self.secret))
        following = [*(each[0][0] for each in found[1:]), ""]
        return tuple(
            (part[0], None if part["plain"] else _pattern(str(part.lastgroup), part[0][0], then, lazy, self.is_base64))
            for part, then in zip(found, following, strict=True)
        )


def _first_of_run(char: str) -> str:
    """Not within a run that a spelling takes as a whole; what follows a backslash need not be escaped by it."""
    return r"(?<!['\"\\])" if char in "'\"\\" else r"(?:(?<!\\)|(?!\\))"


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


class _Beginnings:
    """Where parts begin that end at a given place, looked for once from each character of a text.

    Args:
        parts: what comes before an anchor; a text may be full of anchors that nothing comes before.
    """

    def __init__(self, parts: tuple[Part, ...], text: str) -> None:
        self._parts, self._text = parts, text
        self._reach = _LONGEST * sum(len(part[0]) for part in parts)
        self._by_end: dict[int, int] = {}
        self._following: Iterator[int] = iter(())
        self._next = -1

    def start(self, at: int) -> int | None:
        """Where they begin that end at ``at``, which is no smaller than the last one; None where they do not."""
        if not self._parts:
            return at
        begin = max(at - self._reach, 0)
        if self._next < begin:
            found = _start_of(self._parts[0]).finditer(self._text, begin)
            self._following = (each.start() for each in found)
            self._advance()
        while self._next < at:
            self._by_end.setdefault(_matched(self._parts, self._text, self._next), self._next)
            self._advance()
        return self._by_end.get(at)

    def _advance(self) -> None:
        self._next = next(self._following, len(self._text))


@lru_cache(maxsize=1024)
def _start_of(part: Part) -> re.Pattern[str]:
    """Each place where a part may begin; one within another, too."""
    plain, pattern = part
    return re.compile(f"(?={pattern.pattern if pattern else re.escape(plain)})")


def _matched(parts: tuple[Part, ...], text: str, at: int) -> int:
    """Where parts end that begin at ``at``; 0 where they do not."""
    for part in parts:
        end = _end(part, text, at)
        if end < 0 and (broken := _WRITTEN_BREAK.match(text, at)):
            end = _end(part, text, broken.end())
        if end < 0:
            return 0
        at = end
    return at


def _end(part: Part, text: str, at: int) -> int:
    plain, pattern = part
    if pattern is None:
        return at + len(plain) if text.startswith(plain, at) else -1
    found = pattern.match(text, at)
    return found.end() if found else -1


@lru_cache(maxsize=1024)
def _pattern(kind: str, first: str, following: str, lazy: str, is_base64: bool) -> re.Pattern[str]:
    """All spellings of a part that is not plain.

    Args:
        first: its first character, which is all of it but for quotes and spaces.
        following: the first character after it: a spelling may begin as that does (``%`` and ``%25``).
    """
    one = {"quotes": f"{_QUOTE}{{1,100}}", "space": f"{_SPACE}*{lazy}"}.get(kind) or _spelled(
        first
    )  # a line break was taken out
    if is_base64 and first in _OF_URLS:
        one = f"(?:{one}|{_OF_URLS[first]})"
    then = _PARTS.match(following)
    if then is None or (kind == "other" and first not in "%&"):
        return re.compile(one)
    next_one = {"plain": re.escape(following), "quotes": _QUOTE, "space": f"(?:{_SPACE})?"}.get(str(then.lastgroup))
    return re.compile(f"{one}(?:(?={next_one or _spelled(following)})|(?={_WRITTEN_BREAK.pattern}))")


def _spelled(char: str) -> str:
    code, raw = ord(char), char.encode("utf-8", "surrogateescape" if char > "\udc7f" else "surrogatepass")
    escapes = [f"U{code:08x}", _joined(f"x{byte:02x}" for byte in raw), _joined(f"{byte:03o}" for byte in raw)]
    units = char.encode("utf-16-be", "surrogatepass")
    escapes.append(_joined(f"u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)))
    escapes += [f"x{code:02x}"] if code < 0x100 else []
    named = rf"(?i:\#0*{code}|\#x0*{code:x}{'|' + _NAMED[char] if char in _NAMED else ''});"
    short = f"|{_SHORT[char]}" if char in _SHORT else ""
    itself = re.escape(char) + {"&": "(?:amp;)*", "%": "(?:25)*"}.get(char, "")
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in raw)
    escaped = rf"\\{{0,40}}+(?:{itself}|(?<=\\)(?:(?i:{'|'.join(escapes)}){short}))"
    return f"(?:{escaped}|{percent}|&(?:amp;)*{named})"


def _joined(parts: Iterator[str]) -> str:
    return r"\\+".join(parts)
