"""What is on a live object and not in the manifest of its release, by who added it."""

import json
import shlex
from collections.abc import Iterator, Sequence
from operator import itemgetter

from jetscale_cicd.decide.cluster.managed_fields import Fields, Item, Owner, Path, child, dotted
from jetscale_cicd.decide.cluster.managers import Role
from jetscale_cicd.decide.cluster.rightful import FREE, is_rightful
from jetscale_cicd.decide.fields import Object, part
from jetscale_cicd.model.record import frozen

_PROGRAMS = (Role.PERSON, Role.OTHER, Role.RELEASE)


@frozen
class Addition:
    """A field, or an item of a list, that the manifest lacks, and who added it."""

    path: Path
    value: object
    owner: Owner


def find_additions(live: Object, release: Object, owners: Sequence[Owner]) -> tuple[Addition, ...]:
    """What managers other than Kubernetes itself added, each once, in the order of the paths.

    Of what helm itself owns only items of lists and free keys count, as a failed revision leaves them: the rest are
    defaults of the server, which whoever creates an object owns.

    Args:
        release: the manifest.
    """
    wanted = _as_kept(release)
    found: dict[Path, Addition] = {}
    for owner in owners:
        if owner.role not in _PROGRAMS:
            continue
        for path, value in _added(owner.fields, live, wanted, ()):
            if owner.role is not Role.RELEASE or _is_item(path):
                found.setdefault(path, Addition(path, value, owner))
    outermost = (each for path, each in found.items() if not any(path[:size] in found for size in range(1, len(path))))
    return tuple(sorted(outermost, key=lambda each: dotted(each.path)))


@frozen
class Resource:
    """How kubectl names an object's kind (`deployment.apps`), and its options for context and namespace."""

    kind: str
    where: tuple[str, ...] = ()


def removal(live: Object, additions: Sequence[Addition], resource: Resource) -> str:
    """The command that takes additions back from an object.

    A JSON patch names items by their number, so each is tested to be still the one that is meant.
    """
    steps: list[dict[str, object]] = []
    # From the last to the first, or the numbers of those behind a removed item would be others.
    for pointer, key in sorted((_pointer(live, each.path) for each in additions), key=itemgetter(0), reverse=True):
        at = "".join(f"/{_escaped(str(each))}" for each in pointer)
        steps += [{"op": "test", "path": f"{at}{name}", "value": value} for name, value in key]
        steps.append({"op": "remove", "path": at})
    name = str(part(live, "metadata").get("name", ""))
    patch = json.dumps(steps, separators=(",", ":"))
    return shlex.join(["kubectl", *resource.where, "patch", resource.kind, name, "--type", "json", "--patch", patch])


def _added(fields: Fields, live: object, release: object, path: Path) -> Iterator[tuple[Path, object]]:
    for step, below in fields.below.items():
        at, here, wanted = (*path, step), child(live, step), child(release, step)
        if here is None or (len(at) > 1 and is_rightful(at, here)):
            continue
        if wanted is None and _is_one(below, at):
            yield from () if is_rightful(at, here) else ((at, here),)
        else:
            yield from _added(below, here, wanted, at)


def _is_one(fields: Fields, path: Path) -> bool:
    """Whether all of a field was added together, so that one line says it."""
    opens = path[-1] in FREE or any(isinstance(step, Item) for step in fields.below)
    return fields.whole or (fields.owned and not opens)


def _is_item(path: Path) -> bool:
    last, parent = path[-1], path[-2] if len(path) > 1 else ""
    return isinstance(last, Item) or parent in ("data", "binaryData")


def _as_kept(release: Object) -> Object:
    """The manifest as the API server keeps it: of a Secret, what is written in clear is data."""
    clear = part(release, "stringData") if release.get("kind") == "Secret" else {}
    return {**release, "data": {**part(release, "data"), **clear}} if clear else release


def _pointer(live: object, path: Path) -> tuple[tuple[str | int, ...], tuple[tuple[str, object], ...]]:
    """Keys and numbers of a path, and what has to be at its end where that is an item."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, Item) and isinstance(live, list):
            number = next((number for number, each in enumerate(live) if step.identifies(each)), 0)
            found.append(number)
        else:
            found.append(step if isinstance(step, int) else str(step))
        live = child(live, step)
    keys = path[-1].keys if isinstance(path[-1], Item) else ()
    return tuple(found), tuple((f"/{_escaped(name)}" if name else "", value) for name, value in keys)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
