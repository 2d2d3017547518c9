"""An object as lines: YAML that is read back as the same, and text of several lines that people can read."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.cluster.manifest_text import masked, object_lines

_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=8) | st.text(
    "ab \t\n:#-'\"|>0y", max_size=8
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_TEXT, _VALUES, max_size=4))
def test_what_is_shown_is_read_back_as_the_same(document: dict[str, Any]) -> None:
    assert load_mapping("\n".join([*object_lines(document), ""]).encode(), "x", "VALUES") == document


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("server {\n\tlisten 80;\n}\n", ["file: |", "  server {", "  \tlisten 80;", "  }"]),
        ("a  \nb\t\n", ["file: |", "  a  ", "  b\t"]),
        ("a\r\nb\r\n", ["file: |", "  a\r", "  b\r"]),
        ("a\nb", ["file: |-", "  a", "  b"]),
        ("a\n\n", ["file: |+", "  a", ""]),
        (" a\nb\n", ["file: |2", "   a", "  b"]),
        ("\x1b[2J\nb\n", ["file: |", "  \x1b[2J", "  b"]),
        ("a\tb", ['file: "a\\tb"']),
        ("1.10", ["file: '1.10'"]),
        ("yes", ["file: 'yes'"]),
        ("it's: a", ["file: 'it''s: a'"]),
        ("plain text, 1/2 (x)", ["file: plain text, 1/2 (x)"]),
    ],
)
def test_a_text_is_a_block_or_one_line(text: str, lines: list[str]) -> None:
    assert object_lines({"file": text}) == lines


def test_lists_and_mappings_keep_the_form_that_manifests_have() -> None:
    document: dict[str, Any] = {
        "spec": {"containers": [{"name": "a", "args": ["x", ["z"]], "env": []}], "empty": {}, "none": None}
    }
    assert object_lines(document) == [
        "spec:",
        "  containers:",
        "  - name: a",
        "    args:",
        "    - x",
        "    - - z",
        "    env: []",
        "  empty: {}",
        "  none: null",
    ]


KEY = b"of this run"


def masks(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it is shown, each mask by the same word."""
    shown = masked(document, KEY)
    assert "canary" not in str({name: shown[name] for name in shown if name != "metadata"})  # type: ignore[index, attr-defined]
    return json.loads(re.sub(r"\(masked [0-9a-f]{8}\)", "*", json.dumps(shown)))  # type: ignore[no-any-return]


def secret(version: str = "v1", **fields: object) -> dict[str, Any]:
    return {"apiVersion": version, "kind": "Secret", "metadata": {"name": "a"}, **fields}


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (secret("acme.io/v1", spec={"value": "canary"}), {"spec": {"value": "*"}}),
        (
            secret("acme.io/v1", spec={"deep": [{"value": "canary", "at": 8}]}),
            {"spec": {"deep": [{"value": "*", "at": "*"}]}},
        ),
        (secret("acme.io/v1", value="canary", type="canary", empty=None), {"value": "*", "type": "*", "empty": None}),
        (secret(data={"k": "canary"}, stringData=None), {"data": {"k": "*"}, "stringData": None}),
        (secret(data="canary", Data={"k": {"x": "canary"}}), {"data": "*", "Data": {"k": {"x": "*"}}}),
        (secret(type="kubernetes.io/tls", immutable=True), {"type": "kubernetes.io/tls", "immutable": True}),
        (secret(misplaced="canary"), {"misplaced": "*"}),
    ],
)
def test_of_a_secret_of_whatever_group_the_keys_and_the_metadata_are_shown(
    document: dict[str, Any], shown: dict[str, Any]
) -> None:
    head = {name: document[name] for name in ("apiVersion", "kind", "metadata")}
    assert masks(document) == {**head, **shown}
    assert masks({"kind": "Template", "objects": [document]})["objects"] == [{**head, **shown}]


def test_what_is_no_secret_is_shown() -> None:
    document = {"apiVersion": "acme.io/v1", "kind": "SecretStore", "spec": {"value": "plain"}}
    assert masked(document, KEY) == document
