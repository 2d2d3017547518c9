"""Whatever a chart renders in the place of anything, it is judged, and nothing is raised."""

import copy
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.needs.hooks import Deploy, user_of
from jetscale_cicd.decide.needs.judge import removed_by, to_see, unmet_needs
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.ownership import foreign_objects
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.decide.needs.routes import routes_of
from jetscale_cicd.decide.needs.verdicts import Circumstances
from tests.decide.needs.release import NAMESPACE, job, manifests, seen, thing, workload
from tests.decide.needs.test_references import OBJECTS, PODS

WHOLE = [
    *(yaml.safe_load(text) for text, _ in OBJECTS.values()),
    *(yaml.safe_load(workload(spec)) for spec, _ in PODS.values()),
    yaml.safe_load(job("a", "b", "pre-install", hook_weight="1", hook_delete_policy="hook-succeeded")),
    yaml.safe_load(
        thing(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "c",
            "spec: {group: g, names: {kind: K}, versions: [{name: v1}]}",
        )
    ),
    yaml.safe_load(
        thing("networking.k8s.io/v1", "Ingress", "i", "spec: {rules: [{host: h, http: {paths: [{path: /}]}}]}")
    ),
    yaml.safe_load(
        thing(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            "r",
            "spec: {hostnames: [h], rules: [{matches: [{path: {value: /}}]}]}",
        )
    ),
]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below one."""
    if path:
        yield path
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*path, key))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """An object with anything in the place of one of its parts."""
    whole = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    *inside, last = draw(st.sampled_from(list(places(whole))))
    holder: Any = whole
    for key in inside:
        holder = holder[key]
    holder[last] = draw(JSON)
    return dict(whole)


@given(st.lists(documents(), min_size=1, max_size=3), st.booleans())
def test_any_json_in_any_place_is_judged(several: list[dict[str, Any]], install: bool) -> None:
    rendered = tuple(each for document in several for each in manifests(yaml.safe_dump(document, allow_unicode=True)))
    needs, made = needs_of(rendered, NAMESPACE), made_by(rendered, NAMESPACE)
    leaving = removed_by(rendered[:1], rendered, NAMESPACE)
    for inventory in (seen(), seen(unseen=("Secret", "ConfigMap"), resources=None)):
        found = unmet_needs(
            needs,
            Circumstances(release=made, inventory=inventory, deploy=Deploy(install, tests=True), leaving=leaving),
        )
        assert all(each.code and each.message for each in (*found.errors, *found.warnings))
        foreign_objects(rendered, (), inventory, install=install, release="app", namespace=NAMESPACE)
    assert all(each.name or each.kind for each in to_see(needs, made, Deploy(install)))
    routes_of(rendered, NAMESPACE)
    assert [user_of(each, NAMESPACE).namespace for each in rendered]
