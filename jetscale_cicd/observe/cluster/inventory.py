"""What the cluster has of what a release needs: one list for each kind and namespace, however many objects there are.

What a Secret holds is reduced to its keys in the function that reads it, and so is what the server says of a list that
cannot be read: it may be a part of one.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from urllib.parse import quote

from jetscale_cicd.decide.cluster.helm_marks import HOOK, MANAGED_BY, RESOURCE_POLICY, keeps
from jetscale_cicd.decide.fields import annotation, part, parts, text
from jetscale_cicd.decide.needs.inventory import STORAGE, VOLUMES, Inventory, Place, Present, Resource
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.products import DEFAULT_CLASS
from jetscale_cicd.decide.needs.routes import Route, release_of, routes_in
from jetscale_cicd.model.record import field, frozen, replace
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.discovery import served_resources
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes, Object

# Where a kind may not be listed, so many are asked for by name.
_MOST_BY_NAME = 50
_NOT_HELMS = "type!=helm.sh/release.v1"
_WITH_KEYS = ("Secret", "ConfigMap")


@frozen(kw_only=True)
class _Seen:
    """What one question showed."""

    things: dict[Thing, Present] = field(default_factory=dict)
    listed: frozenset[Place] = frozenset()
    absent: frozenset[Thing] = frozenset()
    why_unseen: dict[Place, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    routes_of: frozenset[Place] = frozenset()


def see_inventory(
    api: Kubernetes,
    target: Target,
    wanted: Collection[Thing],
    *,
    routed: Collection[tuple[str, str]] = (),
    new_namespace: bool = False,
) -> Inventory:
    """What a cluster has of some things; what this run may not see is in it as unseen.

    Args:
        wanted: what is asked for (``judge.to_see``, ``ownership.to_compare``).
        routed: group and kind of objects whose hosts are asked for, of the whole cluster (``hosts.routed_kinds``).
        new_namespace: whether the target's namespace does not exist yet.

    Raises:
        CannotTellError: the cluster does not answer, or does not know this run.
    """
    new = frozenset({target.namespace}) if new_namespace else frozenset()
    try:
        resources, unlisted = served_resources(api)
        known = Inventory(resources=resources, unlisted=unlisted, new_namespaces=new)
        found = each_beside(lambda ask: ask(), _questions(api, target, known, wanted, routed))
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    return replace(
        known,
        things={thing: present for each in found for thing, present in each.things.items()},
        listed=frozenset(place for each in found for place in each.listed),
        absent=frozenset(thing for each in found for thing in each.absent),
        why_unseen={place: why for each in found for place, why in each.why_unseen.items()},
        routes=tuple(route for each in found for route in each.routes),
        routes_of=frozenset(place for each in found for place in each.routes_of),
    )


def _questions(
    api: Kubernetes, target: Target, known: Inventory, wanted: Iterable[Thing], routed: Iterable[tuple[str, str]]
) -> list[Callable[[], _Seen]]:
    """One for each kind and namespace; none for what is not served, or cannot be there yet."""
    things: dict[Place, set[Thing]] = {}
    for thing in map(known.located, wanted):
        things.setdefault(Place(*thing[:3]), set()).add(thing)
    if STORAGE in things:
        things.setdefault(VOLUMES, set())
    asked: list[Callable[[], _Seen]] = []
    for place, names in things.items():
        resource = known.resource(Thing(*place, ""))
        if resource and place.namespace not in known.new_namespaces:
            asked.append(partial(_see, api, place, resource, names))
    for group, kind in routed:
        if resource := known.resource(Thing(group, kind, "", "")):
            asked.append(partial(_see_routes, api, target, resource, known.new_namespaces))
    return asked


def _see(api: Kubernetes, place: Place, resource: Resource, wanted: Collection[Thing]) -> _Seen:
    path = _path(resource, place.namespace)
    try:
        found = _volumes(api, path) if place == VOLUMES else _list(api, path, place)
    except ApiFailure as failed:
        if failed.status == 401:
            raise
        return _by_name(api, path, place, wanted, failed)
    return _Seen(things=found, listed=frozenset({place}))


def _list(api: Kubernetes, path: str, place: Place) -> dict[Thing, Present]:
    """All of a kind in a namespace, by name; of what is in it, the keys.

    Raises:
        ApiFailure: they were not given; without a word of theirs.
    """
    whole = place.group == "" and place.kind in _WITH_KEYS
    query: dict[str, str | int] = {"fieldSelector": _NOT_HELMS} if whole and place.kind == "Secret" else {}
    try:
        items = api.items(path, accept="application/json" if whole else METADATA_ONLY, **query)
    except ApiFailure as failed:
        raise _without_content(failed, path) from None
    found: dict[Thing, Present] = {}
    for each in items:
        thing = Thing(*place, text(part(each, "metadata"), "name"))
        found[thing] = _present(each, with_keys=whole)
        if any(annotation(each, name) == "true" for name in DEFAULT_CLASS.get(place.kind, ())):
            found[thing._replace(name="")] = found[thing]
    return found


def _volumes(api: Kubernetes, path: str) -> dict[Thing, Present]:
    """The classes of volumes that people made: claims of such a class need no StorageClass.

    A claim that names no class is bound to a volume without one, while there is no default (Kubernetes, Persistent
    Volumes, "Class").
    """
    found = ((text(each, "spec", "storageClassName"), text(each, "status", "phase")) for each in api.items(path))
    names = {name for name, phase in found if name or phase == "Available"}
    return {Thing(*STORAGE, name): Present() for name in names}


def _by_name(api: Kubernetes, path: str, place: Place, wanted: Collection[Thing], failed: ApiFailure) -> _Seen:
    """Those that are wanted, one by one: a role in a namespace often names what it lets be read.

    Raises:
        ApiFailure: the server does not answer.
    """
    things: dict[Thing, Present] = {}
    absent: set[Thing] = set()
    why = failed.message
    for thing in sorted(each for each in wanted if each.name)[:_MOST_BY_NAME]:
        try:
            found = _get(api, f"{path}/{quote(thing.name, safe='')}", place)
        except ApiFailure as refused:
            if refused.status != 403:
                raise
            why = refused.message
            continue
        if found is None:
            absent.add(thing)
        else:
            things[thing] = found
    unseen = [each for each in wanted if each not in things and each not in absent]
    return _Seen(things=things, absent=frozenset(absent), why_unseen={place: why} if unseen or not wanted else {})


def _get(api: Kubernetes, path: str, place: Place) -> Present | None:
    try:
        found = api.get(path)
    except ApiFailure as failed:
        raise _without_content(failed, path) from None
    return None if found is None else _present(found, with_keys=place.group == "" and place.kind in _WITH_KEYS)


def _without_content(failed: ApiFailure, path: str) -> ApiFailure:
    """A failure without what was answered where that is no Status: it may be a part of a Secret."""
    if failed.reason:
        return failed
    said = f"{path}: the answer cannot be read" if failed.status == 0 else f"{path}: status {failed.status}"
    return ApiFailure(failed.status, said)


def _present(found: Object, *, with_keys: bool) -> Present:
    metadata = part(found, "metadata")
    owners = list(parts(metadata, "ownerReferences"))
    controller = next((each for each in owners if each.get("controller") is True), owners[0] if owners else {})
    held = {**part(found, "binaryData"), **part(found, "data")}
    return Present(
        keys={str(key): value in ("", None) for key, value in held.items()} if with_keys else None,
        type=text(found, "type"),
        helm=text(part(metadata, "labels"), MANAGED_BY) == "Helm",
        release=release_of(found),
        controller=f"{text(controller, 'kind')} {text(controller, 'name')}".strip(),
        hook=bool(annotation(found, HOOK)),
        kept=keeps(annotation(found, RESOURCE_POLICY)),
        leaving="deletionTimestamp" in metadata,
    )


def _see_routes(api: Kubernetes, target: Target, resource: Resource, new: Collection[str]) -> _Seen:
    """Hosts of the whole cluster; of the target's namespace alone where no more may be listed."""
    refused = ""
    for namespace in ("", target.namespace):
        place = Place(resource.group, resource.kind, namespace)
        if namespace in new:
            return _Seen(routes_of=frozenset({place}))
        try:
            items = api.items(_path(resource, namespace))
        except ApiFailure as failed:
            if failed.status != 403:
                raise
            refused = failed.message
            continue
        routes = (route for each in items for route in routes_in(_thing(resource, each), each))
        return _Seen(routes=tuple(routes), routes_of=frozenset({place}))
    return _Seen(why_unseen={Place(resource.group, resource.kind, target.namespace): refused})


def _thing(resource: Resource, found: Object) -> Thing:
    metadata = part(found, "metadata")
    return Thing(resource.group, resource.kind, text(metadata, "namespace"), text(metadata, "name"))


def _path(resource: Resource, namespace: str) -> str:
    base = f"/{'apis' if resource.group else 'api'}/{resource.api_version}"
    within = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{base}{within}/{quote(resource.plural, safe='')}"
