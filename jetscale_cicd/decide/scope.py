"""Which scope a path belongs to: globs with the meaning of git's ``:(glob)`` pathspecs, over bytes."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from jetscale_cicd.model.record import frozen

_WILDCARD = re.compile(rb"[*?\[\\]")
# `**` spans directories where a directory begins, up to a `/` (which may be escaped) or the end.
_SPANNING = re.compile(rb"\*\*+(?:(/)|(?=\\/)|\Z)")
_STARS = re.compile(rb"\*+")
# One member of a class: a named set, or a byte, with the end of a range where it begins one.
_CLASS_MEMBER = re.compile(
    rb"\[:(?P<name>[^\]]*):\]|(?P<low>\\.|[^\\])(?:-(?!\])(?P<high>\\.|[^\\]))?",
    re.DOTALL,
)
_NO_MATCH = b"(?!)"


@frozen
class Globs:
    """Several globs, compiled to one regular expression.

    ``*`` and ``?`` stop at ``/``; ``**/``, ``/**`` and ``/**/`` span directories; ``[…]`` is a class; a pattern without
    any of them also matches everything below the directory that it names (gitglossary, "pathspec").
    """

    patterns: tuple[str, ...]

    @cached_property
    def expression(self) -> re.Pattern[bytes]:
        """One group per pattern, so that a match gives the pattern."""
        return re.compile(
            b"|".join(b"(" + _expression(pattern) + b")" for pattern in self.patterns) or _NO_MATCH, re.DOTALL
        )

    def rule(self, path: bytes) -> str | None:
        """The first pattern that matches ``path``, or None."""
        match = self.expression.fullmatch(path)
        return self.patterns[match.lastindex - 1] if match and match.lastindex else None

    @cached_property
    def _beginnings(self) -> tuple[bytes, ...]:
        """What a path begins with that a pattern matches, as far as the pattern says it literally."""
        return tuple(
            _WILDCARD.split(pattern.encode("utf-8", "surrogateescape"), maxsplit=1)[0] for pattern in self.patterns
        )

    def may_match_below(self, folder: bytes) -> bool:
        """Whether a path below a folder may match; True where that is not certain."""
        inside = folder + b"/"
        return any(inside.startswith(beginning) or beginning.startswith(inside) for beginning in self._beginnings)


def pathspec(pattern: str) -> str:
    """The pattern as a git pathspec, from the top of the repository; a whole folder as a literal, which is faster.

    `git log` of 20,000 commits takes 0.37 s with ``:(glob)charts/**`` and 0.27 s with ``charts/`` (measured, git 2.39).
    """
    folder = pattern.removesuffix("**")
    if folder.endswith("/") and not _WILDCARD.search(folder.encode("utf-8", "surrogateescape")):
        return f":(top,literal){folder}"
    return f":(top,glob){pattern}"


def _expression(pattern: str) -> bytes:
    raw = pattern.encode("utf-8", "surrogateescape")
    itself = re.escape(raw) + (b".*" if raw.endswith(b"/") else b"(?:/.*)?")
    wildcard = _WILDCARD.search(raw)
    if wildcard is None:
        return itself
    # git compares the literal prefix separately, so a `**` right after it also spans directories (measured: `a**`).
    literal = wildcard.start()
    out, index = re.escape(raw[:literal]), literal
    while index < len(raw):
        at_start = index == literal or raw[index - 1 : index] == b"/"
        spanning = _SPANNING.match(raw, index) if at_start else None
        if spanning:
            out, index = out + (b"(?:.*/)?" if spanning[1] else b".*"), spanning.end()
        else:
            token, index = _token(raw, index)
            out += token
    # A path that equals the pattern matches, too, whatever the pattern means (measured: `[z-a]`).
    return out + b"|" + itself


def _token(raw: bytes, index: int) -> tuple[bytes, int]:
    """What one wildcard or byte matches, and where the next one begins."""
    char = raw[index : index + 1]
    if stars := _STARS.match(raw, index):
        return b"[^/]*", stars.end()
    if char == b"?":
        return b"[^/]", index + 1
    if char == b"[":
        return _class(raw, index + 1)
    if char == b"\\":
        return re.escape(raw[index + 1 : index + 2]) or _NO_MATCH, index + 2
    return re.escape(char), index + 1


def _class(raw: bytes, index: int) -> tuple[bytes, int]:
    """A class as git's wildmatch.c reads it; one that is not closed, or names an unknown set, matches nothing."""
    negated = raw[index : index + 1] in (b"!", b"^")
    index += negated
    members: set[int] = set()
    while member := _CLASS_MEMBER.match(raw, index):
        named = _NAMED_SETS.get(member["name"]) if member["name"] is not None else _range(member)
        if named is None:
            break
        members.update(named)
        index = member.end()
        if raw[index : index + 1] == b"]":
            accepted = bytes(byte for byte in range(256) if (byte in members) != negated and byte != ord("/"))
            return b"[" + re.escape(accepted) + b"]" if accepted else _NO_MATCH, index + 1
    return _NO_MATCH, len(raw)


def _range(member: re.Match[bytes]) -> Iterable[int]:
    """The byte, and all up to the end of its range; of a range whose end is lower, only the byte."""
    low = member["low"][-1]
    return {low, *range(low, member["high"][-1] + 1)} if member["high"] else (low,)


def _ascii(accepted: Callable[[str], bool]) -> frozenset[int]:
    return frozenset(code for code in range(128) if accepted(chr(code)))


# As in git, independent of the locale: ASCII only, and \v and \f are not in `space` (ctype.c).
_NAMED_SETS: Mapping[bytes, frozenset[int]] = {
    b"alnum": _ascii(str.isalnum),
    b"alpha": _ascii(str.isalpha),
    b"blank": frozenset(b" \t"),
    b"cntrl": _ascii(lambda char: not char.isprintable()),
    b"digit": _ascii(str.isdigit),
    b"graph": _ascii(lambda char: char.isprintable() and char != " "),
    b"lower": _ascii(str.islower),
    b"print": _ascii(str.isprintable),
    b"punct": _ascii(lambda char: char.isprintable() and char != " " and not char.isalnum()),
    b"space": frozenset(b" \t\n\r"),
    b"upper": _ascii(str.isupper),
    b"xdigit": frozenset(b"0123456789abcdefABCDEF"),
}
