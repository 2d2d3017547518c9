"""Hosts that somebody else's Ingress or HTTPRoute serves already."""

from typing import Any

import pytest
import yaml

from jetscale_cicd.decide.needs.hosts import routed_kinds, taken_hosts
from jetscale_cicd.decide.needs.inventory import Place
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.routes import routes_in
from tests.decide.needs.release import NAMESPACE, manifests, seen, thing

INGRESS, ROUTE = ("networking.k8s.io", "Ingress"), ("gateway.networking.k8s.io", "HTTPRoute")
EVERYWHERE = frozenset({Place(*INGRESS, ""), Place(*ROUTE, "")})


def ingress(host: str = "a.test", path: str = "/", of_class: str = "nginx", **annotations: str) -> dict[str, Any]:
    """An Ingress with one path."""
    rule = {"http": {"paths": [{"path": path, "pathType": "Prefix"}]}, **({"host": host} if host else {})}
    named = {"ingressClassName": of_class} if of_class else {}
    return {"metadata": {"annotations": annotations}, "spec": {**named, "rules": [rule]}}


def ours(document: dict[str, Any], kind: tuple[str, str] = INGRESS) -> str:
    text = thing(f"{kind[0]}/v1", kind[1], "web", yaml.safe_dump({"spec": document["spec"]}))
    return text.replace("annotations: {}", f"annotations: {document['metadata'].get('annotations', {})}")


def taken(
    mine: dict[str, Any], other: dict[str, Any], kind: tuple[str, str] = INGRESS, at: tuple[str, str] = ("else", "site")
) -> list[str]:
    inventory = seen(routes=tuple(routes_in(Thing(*kind, *at), other)), routes_of=EVERYWHERE)
    found = taken_hosts(manifests(ours(mine, kind)), inventory, release="app", namespace=NAMESPACE)
    return [each.code for each in found]


ALB = "alb.ingress.kubernetes.io/group.name"
CANARY = "nginx.ingress.kubernetes.io/canary"
LEGACY = "kubernetes.io/ingress.class"
TABLE: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the same": (ingress(), ingress(), True),
    "in capitals": (ingress("A.test"), ingress("a.TEST"), True),
    "another host": (ingress(), ingress("b.test"), False),
    "a wildcard, which is served where nothing else is": (ingress(), ingress("*.test"), False),
    "another path": (ingress(path="/api"), ingress(), False),
    "the same path with a slash": (ingress(path="/api/"), ingress(path="/api"), True),
    "every host": (ingress(""), ingress(""), True),
    "another class": (ingress(), ingress(of_class="traefik"), False),
    "a class that is not said": (ingress(), ingress(of_class=""), True),
    "the annotation of a class": (ingress(), ingress(of_class="", **{LEGACY: "nginx"}), True),
    "the annotation of another class": (ingress(), ingress(of_class="", **{LEGACY: "traefik"}), False),
    "a canary": (ingress(), ingress(**{CANARY: "true"}), False),
    "another path, and another load balancer": (ingress(path="/api", of_class="alb"), ingress(of_class="alb"), True),
    "another path of one load balancer": (
        ingress(path="/api", of_class="alb", **{ALB: "g"}),
        ingress(of_class="alb", **{ALB: "g"}),
        False,
    ),
}


@pytest.mark.parametrize(("mine", "other", "expected"), TABLE.values(), ids=TABLE)
def test_a_host_is_taken_by(mine: dict[str, Any], other: dict[str, Any], expected: bool) -> None:
    assert taken(mine, other) == ["INGRESS_HOST_TAKEN"] * expected


def test_the_ingress_of_this_release_takes_nothing_from_itself() -> None:
    assert taken(ingress(), ingress(), at=(NAMESPACE, "web")) == []
    before = ingress(**{"meta.helm.sh/release-name": "app", "meta.helm.sh/release-namespace": NAMESPACE})
    assert taken(ingress(), before) == []
    other = ingress(**{"meta.helm.sh/release-name": "app", "meta.helm.sh/release-namespace": "else"})
    assert taken(ingress(), other) == ["INGRESS_HOST_TAKEN"]


def test_the_other_ingress_is_named() -> None:
    inventory = seen(routes=tuple(routes_in(Thing(*INGRESS, "else", "site"), ingress())), routes_of=EVERYWHERE)
    (found,) = taken_hosts(manifests(ours(ingress())), inventory, release="app", namespace=NAMESPACE)
    assert "else/site" in found.message
    assert "a.test" in found.message
    assert found.where == "app/templates/ingress.yaml"
    assert "kubectl get ingress site --namespace else" in found.hint


def route(host: str = "a.test", path: str = "/", gateway: str = "g") -> dict[str, Any]:
    """An HTTPRoute with one path."""
    rules = [{"matches": [{"path": {"type": "PathPrefix", "value": path}}]}] if path else [{}]
    return {
        "metadata": {},
        "spec": {"hostnames": [host], "parentRefs": [{"name": gateway, "namespace": "infra"}], "rules": rules},
    }


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (route(), True),
        (route(path=""), True),
        (route(path="/api"), False),
        (route("b.test"), False),
        (route(gateway="h"), False),
    ],
)
def test_a_hostname_of_a_gateway_is_taken_by(other: dict[str, Any], expected: bool) -> None:
    assert taken(route(), other, ROUTE) == ["INGRESS_HOST_TAKEN"] * expected


def test_hosts_of_the_namespace_alone_are_enough_where_no_more_may_be_listed() -> None:
    text = manifests(ours(ingress()))
    for places, expected in (
        ((Place(*INGRESS, NAMESPACE),), []),
        ((Place(*INGRESS, ""),), []),
        ((Place(*INGRESS, "other"),), ["HOSTS_UNSEEN"]),
        ((), ["HOSTS_UNSEEN"]),
    ):
        found = taken_hosts(text, seen(routes_of=frozenset(places)), release="app", namespace=NAMESPACE)
        assert [each.code for each in found] == expected


def test_what_has_hosts_is_asked_for() -> None:
    text = ours(ingress()) + thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r") + thing("v1", "Secret", "s")
    assert routed_kinds(manifests(text), NAMESPACE) == {INGRESS, ROUTE}
    assert routed_kinds(
        manifests(ours(ingress()).replace("networking.k8s.io/v1", "extensions/v1beta1")), NAMESPACE
    ) == {INGRESS}
    assert routed_kinds((), NAMESPACE) == frozenset()
