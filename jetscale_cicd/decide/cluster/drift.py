"""A live object compared with what its release would make of it."""

import json
from collections.abc import Iterator

from jetscale_cicd.model.status import Drift

# What the API server and controllers write; no manifest sets it.
_NOT_SET = ("status",)
_OF_METADATA = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_LONGEST = 120
_MASK = "(masked)"


def compare(live: dict[str, object], wanted: dict[str, object], *, masked: bool) -> tuple[Drift, ...]:
    """Every field in which two states of one object differ.

    Args:
        live: the object as it is.
        masked: values may be secret; those of a Secret are anyway.
        wanted: the same after a server-side apply of the release's manifest, which was not carried out.
    """
    metadata = wanted.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    kind = str(wanted.get("kind", ""))
    hidden = masked or kind == "Secret"
    return tuple(
        Drift(
            subject=f"{kind} {name}",
            path=".".join(path),
            live=_MASK if hidden else _shown(one),
            wanted=_MASK if hidden else _shown(other),
        )
        for path, one, other in _differences(_compared(live), _compared(wanted), ())
    )


def without_nulls(document: dict[str, object]) -> dict[str, object]:
    """A manifest without keys that are null: Helm leaves those out, an apply would set them."""
    return {
        key: without_nulls(value) if isinstance(value, dict) else value
        for key, value in document.items()
        if value is not None
    }


def _compared(thing: dict[str, object]) -> dict[str, object]:
    kept = {key: value for key, value in thing.items() if key not in _NOT_SET}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: value for key, value in metadata.items() if key not in _OF_METADATA}
    return kept


def _differences(one: object, other: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object, object]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _differences(one.get(key), other.get(key), (*path, str(key)))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, (*path, str(number)))
    elif one != other:
        yield path, one, other


def _shown(value: object) -> str:
    text = "absent" if value is None else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
