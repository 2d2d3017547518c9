"""The allow-list: which differences are meant, each with its reason; and which entries match nothing any more."""

from collections.abc import Iterable, Mapping

from jetscale_cicd.model.parity import Difference
from jetscale_cicd.model.record import replace


def with_reasons(
    differences: Iterable[Difference], allow: Mapping[str, str]
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """The differences, each with the reason of the first entry that matches it; and the entries that match none.

    Args:
        allow: pattern of ids, in which ``*`` stands for anything, to the reason.
    """
    matched: set[str] = set()
    found: list[Difference] = []
    for each in differences:
        patterns = [pattern for pattern in allow if matches(pattern, each.id)]
        matched.update(patterns)
        found.append(replace(each, reason=allow[patterns[0]] if patterns else ""))
    return tuple(found), tuple(pattern for pattern in allow if pattern not in matched)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is that of the pattern; in linear time, and brackets are what they are."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == first
    *parts, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in parts:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
