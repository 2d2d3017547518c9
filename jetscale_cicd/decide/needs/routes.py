"""Hosts and paths that Ingresses and HTTPRoutes serve, and which two serve the same."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jetscale_cicd.decide.cluster.helm_marks import RELEASE_NAME, RELEASE_NAMESPACE
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, annotation, part, parts, text, words
from jetscale_cicd.decide.needs.need import Thing, thing_of

LEGACY_CLASS = "kubernetes.io/ingress.class"
INGRESS_GROUPS = ("networking.k8s.io", "extensions")
GATEWAYS = "gateway.networking.k8s.io"
_CANARY = "nginx.ingress.kubernetes.io/canary"
# Each Ingress of this controller has a load balancer of its own, unless a group shares one.
_ALB, _ALB_GROUP = "alb", "alb.ingress.kubernetes.io/group.name"


class Route(NamedTuple):
    """One host and path of one object.

    Args:
        host: in lower case; "" is every host.
        path: of an Ingress without its last slash; what an HTTPRoute matches, as JSON.
        group: of a load balancer of the AWS controller; "" where each has its own.
        parents: of an HTTPRoute.
        answered: whether its controller gave it an address.
        canary: whether it is meant to share its path.
        release: name and namespace of the release that it is of; "" where it is of none.
    """

    of: Thing
    host: str
    path: str
    class_name: str = ""
    group: str = ""
    parents: frozenset[tuple[str, str]] = frozenset()
    answered: bool = False
    canary: bool = False
    release: tuple[str, str] = ("", "")

    def takes(self, other: "Route") -> bool:
        """Whether two objects would serve the same."""
        if self.of[:2] != other.of[:2] and GATEWAYS in (self.of.group, other.of.group):
            return False
        if self.of == other.of or self.host != other.host or self.canary or other.canary:
            return False
        if self.parents or other.parents:
            return bool(self.parents & other.parents) and self.path == other.path
        if self.class_name and other.class_name and self.class_name != other.class_name:
            return False
        apart = bool(self.host) and _ALB in (self.class_name, other.class_name) and not self._share(other)
        return apart or self.path == other.path

    def _share(self, other: "Route") -> bool:
        return bool(self.group) and self.group == other.group


def routes_of(manifests: Sequence[Manifest], namespace: str) -> tuple[Route, ...]:
    """The routes of a release.

    Args:
        namespace: of objects that name none.
    """
    found = ((thing_of(manifest, namespace), manifest.document) for manifest in manifests if not manifest.hook)
    return tuple(route for this, document in found for route in routes_in(this, document))


def routes_in(this: Thing, document: Object) -> Iterator[Route]:
    """The routes of one object."""
    if this.kind == "Ingress" and this.group in INGRESS_GROUPS:
        yield from _of_ingress(this, document)
    elif this.kind == "HTTPRoute" and this.group == GATEWAYS:
        yield from _of_http_route(this, document)


def is_routed(this: Thing) -> bool:
    """Whether an object may have routes."""
    return (this.kind == "Ingress" and this.group in INGRESS_GROUPS) or (
        this.kind == "HTTPRoute" and this.group == GATEWAYS
    )


def release_of(document: Object) -> tuple[str, str]:
    """Name and namespace of the release that Helm's annotations name."""
    return annotation(document, RELEASE_NAME), annotation(document, RELEASE_NAMESPACE)


def _of_ingress(this: Thing, document: Object) -> Iterator[Route]:
    spec = part(document, "spec")
    common = Route(
        of=Thing("networking.k8s.io", this.kind, this.namespace, this.name),
        host="",
        path="",
        class_name=annotation(document, LEGACY_CLASS) or text(spec, "ingressClassName"),
        group=annotation(document, _ALB_GROUP),
        answered=any(parts(part(document, "status", "loadBalancer"), "ingress")),
        canary=annotation(document, _CANARY) == "true",
        release=release_of(document),
    )
    rules = list(parts(spec, "rules"))
    for rule in rules:
        host = text(rule, "host").lower()
        for each in parts(part(rule, "http"), "paths"):
            yield common._replace(host=host, path=text(each, "path").rstrip("/"))
    if not rules:
        yield common


def _of_http_route(this: Thing, document: Object) -> Iterator[Route]:
    spec = part(document, "spec")
    parents = frozenset(
        (text(each, "namespace") or this.namespace, text(each, "name")) for each in parts(spec, "parentRefs")
    )
    for host in words(spec.get("hostnames")) or ("",):
        for rule in parts(spec, "rules"):
            for match in list(parts(rule, "matches")) or [{}]:
                path = json.dumps(_with_default(match), sort_keys=True)
                yield Route(of=this, host=host.lower(), path=path, parents=parents, release=release_of(document))


def _with_default(match: Object) -> Object:
    """A match as the API server completes it."""
    given = part(match, "path")
    path = {"type": text(given, "type") or "PathPrefix", "value": text(given, "value") or "/"}
    return {**match, "path": path}
