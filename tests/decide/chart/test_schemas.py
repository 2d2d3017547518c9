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
        b"not json",
        b"[" * 5000,
        b"\xff",
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
