"""The fields of one object as two targets render it."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from jetscale_cicd.decide.parity.names import Names
from jetscale_cicd.decide.parity.paths import Path, dotted
from jetscale_cicd.decide.parity.veil import Veil
from jetscale_cicd.model.parity import Difference, DifferenceKind, Side
from jetscale_cicd.model.record import frozen

_LACKING: Any = object()
_NAMESPACE = ("metadata", "namespace")
_STAMPS = ("labels", "annotations")


def field_differences(
    title: str, one: Mapping[str, object], other: Mapping[str, object], names: Names, veil: Veil
) -> Iterator[Difference]:
    """Every field that differs by more than the names.

    Neither images are among them, which are compared by their container, nor checksums: they are of what another
    object holds, and that is compared.

    Args:
        title: kind and name of the object.
    """
    comparison = _Comparison(names)
    for path, mine, theirs, secret in comparison.walk(one, other, ()):
        sides = (
            None if value is _LACKING else Side(veil.field(path, value, secret=secret)) for value in (mine, theirs)
        )
        yield Difference(
            kind=DifferenceKind.FIELD, subject=f"{title}:{dotted(path)}", one=next(sides), other=next(sides)
        )


_Found = Iterator[tuple[Path, object, object, bool]]


@frozen
class _Comparison:
    """Goes down two documents side by side."""

    names: Names

    def walk(self, one: object, other: object, path: Path, *, secret: bool = False) -> _Found:
        """Each place where they differ: its path, both values, and whether it is within a Secret."""
        if one == other and type(one) is type(other):
            return
        if isinstance(one, dict) and isinstance(other, dict):
            secret = secret or "Secret" in (one.get("kind"), other.get("kind"))
            yield from self._entries(one, other, path, secret=secret)
        elif isinstance(one, list) and isinstance(other, list) and (pairs := _items(one, other)) is not None:
            for part, mine, theirs in pairs:
                yield from self.walk(mine, theirs, (*path, part), secret=secret)
        elif not (isinstance(one, str) and isinstance(other, str) and self._same(one, other, path, secret=secret)):
            yield path, one, other, secret

    def _entries(self, one: dict[str, object], other: dict[str, object], path: Path, *, secret: bool) -> _Found:
        for key in sorted(one.keys() | other.keys()):
            below = (*path, key)
            if below == _NAMESPACE or _is_checksum(below) or _is_image(one.get(key), other.get(key), key):
                continue
            yield from self.walk(one.get(key, _LACKING), other.get(key, _LACKING), below, secret=secret)

    def _same(self, one: str, other: str, path: Path, *, secret: bool) -> bool:
        if secret and len(path) == 2 and path[0] == "data":
            one, other = _decoded(one), _decoded(other)
        return self.names.same(one, other)


def _is_checksum(path: Path) -> bool:
    return len(path) > 1 and path[-2] in _STAMPS and "checksum" in path[-1]


def _is_image(one: object, other: object, key: str) -> bool:
    return key == "image" and isinstance(one, str) and isinstance(other, str)


def _items(one: list[object], other: list[object]) -> list[tuple[str, object, object]] | None:
    """The items of two lists in pairs: by their names where all have one, else by position; None where neither goes."""
    mine, theirs = _named(one), _named(other)
    if mine is not None and theirs is not None:
        keys = sorted(mine.keys() | theirs.keys())
        return [(f"[{key}]", mine.get(key, _LACKING), theirs.get(key, _LACKING)) for key in keys]
    if len(one) != len(other):
        return None
    return [(f"[{at}]", *pair) for at, pair in enumerate(zip(one, other, strict=True))]


def _named(items: list[object]) -> dict[str, object] | None:
    """Items by their names, as of containers, ports and variables; None where not each has its own."""
    found: dict[str, object] = {
        str(item["name"]): item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)
    }
    return found if len(found) == len(items) else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text
