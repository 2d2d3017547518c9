"""Manifests of two targets: what differs by more than the names, whatever order they are rendered in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.parity.names import Names, Who
from jetscale_cicd.decide.parity.objects import manifest_differences
from jetscale_cicd.decide.parity.veil import MASKED, Veil

ONE = Who(name="live", namespace="shop-prod", release="one", env="prod")
OTHER = Who(name="preview", namespace="shop-preview", release="two", env="preview")
VEIL = Veil(lambda text: text.replace("known", "(hidden)"), lambda name: "PASSWORD" in name.upper())
Given = dict[str, Any]
Sides = tuple[str | None, ...]


def thing(kind: str = "ConfigMap", name: str = "a", version: str = "v1", **more: Any) -> Given:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


def pod(*containers: Given) -> Given:
    return thing("Pod", spec={"containers": list(containers)})


def manifests(documents: list[Given]) -> tuple[Manifest, ...]:
    return parse_manifests("".join(f"---\n{json.dumps(each)}\n" for each in documents).encode(), "x")


def found(one: list[Given], other: list[Given], *, turned: bool = False) -> dict[str, Sides]:
    """What either has, by id."""
    names = Names.of(OTHER, ONE) if turned else Names.of(ONE, OTHER)
    every = manifest_differences(manifests(one), manifests(other), names, VEIL)
    return {name: tuple(side.has if side else None for side in (each.one, each.other)) for name, each in every.items()}


CASES: dict[str, tuple[list[Given], list[Given], dict[str, Sides]]] = {
    "order": ([thing(name="a"), thing(name="b")], [thing(name="b"), thing(name="a")], {}),
    "namespaces": (
        [{**thing(), "metadata": {"name": "a", "namespace": "x"}}],
        [{**thing(), "metadata": {"name": "a", "namespace": "y"}}],
        {},
    ),
    "an object": (
        [thing(), thing("HorizontalPodAutoscaler")],
        [thing()],
        {"object:HorizontalPodAutoscaler/a": ("v1", None)},
    ),
    "the same name in another group": (
        [thing("Ingress", version="a/v1")],
        [thing("Ingress", version="b/v1")],
        {"object:Ingress/a": ("a/v1", "b/v1")},
    ),
    "the version of an API": (
        [thing("Ingress", version="a/v1")],
        [thing("Ingress", version="a/v2")],
        {"field:Ingress/a:apiVersion": ("a/v1", "a/v2")},
    ),
    "names of the release": (
        [thing(name="one-web", data={"a": "one"})],
        [thing(name="two-web", data={"a": "two"})],
        {},
    ),
    "a name and a field": (
        [thing(name="one-web", data={"a": "3"})],
        [thing(name="two-web", data={"a": "4"})],
        {"field:ConfigMap/*-web:data.a": ("3", "4")},
    ),
    "a number and a text": ([thing(data={"a": 3})], [thing(data={"a": "3"})], {"field:ConfigMap/a:data.a": ("3", "3")}),
    "a key": ([thing(data={"a.b": "x"})], [thing(data={})], {"field:ConfigMap/a:data.a\\.b": ("x", None)}),
    "an image": (
        [pod({"name": "c", "image": "a:1"}, {"name": "d", "image": "d"})],
        [pod({"name": "d", "image": "d"}, {"name": "c", "image": "b:1"})],
        {"image:Pod/a/c": ("a:1", "b:1")},
    ),
    "a digest": (
        [pod({"name": "c", "image": f"r.example/a@sha256:{'a' * 64}"})],
        [pod({"name": "c", "image": f"r.example/a@sha256:{'b' * 64}"})],
        {"image:Pod/a/c": (f"r.example/a@sha256:{'a' * 64}", f"r.example/a@sha256:{'b' * 64}")},
    ),
    "a container": (
        [pod({"name": "c", "image": "a"}, {"name": "d", "image": "b"})],
        [pod({"name": "c", "image": "a"})],
        {"image:Pod/a/d": ("b", None), "field:Pod/a:spec.containers[d]": ("a mapping", None)},
    ),
    "a list": (
        [thing(spec={"l": [1, 2], "m": [1]})],
        [thing(spec={"l": [1], "m": [2]})],
        {"field:ConfigMap/a:spec.l": ("2 items", "1 item"), "field:ConfigMap/a:spec.m[0]": ("1", "2")},
    ),
    "a Secret": (
        [thing("Secret", data={"a": "c2hvcC1wcm9k", "b": "Yg=="}, type="x")],
        [thing("Secret", data={"a": "c2hvcC1wcmV2aWV3", "b": "Yw=="}, type="y")],
        {"field:Secret/a:data.b": (MASKED, MASKED), "field:Secret/a:type": (MASKED, MASKED)},
    ),
    "a Secret within": (
        [thing("Sealed", template={"kind": "Secret", "stringData": {"a": "s1"}})],
        [thing("Sealed", template={"kind": "Secret", "stringData": {"a": "s2"}})],
        {"field:Sealed/a:template.stringData.a": (MASKED, MASKED)},
    ),
    "a variable with the name of a secret": (
        [pod({"name": "c", "env": [{"name": "DB_PASSWORD", "value": "s1"}, {"name": "N", "value": "1"}]})],
        [pod({"name": "c", "env": [{"name": "DB_PASSWORD", "value": "s2"}, {"name": "N", "value": "2"}]})],
        {
            "field:Pod/a:spec.containers[c].env[DB_PASSWORD].value": (MASKED, MASKED),
            "field:Pod/a:spec.containers[c].env[N].value": ("1", "2"),
        },
    ),
    "known secrets and long texts": (
        [thing(data={"a": "a known one", "b": "x" * 100})],
        [thing(data={"a": "another", "b": "line\n" * 3})],
        {
            "field:ConfigMap/a:data.a": ("a (hidden) one", "another"),
            "field:ConfigMap/a:data.b": ("a value of 100 characters", "a value of 15 characters in 4 lines"),
        },
    ),
    "a checksum": (
        [{**thing(), "metadata": {"name": "a", "annotations": {"checksum/config": "1"}}}],
        [{**thing(), "metadata": {"name": "a", "annotations": {"checksum/config": "2"}}}],
        {},
    ),
    "two of one name": ([thing(), thing()], [thing()], {"object:ConfigMap/a": ("v1, 2 times", "v1")}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_named_with_what_may_be_shown(name: str) -> None:
    one, other, expected = CASES[name]
    assert found(one, other) == expected


@pytest.mark.parametrize("name", CASES)
def test_in_the_other_order_the_sides_are_turned(name: str) -> None:
    one, other, _ = CASES[name]
    assert found(one, one) == {}
    assert found(other, one, turned=True) == {each: sides[::-1] for each, sides in found(one, other).items()}


SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(["prod", "preview", "shop-prod", "one", "x", ""])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "image", "kind", "a"]), inner),
    max_leaves=8,
)
OBJECTS = st.lists(
    st.builds(
        lambda kind, name, data: thing(kind, name, data=data),
        st.sampled_from(["ConfigMap", "Secret"]),
        st.sampled_from(["a", "one-a", "two-a", "prod", "preview"]),
        st.dictionaries(st.sampled_from(["a", "b"]), TREES),
    ),
    max_size=4,
    unique_by=lambda each: (each["kind"], each["metadata"]["name"]),
)


@given(OBJECTS, OBJECTS)
def test_the_comparison_is_empty_of_the_same_and_turned_in_the_other_order(
    one: list[Given], other: list[Given]
) -> None:
    assert found(one, one) == {}
    assert found(other, one, turned=True) == {each: sides[::-1] for each, sides in found(one, other).items()}
