"""The values of two targets: keys that one has and the other lacks, and those that only say who a target is."""

from collections.abc import Callable, Iterator
from typing import Any

from jetscale_cicd.decide.chart.merged_values import Values
from jetscale_cicd.decide.parity.names import Names
from jetscale_cicd.decide.parity.paths import Path, dotted
from jetscale_cicd.model.parity import Difference, DifferenceKind, Side


def value_differences(
    one: Values, other: Values, places: tuple[Callable[[Path], str], Callable[[Path], str]]
) -> dict[str, Difference]:
    """The keys of which one lacks what the other has, each at its top, and the lists of another length.

    Args:
        places: of the one and of the other, where a key is written.
    """
    found = (
        Difference(
            kind=DifferenceKind.VALUES,
            subject=dotted(path),
            one=_side(mine, places[0](path)),
            other=_side(theirs, places[1](path)),
        )
        for path, mine, theirs in _walk(one, other, ())
    )
    return {each.id: each for each in found}


_LACKING: Any = object()


def _walk(one: Values, other: Values, path: Path) -> Iterator[tuple[Path, object, object]]:
    for key in sorted(one.keys() | other.keys()):
        mine, theirs, below = one.get(key, _LACKING), other.get(key, _LACKING), (*path, key)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            yield from _walk(mine, theirs, below)
        elif _form(mine) != _form(theirs):
            yield below, mine, theirs


def _side(value: object, where: str) -> Side | None:
    return None if value is _LACKING else Side(_form(value), where)


def _form(value: object) -> str:
    """What may be said of a value: never what it is."""
    match value:
        case dict():
            return "a mapping"
        case list():
            return "1 item" if len(value) == 1 else f"{len(value):,} items"
        case None:
            return "null"
    return "" if value is _LACKING else "a value"


def exchanged(one: Values, other: Values, names: Names) -> dict[str, object]:
    """Of the other's values those that only say who it is: where the one has the same but for the names."""
    found: dict[str, object] = {}
    for key in one.keys() & other.keys():
        mine, theirs = one[key], other[key]
        if isinstance(mine, dict) and isinstance(theirs, dict):
            if inner := exchanged(mine, theirs, names):
                found[key] = inner
        elif mine != theirs and _same(mine, theirs, names):
            found[key] = theirs
    return found


def _same(one: object, other: object, names: Names) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return names.same(one, other)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return all(_same(*pair, names) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return all(_same(one[key], other[key], names) for key in one)
    return one == other
