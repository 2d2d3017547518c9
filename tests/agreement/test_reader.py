"""The reader takes and refuses the same documents as pydantic does with the same dataclasses."""

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.settings import ChartSettings, Settings, seconds
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.field_rules import check_label
from jetscale_cicd.model.target import Target
from tests.config.test_reader import FILE

# The oracle: pydantic reads the same dataclasses from the same documents, in JSON, strictly.
_CHART, _TARGET = TypeAdapter(ChartSettings), TypeAdapter(Target)


def pydantic_reads(document: dict[str, Any]) -> Settings | None:
    """The settings as pydantic sees them, once the file's own forms (targets by name, durations as text) are undone."""
    try:
        if not set(document) <= {"chart", "targets"}:
            return None
        found: dict[str, Any] = {}
        if "chart" in document:
            found["chart"] = _CHART.validate_json(json.dumps(document["chart"]), strict=True, extra="forbid")
        if "targets" in document:
            found["targets"] = tuple(_pydantic_target(name, body) for name, body in document["targets"].items())
        return Settings(**found)
    except (ValidationError, ValueError, AttributeError, TypeError):
        return None


def _pydantic_target(name: str, body: dict[str, Any]) -> Target:
    check_label(name)
    given = body | ({"timeout": seconds(body["timeout"])} if "timeout" in body else {})
    if "name" in body:
        raise ValueError("name is the key")
    return _TARGET.validate_json(json.dumps(given | {"name": name}), strict=True, extra="forbid")


_JUNK = st.sampled_from([None, True, 7, 1.5, "", "no", "1.0", "~", "a b", "../x", [], {}, ["a", 1], [["a"]], {"a": 1}])


def _mostly(good: st.SearchStrategy[Any], *bad: object) -> st.SearchStrategy[Any]:
    """One time in twenty something bad, or of another type."""
    worse = _JUNK | st.sampled_from(bad) if bad else _JUNK
    return st.integers(0, 19).flatmap(lambda number: worse if number == 13 else good)


def _record(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Some of the keys."""
    return st.fixed_dictionaries({}, optional=values)


_PATH = _mostly(st.sampled_from(["charts/app", "a.yaml", "a/b", "é/ü"]), "/a", "-a", "a//b", ".git/x", "*.md")


_GLOB = _mostly(st.sampled_from(["charts/**", "**", "-a", "*.md"]), "/a", "!a", "./a")


_NAME = _mostly(st.sampled_from(["live", "a", "b", "c", "null", "1"]), "Prod", "a.b", "x" * 62, "x" * 64)


_KEY = _mostly(st.sampled_from(["live", "a", "b", "c", "d", "null", "1"])).filter(lambda key: isinstance(key, str))


_REGISTRY = _mostly(
    st.sampled_from(["oci://ghcr.io/a", "file:///a", "dist"]), "https://x.io", "oci://u:p@x", "ghcr.io/a"
)


_PREFIX = st.sampled_from(["oci://ghcr.io/a", "https://x.io", "oci://x", "oci://u:p@x"])


_CHART_BODY = _record(
    path=_PATH,
    watch=_mostly(st.lists(_GLOB, max_size=3)),
    registry=_REGISTRY,
    mirrors=_mostly(st.dictionaries(_PREFIX, _REGISTRY, max_size=2)),
    tag_format=_mostly(st.sampled_from([None, "v{version}", "{version}"]), "v", "{version}.lock"),
    first_version=_mostly(st.sampled_from(["0.1.0", "1.0.0"]), "1.0.0-rc.1"),
    default_bump=_mostly(st.sampled_from(["patch", "error"]), "minor"),
)


_TARGET_BODY = _record(
    client_name=_NAME,
    namespace=_NAME,
    env=_NAME,
    release=_NAME,
    engine=_mostly(st.sampled_from(["helm", "argocd", "render"]), "Helm"),
    values=_mostly(st.lists(_PATH, max_size=3)),
    watch=_mostly(st.lists(_GLOB, max_size=3)),
    url=_mostly(st.sampled_from(["", "https://x.io"]), "x.io"),
    timeout=_mostly(st.sampled_from(["20m", "1h", "90s"]), "20", "0s"),
    output=_PATH,
)


_FILE = _record(
    chart=_mostly(_CHART_BODY), targets=_mostly(st.dictionaries(_KEY, _mostly(_TARGET_BODY), min_size=1, max_size=3))
)


_MISSPELT = _record(chart=_record(pth=_PATH), targets=st.dictionaries(_KEY, _record(name=_NAME, evn=_NAME)), x=_JUNK)


@settings(max_examples=400)
@given(_FILE | _FILE | _FILE | _MISSPELT, st.booleans())
def test_the_reader_and_pydantic_agree_on_every_document(document: Any, block_style: bool) -> None:
    dumper = type("NoAliases", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})
    text = (
        yaml.dump(document, Dumper=dumper, allow_unicode=True, sort_keys=False) if block_style else json.dumps(document)
    )
    try:
        mine: Settings | None = read_settings(text, FILE)
    except ConfigurationError:
        mine = None
    assert mine == pydantic_reads(document)
