"""Which watched path is whose: globs with the meaning of git's ``:(glob)`` pathspecs, over bytes."""

import re
from dataclasses import dataclass
from functools import cached_property

_WILDCARD = re.compile(rb"[*?\[\\]")
_SPANNING = re.compile(rb"\*\*+(?:(/)|\Z)")


@dataclass(frozen=True)
class Globs:
    """Globs as one expression.

    ``*`` and ``?`` stop at ``/``; ``**/``, ``/**`` and ``/**/`` span directories; ``[…]`` is a class; a pattern without
    any of them also matches everything below the directory that it names (gitglossary, "pathspec").
    """

    patterns: tuple[str, ...]

    @cached_property
    def expression(self) -> re.Pattern[bytes]:
        """One group per pattern, so that a match tells which pattern it was."""
        return re.compile(
            b"|".join(b"(" + _expression(pattern) + b")" for pattern in self.patterns) or b"(?!)", re.DOTALL
        )

    def rule(self, path: bytes) -> str | None:
        """The first pattern that matches ``path``, or None."""
        match = self.expression.fullmatch(path)
        return self.patterns[match.lastindex - 1] if match and match.lastindex else None


def pathspec(pattern: str) -> str:
    """The pattern as a git pathspec, from the top of the repository."""
    return f":(top,glob){pattern}"


def _expression(pattern: str) -> bytes:
    raw = pattern.encode("utf-8", "surrogateescape")
    wildcard = _WILDCARD.search(raw)
    if wildcard is None:
        return re.escape(raw) + (b".*" if raw.endswith(b"/") else b"(?:/.*)?")
    # git compares the literal prefix apart, so a `**` right behind it also spans directories (measured: `a**`).
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
    return out


def _token(raw: bytes, index: int) -> tuple[bytes, int]:
    char = raw[index : index + 1]
    if char == b"*":
        end = index
        while raw[end : end + 1] == b"*":
            end += 1
        return b"[^/]*", end
    if char == b"?":
        return b"[^/]", index + 1
    if char == b"\\" and index + 1 < len(raw):
        return re.escape(raw[index + 1 : index + 2]), index + 2
    if char == b"[" and (end := raw.find(b"]", index + 2)) > 0:
        body = raw[index + 1 : end]
        negated = body[:1] in (b"!", b"^")
        members = re.sub(rb"([\\\[\]^&~|])", rb"\\\1", body[1:] if negated else body)
        return b"(?!/)[" + (b"^" if negated else b"") + members + b"]", end + 1
    return re.escape(char), index + 1
