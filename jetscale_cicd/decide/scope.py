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
_STARS_FOR_GIT = 2


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
        return tuple(map(_beginning, self.patterns))

    def may_match_below(self, folder: bytes) -> bool:
        """Whether a path below a folder may match; True where that is not certain."""
        inside = folder + b"/"
        return any(inside.startswith(beginning) or beginning.startswith(inside) for beginning in self._beginnings)


def pathspec(pattern: str) -> str:
    """The pattern as a git pathspec, from the top of the repository; a whole folder as a literal, which is faster.

    `git log` of 20,000 commits takes 0.37 s with ``:(glob)charts/**`` and 0.27 s with ``charts/`` (measured, git 2.39).
    A pattern that git could take for ever to match gives the folder that it begins with, which matches more.
    """
    folder = pattern.removesuffix("**")
    if folder.endswith("/") and not _WILDCARD.search(folder.encode("utf-8", "surrogateescape")):
        return f":(top,literal){folder}"
    if is_git_slow(pattern):
        return f":(top,literal){_beginning(pattern).rpartition(b'/')[0].decode('utf-8', 'surrogateescape')}"
    return f":(top,glob){pattern}"


def is_git_slow(pattern: str) -> bool:
    """Whether git might match a path by this pattern in more than quadratic time.

    git tries all the ways in which several stars share a path: 20 s and more for three times ``**/*/`` on a path of 500
    folders, or for ``*a*a*a*b`` on a name of 250 letters (measured, git 2.39).
    """
    return len(re.findall(r"\*+", pattern)) > _STARS_FOR_GIT


def _beginning(pattern: str) -> bytes:
    return _WILDCARD.split(pattern.encode("utf-8", "surrogateescape"), maxsplit=1)[0]


def _expression(pattern: str) -> bytes:
    raw = pattern.encode("utf-8", "surrogateescape")
    itself = re.escape(raw) + (b".*" if raw.endswith(b"/") else b"(?:/.*)?")
    wildcard = _WILDCARD.search(raw)
    if wildcard is None:
        return itself
    literal = wildcard.start()
    # A path that equals the pattern matches, too, whatever the pattern means (measured: `[z-a]`).
    return re.escape(raw[:literal]) + _wild(raw, literal) + b"|" + itself


def _wild(raw: bytes, start: int) -> bytes:
    """What follows the literal beginning, without a choice that is made twice, so that the time is linear in the path.

    What stands behind a wildcard is matched as early as possible, and then for good: a later wildcard may take all that
    an earlier one left. So it is an atomic group, except for the last one, which has to reach the end.
    """
    matched, parts, part = b"", b"", b""  # up to the last wildcard that spans directories; up to the last one; after it
    index = start
    while index < len(raw):
        # git compares the literal beginning separately, so that `**` after it spans directories (measured: `a**`).
        at_start = index == start or raw[index - 1 : index] == b"/"
        if spanning := _SPANNING.match(raw, index) if at_start else None:
            matched, parts, part = matched + _once(parts + _once(part)), b"", b""
            parts = b"(?:[^/]*+/)*?" if spanning[1] else b".*?"
            index = spanning.end()
        elif stars := _STARS.match(raw, index):
            parts, part = parts + _once(part), b"[^/]*?"
            index = stars.end()
        else:
            token, index = _token(raw, index)
            part += token
    return matched + parts + part + rb"\Z"


def _once(expression: bytes) -> bytes:
    return b"(?>" + expression + b")" if expression else b""


def _token(raw: bytes, index: int) -> tuple[bytes, int]:
    """What one byte of a path has to be, and where the next token begins."""
    char = raw[index : index + 1]
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
