"""Documents of strings, numbers, lists and mappings, as JSON has them."""

from collections.abc import Callable


def with_strings(value: object, change: Callable[[str], str]) -> object:
    """The same document with every string changed, keys too: one by one, so that no change can break its encoding."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {with_strings(key, change): with_strings(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_strings(item, change) for item in value]
    return value
