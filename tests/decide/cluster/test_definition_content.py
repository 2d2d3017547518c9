"""What of two definitions is a difference, and what the API server or somebody else only adds."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.definition_content import differences, digest_of
from tests.support.definitions import crd, field, more, root, webhook

Change = Callable[[Any], object]


def definition() -> Any:
    made: Any = yaml.safe_load(webhook(crd("a.test", size="string"), "a.test"))
    made["metadata"]["annotations"] = {"a.test/own": "1"}
    columns = [{"name": "Size", "type": "string", "jsonPath": ".spec.size"}]
    more(made["spec"], additionalPrinterColumns=columns, subresources={"status": {}})
    return made


@pytest.mark.parametrize("nothing", ["", None])
def test_names_that_a_package_leaves_empty_are_those_that_the_server_gives(nothing: str | None) -> None:
    package, found = definition(), definition()
    package["spec"]["names"] |= {"singular": nothing, "listKind": nothing}
    found["spec"]["names"] |= {"singular": "thing", "listKind": "ThingList"}
    assert differences(package, found) == ()


def paths(change: Change) -> list[str]:
    """Where it differs once what is on the cluster was changed."""
    found = deepcopy(definition())
    change(found)
    return [each.path for each in differences(definition(), found)]


def converted(found: Any) -> Any:
    return found["spec"]["conversion"]["webhook"]


V1 = "spec.versions[v1]"
SCHEMA = f"{V1}.schema.openAPIV3Schema"
DIFFERENT: dict[str, tuple[Change, list[str]]] = {
    "a property that is gone, after which the server keeps none": (
        lambda found: root(found["spec"])["properties"]["spec"]["properties"].pop("size"),
        [f"{SCHEMA}.properties.spec.properties"],
    ),
    "a property more": (lambda found: field(found["spec"], type="string"), [f"{SCHEMA}.properties.odd"]),
    "true, which is not 1": (lambda found: root(found["spec"]).update(nullable=True), [f"{SCHEMA}.nullable"]),
    "a version more": (
        lambda found: found["spec"]["versions"].append({"name": "v0", "served": True}),
        ["spec.versions[v0]"],
    ),
    "a version that is gone": (lambda found: found["spec"]["versions"].clear(), ["spec.versions[v1]"]),
    "served": (lambda found: more(found["spec"], served=False), [f"{V1}.served"]),
    "stored": (lambda found: more(found["spec"], storage=False), [f"{V1}.storage"]),
    "deprecated": (lambda found: more(found["spec"], deprecated=True), [f"{V1}.deprecated"]),
    "a column": (
        lambda found: found["spec"]["versions"][0]["additionalPrinterColumns"][0].update(priority=1),
        [f"{V1}.additionalPrinterColumns[0].priority"],
    ),
    "no column": (
        lambda found: found["spec"]["versions"][0].pop("additionalPrinterColumns"),
        [f"{V1}.additionalPrinterColumns"],
    ),
    "no status": (lambda found: found["spec"]["versions"][0].pop("subresources"), [f"{V1}.subresources.status"]),
    "scope": (lambda found: found["spec"].update(scope="Cluster"), ["spec.scope"]),
    "short names": (lambda found: found["spec"]["names"].update(shortNames=["x"]), ["spec.names.shortNames[0]"]),
    "a category": (lambda found: found["spec"]["names"].update(categories=["all"]), ["spec.names.categories"]),
    "another kind of list": (lambda found: found["spec"]["names"].update(listKind="Things"), ["spec.names.listKind"]),
    "conversion": (
        lambda found: found["spec"].update(conversion={"strategy": "None"}),
        ["spec.conversion.strategy", "spec.conversion.webhook"],
    ),
    "whom it asks": (
        lambda found: converted(found)["clientConfig"]["service"].update(name="other"),
        ["spec.conversion.webhook.clientConfig.service.name"],
    ),
    "its own annotation": (
        lambda found: found["metadata"].update(annotations={"a.test/own": "2"}),
        ["metadata.annotations[a.test/own]"],
    ),
    "its own annotation that is gone": (
        lambda found: found["metadata"].pop("annotations"),
        ["metadata.annotations[a.test/own]"],
    ),
    "what it keeps": (lambda found: found["spec"].update(preserveUnknownFields=True), ["spec.preserveUnknownFields"]),
}
THE_SAME: dict[str, Change] = {
    "labels of others": lambda found: found["metadata"].update(labels={"other": "1"}),
    "annotations of others": lambda found: found["metadata"]["annotations"].update(other="1"),
    "its version and its fields": lambda found: found["metadata"].update(resourceVersion="7", managedFields=[]),
    "status": lambda found: found.update(status={"storedVersions": ["v1"], "conditions": []}),
    "a certificate": lambda found: converted(found)["clientConfig"].update(caBundle="Cg=="),
    "the port that is always meant": lambda found: converted(found)["clientConfig"]["service"].update(port=443),
    "names in full": lambda found: found["spec"]["names"].update(singular="thing", listKind="ThingList"),
    "zeros": lambda found: found["spec"].update(preserveUnknownFields=False),
    "no version of its own, as in a list": lambda found: found.pop("apiVersion"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_the_cluster_has_otherwise_is_a_difference(name: str) -> None:
    change, expected = DIFFERENT[name]
    assert paths(change) == expected


@pytest.mark.parametrize("name", THE_SAME)
def test_what_the_server_or_others_add_is_none(name: str) -> None:
    assert paths(THE_SAME[name]) == []


def test_a_definition_without_content_differs_in_all_and_breaks_nothing() -> None:
    assert differences(definition(), {}) != ()
    assert differences({}, {}) == ()


# Schemas as a chart may have them: several levels, with zeros, data, and what the server drops.
ZEROS = st.dictionaries(
    st.sampled_from(["nullable", "description", "format", "title", "uniqueItems"]), st.sampled_from([False, "", None])
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 2, width=16) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)
LEAVES = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer"])},
    optional={"minimum": st.integers(0, 2), "maxLength": st.integers(0, 2), "default": DATA, "enum": st.lists(DATA)},
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "anyOf": st.lists(inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), max_size=2),
        },
    ),
    max_leaves=6,
)


def defined(schema: Any) -> Any:
    made = definition()
    made["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema
    return made


@given(one=SCHEMAS, other=SCHEMAS)
def test_two_digests_are_equal_where_nothing_differs_and_nowhere_else(one: Any, other: Any) -> None:
    assert (differences(defined(one), defined(other)) == ()) == (digest_of(defined(one)) == digest_of(defined(other)))


@given(schema=SCHEMAS, zeros=ZEROS)
def test_zeros_of_any_schema_are_no_difference(schema: Any, zeros: dict[str, object]) -> None:
    packaged = defined(with_zeros(schema, zeros))
    assert differences(packaged, defined(schema)) == ()
    assert digest_of(packaged) == digest_of(defined(schema))


@given(schema=SCHEMAS)
def test_a_property_more_is_a_difference_wherever_it_is(schema: Any) -> None:
    for larger in with_one_more(schema):
        assert len(differences(defined(schema), defined(larger))) == 1
        assert digest_of(defined(schema)) != digest_of(defined(larger))


def with_zeros(schema: Any, zeros: dict[str, object]) -> Any:
    """The same schema, in which each level says what it need not."""
    if not isinstance(schema, dict):
        return schema
    inner = {key: with_zeros(value, zeros) for key, value in schema.items() if key in ("items", "additionalProperties")}
    if "properties" in schema:
        inner["properties"] = {key: with_zeros(value, zeros) for key, value in schema["properties"].items()}
    return {**schema, **inner, **zeros}


def with_one_more(schema: Any) -> list[Any]:
    """The schemas that have one property more, at each level."""
    if not isinstance(schema, dict):
        return []
    properties = schema.get("properties", {})
    found = [{**schema, "properties": {**properties, "more": {"type": "string"}}}]
    for name, value in properties.items():
        found += [{**schema, "properties": {**properties, name: each}} for each in with_one_more(value)]
    return found
