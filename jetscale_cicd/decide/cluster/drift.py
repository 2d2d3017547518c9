"""A live object compared with what its release would make of it."""

import json
from collections.abc import Iterator, Sequence

from jetscale_cicd.decide.cluster.additions import Addition, Resource, find_additions, removal
from jetscale_cicd.decide.cluster.managed_fields import (
    Fields,
    Item,
    Owner,
    Path,
    dotted,
    key_names,
    owner_of,
    owners_of,
)
from jetscale_cicd.decide.cluster.managers import Role
from jetscale_cicd.decide.cluster.visible import Visible
from jetscale_cicd.decide.fields import Object, text
from jetscale_cicd.model.status import Differences, Drift, DriftKind, Redeploy

# What the API server and controllers write; no manifest sets it.
_NOT_SET = ("status",)
_OF_METADATA = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_LONGEST = 120
_MASK = "(masked)"
_ABSENT = "absent"
# Where, what is there, and what is wanted there; None where nothing is.
Difference = tuple[Path, object, object]


def compare(live: Object, wanted: Object, visible: Visible, *, custom: bool = False) -> tuple[Drift, ...]:
    """Every field that the release sets and that is not so.

    Args:
        live: the object as it is.
        wanted: the same after a server-side apply of the release's manifest, which was not carried out.
        visible: which values may be shown.
        custom: it is a custom resource.
    """
    owners = owners_of(live)
    # What the live object lacks is owned in the other one alone.
    nodes = tuple(owner.fields for owner in (*owners, *owners_of(wanted)))
    return tuple(
        Drift(
            subject=_subject(wanted),
            path=dotted(path),
            live=_MASK if hidden else _shown(one),
            wanted=_MASK if hidden else _shown(other),
            kind=_kind(one, other),
            redeploy=Redeploy.HELM_4_RESTORES if custom else Redeploy.RESTORES,
            by=by,
            at=at,
        )
        for path, one, other in _differences(_compared(live), _compared(wanted), nodes, ())
        for by, at in (_hand(owner_of(owners, path)),)
        for hidden in (visible.hides(str(wanted.get("kind", "")), path, one, other),)
    )


def find_added(live: Object, release: Object, resource: Resource, visible: Visible) -> Differences:
    """What a live object has and the manifest of its release lacks, by who added it.

    Args:
        live: the object as it is.
        release: its manifest.
        resource: how kubectl names it.
        visible: which values may be shown.
    """
    found = find_additions(live, release, owners_of(live))
    people = tuple(each for each in found if each.owner.role is Role.PERSON)
    undo = removal(live, people, resource) if people else ""
    kind = str(release.get("kind", ""))

    def line(each: Addition, undo: str = "") -> Drift:
        return Drift(
            subject=_subject(release),
            path=dotted(each.path),
            live=_MASK if visible.hides(kind, each.path, each.value, None) else _shown(each.value),
            wanted=_ABSENT,
            kind=DriftKind.ADDED,
            redeploy=Redeploy.KEEPS,
            by=each.owner.name,
            at=each.owner.time,
            undo=undo,
        )

    return Differences(
        drift=tuple(line(each, undo) for each in people),
        others=tuple(line(each) for each in found if each.owner.role is not Role.PERSON),
    )


def without_nulls(document: dict[str, object]) -> dict[str, object]:
    """A manifest without keys that are null: Helm leaves those out, an apply would set them."""
    return {
        key: without_nulls(value) if isinstance(value, dict) else value
        for key, value in document.items()
        if value is not None
    }


def _kind(live: object, wanted: object) -> DriftKind:
    if live is None:
        return DriftKind.REMOVED
    return DriftKind.ADDED if wanted is None else DriftKind.CHANGED


def _subject(thing: Object) -> str:
    return f"{thing.get('kind', '')} {text(thing, 'metadata', 'name')}"


def _hand(owner: Owner | None) -> tuple[str, str]:
    return ("", "") if owner is None else (owner.name, owner.time)


def _compared(thing: Object) -> Object:
    kept = {key: value for key, value in thing.items() if key not in _NOT_SET}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: value for key, value in metadata.items() if key not in _OF_METADATA}
    return kept


def _differences(one: object, other: object, nodes: Sequence[Fields], path: Path) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _differences(one.get(key), other.get(key), _below(nodes, key), (*path, str(key)))
    elif isinstance(one, list) and isinstance(other, list):
        yield from _of_lists(one, other, nodes, path)
    elif one != other:
        yield path, one, other


def _of_lists(one: list[object], other: list[object], nodes: Sequence[Fields], path: Path) -> Iterator[Difference]:
    left, right = _by_key(one, key_names(nodes)), _by_key(other, key_names(nodes))
    if left is not None and right is not None:
        for item in {**left, **right}:
            yield from _differences(left.get(item), right.get(item), _below(nodes, item), (*path, item))
    elif len(one) == len(other):
        for number, both in enumerate(zip(one, other, strict=True)):
            yield from _differences(*both, (), (*path, number))
    elif _are_one_and_more(*sorted((one, other), key=len)):
        yield from (((*path, number), each, None) for number, each in enumerate(one) if each not in other)
        yield from (((*path, number), None, each) for number, each in enumerate(other) if each not in one)
    else:
        yield path, one, other


def _are_one_and_more(fewer: list[object], more: list[object]) -> bool:
    """Whether a list of objects is another one and some objects more, so that these are all that is to be shown."""
    rest = [each for each in more if each not in fewer]
    return all(isinstance(each, dict) for each in more) and len(rest) == len(more) - len(fewer) and bool(fewer)


def _below(nodes: Sequence[Fields], step: str | Item) -> tuple[Fields, ...]:
    return tuple(node.below[step] for node in nodes if step in node.below)


def _by_key(things: list[object], names: Sequence[str]) -> dict[Item, object] | None:
    """A list's things by their key fields; None where those do not tell them apart."""
    found: dict[Item, object] = {}
    for each in things:
        values = [each.get(name) for name in names] if isinstance(each, dict) else []
        if values and all(isinstance(value, str | int | float) for value in values):
            found[Item(tuple(zip(names, values, strict=True)))] = each
    return found if names and len(found) == len(things) else None


def _shown(value: object) -> str:
    shown = _ABSENT if value is None else json.dumps(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
