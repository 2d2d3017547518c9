"""References of schemas that helm would follow out of the chart."""

import json

import pytest

from jetscale_cicd.decide.chart.packed import PackedFile, nested_files
from jetscale_cicd.decide.chart.schemas import check_schemas
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from tests.support.archives import tgz

NAME = "c/values.schema.json"


def check(schema: object, name: str = NAME) -> None:
    check_schemas([PackedFile(name, schema if isinstance(schema, bytes) else json.dumps(schema).encode())])


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "file:///dev/zero"},
        {"properties": {"a": {"$ref": "https://example.test/schema.json"}}},
        {"properties": {"a": {"$ref": "HTTP://127.0.0.1:8080/"}}},
        {"$id": "file:///etc/", "allOf": [{"$ref": "passwd"}]},
        {"$ref": "values.schema.json#/definitions/a"},
        {"$dynamicRef": "../other.json"},
        {"$recursiveRef": "other"},
        {"$schema": "file:///etc/passwd"},
        {"$schema": "https://example.test/draft"},
        b'{"$ref": "#/a", "$ref": "file:///dev/zero"}',
    ],
)
def test_what_leads_out_of_the_chart_is_refused_by_the_name_of_its_file(schema: object) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check(schema)
    assert (refused.value.code, refused.value.where) == ("SCHEMA_REMOTE", NAME)


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$id": "https://example.test/c",
            "$ref": "#/definitions/a",
        },
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"$ref": {"type": "string"}}},
        {"$dynamicRef": "#node", "description": "see https://example.test"},
    ],
)
def test_what_stays_in_the_chart_is_not(schema: object) -> None:
    check(schema)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (b"not json", "it is not JSON"),
        (b"", "it is not JSON"),
        (b"[" * 5000, "nested deeper"),
        (b"\xff", "not UTF-8"),
        (b'{"maximum": 1e999999999}', "out of range"),
    ],
)
@pytest.mark.parametrize("name", [NAME, "c/charts/sub/values.schema.json"])
def test_what_cannot_be_read_is_refused_for_that_and_for_no_reference(schema: bytes, why: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        check(schema, name)
    assert (refused.value.code, refused.value.where) == ("SCHEMA_UNREADABLE", name)
    assert ("subchart" in refused.value.hint) == (name != NAME)


def chain(length: int) -> bytes:
    """A schema of which each definition refers to the next."""
    definitions = {f"d{each}": {"$ref": f"#/definitions/d{each + 1}"} for each in range(length)}
    return json.dumps({"definitions": {**definitions, f"d{length}": {}}}).encode()


def test_more_references_than_helm_follows_in_a_second_are_refused_in_all_schemas_of_a_chart() -> None:
    check(chain(10_000))
    sub = "c/charts/sub/values.schema.json"
    for schemas in ({NAME: chain(10_001)}, {sub: chain(100_000)}, {NAME: chain(5_000), sub: chain(5_001)}):
        with pytest.raises(ConfigurationError, match="more than 10,000 references") as refused:
            check_schemas(PackedFile(*each) for each in schemas.items())
        assert (refused.value.code, refused.value.where) == ("SCHEMA_LIMIT", list(schemas)[-1])


def test_the_schemas_of_packed_subcharts_count_too() -> None:
    inner = tgz(("c/values.schema.json", b'{"$ref": "file:///dev/zero"}', {}))
    outer = tgz(("c/charts/c-0.1.0.tgz", inner, {}))
    with pytest.raises(ConfigurationError) as refused:
        check_schemas(nested_files(outer))
    assert refused.value.where == "c/charts/c-0.1.0.tgz!/c/values.schema.json"


def test_subcharts_in_subcharts_have_an_end() -> None:
    archive = tgz()
    for _ in range(6):
        archive = tgz(("c/charts/c-0.1.0.tgz", archive, {}))
    with pytest.raises(CannotTellError):
        list(nested_files(archive))
