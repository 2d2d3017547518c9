"""Regular expressions that somebody else wrote, for names of branches: only those whose time has a limit are used.

``re`` tries every way in which the repeats and choices of an expression share a name. They are counted here, from the
text of the expression; a repeat in a repeat has no limit that a name of 255 characters could reach.
"""

from collections.abc import Iterator
from math import comb, log2

# A longer component of a ref is refused by git on every common file system (ENAMETOOLONG).
LONGEST_NAME = 255
LONGEST_MATCH = 500
# 2 to this many ways take about half a second.
_MOST_WAYS = 25


class _Group:
    """A group that is open: its choices so far, whether it repeats something, and the ways that its parts add."""

    def __init__(self) -> None:
        self.choices = 1
        self.repeats = False


def check_match(pattern: str) -> None:
    """Refuse an expression that could take more than a moment for a name.

    Raises:
        ValueError: with the reason.
    """
    if len(pattern) > LONGEST_MATCH:
        raise ValueError(f"is longer than {LONGEST_MATCH} characters")
    repeats, ways = 0, 0.0
    open_groups, closed = [_Group()], None
    for sign in _signs(pattern):
        if sign == "(":
            open_groups.append(_Group())
        elif sign == "|":
            open_groups[-1].choices += 1
        elif sign in ("*", "+", "{"):
            if closed and (closed.repeats or closed.choices > 1):
                raise ValueError("repeats a group that has a repeat or a choice in it")
            open_groups[-1].repeats, repeats = True, repeats + 1
        elif sign == "?":
            ways += 1
        closed = None
        if sign == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1].repeats |= closed.repeats
            ways += log2(closed.choices)
    ways += log2(open_groups[0].choices) + log2(comb(LONGEST_NAME, repeats))
    if ways > _MOST_WAYS:
        raise ValueError("has too many repeats and choices")


def _signs(pattern: str) -> Iterator[str]:
    """The characters that have a meaning, and ``a`` for what stands for itself; a class and an escape are one."""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\":
            at += 1
            yield "a"
        elif char == "[":
            at = _end_of_class(pattern, at)
            yield "a"
        else:
            # Behind a repeat these make it lazy or possessive, and behind a parenthesis they are no repeat.
            at += pattern[at : at + 1] in {"*": "?+", "+": "?+", "?": "?+", "(": "?"}.get(char, "") and at < len(
                pattern
            )
            yield char if char in "*+?{|()" else "a"


def _end_of_class(pattern: str, at: int) -> int:
    at += pattern[at : at + 1] == "^"
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1
