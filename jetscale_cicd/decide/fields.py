"""Fields of an object of Kubernetes, whose content nobody has checked: what is of another type is not there."""

from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]


def part(holder: object, *path: str) -> Object:
    """The mapping at a path of keys; empty where there is none."""
    for key in path:
        holder = holder.get(key) if isinstance(holder, dict) else None
    return holder if isinstance(holder, dict) else {}


def items(holder: object, *path: str) -> list[object]:
    """The list at a path of keys, or the holder itself, where that is one; empty where there is none."""
    if path:
        *before, last = path
        holder = part(holder, *before).get(last)
    return holder if isinstance(holder, list) else []


def parts(holder: object, *path: str) -> tuple[Object, ...]:
    """The mappings of that list; what is none is left out."""
    return tuple(each for each in items(holder, *path) if isinstance(each, dict))


def words(holder: object, *path: str) -> tuple[str, ...]:
    """The texts of that list."""
    return tuple(each for each in items(holder, *path) if isinstance(each, str) and each)


def text(holder: object, *path: str) -> str:
    """The text at a path of keys; "" where there is none."""
    *before, last = path
    found = part(holder, *before).get(last)
    return found if isinstance(found, str) else ""


def whole(holder: object, *path: str) -> int | None:
    """The whole number at a path of keys; None where there is none."""
    *before, last = path
    found = part(holder, *before).get(last)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def annotation(document: object, name: str) -> str:
    """An annotation of an object; "" where it has none."""
    return text(document, "metadata", "annotations", name)


def condition_of(thing: object, kind: str) -> Object:
    """A condition of an object's status; empty where it has none of that kind."""
    return next((each for each in parts(thing, "status", "conditions") if text(each, "type") == kind), {})


def named(things: Iterable[Object], name: str) -> Object | None:
    """The object of a name."""
    return next((each for each in things if text(each, "metadata", "name") == name), None)
