"""Hosts of a release that an Ingress or an HTTPRoute of somebody else serves already."""

import shlex
from collections.abc import Iterator, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.needs.inventory import Inventory
from jetscale_cicd.decide.needs.need import Thing, thing_of
from jetscale_cicd.decide.needs.routes import Route, is_routed, routes_of
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error

_MOST_LINES = 5


def taken_hosts(
    manifests: Sequence[Manifest], inventory: Inventory, *, release: str, namespace: str
) -> tuple[Stage6Error, ...]:
    """Every object on the cluster that serves the same host and path as one of the release.

    Args:
        inventory: with the routes of ``routed_kinds``.
        release: name of the release.
        namespace: of the release.
    """
    own = routes_of(manifests, namespace)
    templates = {thing_of(each, namespace)[1:]: each.source for each in manifests}
    ours = {route.of for route in own}
    others = [each for each in inventory.routes if each.of not in ours and each.release != (release, namespace)]
    pairs: dict[tuple[Thing, Thing], list[Route]] = {}
    for route in own:
        for other in others:
            if route.takes(other):
                pairs.setdefault((route.of, other.of), []).append(other)
    taken = (_taken(*pair, routes, templates.get(pair[0][1:], "")) for pair, routes in pairs.items())
    return (*taken, *_unseen(ours, inventory, namespace))


def routed_kinds(manifests: Sequence[Manifest], namespace: str) -> frozenset[tuple[str, str]]:
    """Group and kind of the objects of a release that have hosts."""
    things = (thing_of(each, namespace) for each in manifests if not each.hook)
    return frozenset((_group(each), each.kind) for each in things if is_routed(each))


def _group(thing: Thing) -> str:
    """The group under which every Ingress is listed, whichever version its manifest has."""
    return "networking.k8s.io" if thing.kind == "Ingress" else thing.group


def _taken(mine: Thing, theirs: Thing, routes: Sequence[Route], template: str) -> PreconditionError:
    host = routes[0].host or "every host"
    lines = tuple(dict.fromkeys(f"{each.host or '*'}{each.path or '/'}" for each in routes))
    whose = f", of release {'/'.join(reversed(routes[0].release))}" if routes[0].release[0] else ""
    kind = theirs.kind.lower()
    return PreconditionError(
        "INGRESS_HOST_TAKEN",
        f"{host} of {mine.kind} {mine.name} is served by {theirs.kind} {theirs.namespace}/{theirs.name} already{whose}",
        where=template,
        hint="give one of them another host or path, or remove the other one: "
        f"kubectl get {kind} {shlex.quote(theirs.name)} --namespace {shlex.quote(theirs.namespace)} --output yaml",
        details=lines[:_MOST_LINES],
    )


def _unseen(ours: set[Thing], inventory: Inventory, namespace: str) -> Iterator[CannotTellError]:
    """Where not even the namespace of the release may be listed; a cluster that may not be listed is no refusal."""
    for kind in sorted({each.kind for each in ours}):
        thing = next(each for each in sorted(ours) if each.kind == kind)
        seen = {each.namespace for each in inventory.routes_of if each.kind == kind}
        if inventory.resource(thing) is not None and not seen & {"", namespace}:
            yield CannotTellError(
                "HOSTS_UNSEEN",
                f"this run may not list objects of kind {kind}, so another one may serve the same hosts",
                hint=f"let it list them; as somebody who may: kubectl get {kind.lower()} --all-namespaces",
                details=tuple(why for place, why in inventory.why_unseen.items() if place[:2] == thing[:2])[:1],
            )
