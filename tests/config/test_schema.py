"""The JSON Schema describes the file that the reader reads."""

import json
from typing import Any

import pytest
import yaml

from jetscale_cicd.config.defaults import default_settings
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.schema import json_schema
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace

jsonschema: Any = pytest.importorskip("jsonschema", reason="a development tool (check-jsonschema) brings it")

FORMER = "chart: {unclaimed_change: error}\n"
EXAMPLE = """\
chart: {path: charts/app, watch: ["charts/**"], registry: oci://ghcr.io/a/charts, mirrors: {}, tag_format: "v{version}"}
targets:
  live: {client_name: jetscale, env: prod, release: jetscale-stack, engine: helm, values: [envs/live/values.yaml]}
  blue: {env: blue, watch: ["envs/blue/**"], url: "https://blue.example.com", timeout: 1h30m, output: "out/{name}"}
"""


def accepts(text: str) -> bool:
    """Whether an editor would be content with this file."""
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text)))


def reads(text: str) -> bool:
    """Whether the reader is."""
    try:
        read_settings(text, ".stage6.yaml")
    except ConfigurationError:
        return False
    return True


def test_it_is_a_schema_of_draft_2020_12_and_names_no_host_but_the_drafts() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema


@pytest.mark.parametrize(
    "text", ["", "chart: {}\n", "chart: {tag_format: null}\n", "targets: {a: {}}\n", FORMER, EXAMPLE]
)
def test_it_accepts_what_the_reader_reads(text: str) -> None:
    assert reads(text)
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "zzz: 1\n",
        "chart: {pth: a}\n",
        "chart: {path: 1}\n",
        "chart: {path: ''}\n",
        "chart: {watch: a}\n",
        "chart: {mirrors: {a: 1}}\n",
        "chart: {first_version: v1}\n",
        "chart: {default_bump: minor}\n",
        "chart: {unclaimed_change: minor}\n",
        "chart: {unclaimed_change: patch, default_bump: patch}\n",
        "chart: null\n",
        "targets: {}\n",
        "targets: {A: {}}\n",
        "targets: {a: {name: a}}\n",
        "targets: {a: {timeout: 20}}\n",
        "targets: {a: {timeout: 20 m}}\n",
        "targets: {a: {timeout: ''}}\n",
        "targets: {a: {engine: Helm}}\n",
        "targets: {a: {env: no}}\n",
        "targets: {a: {env: A}}\n",
        "targets: {a: {release: a..b}}\n",
    ],
)
def test_it_refuses_what_the_reader_refuses(text: str) -> None:
    assert not reads(text)
    assert not accepts(text)


def test_its_defaults_are_the_defaults() -> None:
    chart = {key: value["default"] for key, value in _properties("chart").items() if not value.get("deprecated")}
    chart["watch"] = tuple(chart["watch"])
    settings = default_settings()
    assert chart == {key: getattr(settings.chart, key) for key in chart}
    written = {key: value["default"] for key, value in _properties("target").items() if key not in ("url", "env")}
    (live,) = read_settings(json.dumps({"targets": {"live": written}}), ".stage6.yaml").targets
    assert replace(live, url=settings.targets[0].url) == settings.targets[0]


def test_every_key_is_described() -> None:
    for name in ("chart", "target"):
        for key, value in _properties(name).items():
            assert value.get("description"), f"{name}.{key}"


def test_a_schema_belongs_to_its_caller() -> None:
    _properties("target").clear()
    assert _properties("target")


def _properties(name: str) -> dict[str, Any]:
    schema: Any = json_schema()
    properties: dict[str, Any] = schema["$defs"][name]["properties"]
    return properties
