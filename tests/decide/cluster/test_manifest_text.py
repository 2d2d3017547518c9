"""An object as lines: YAML that is read back as the same, and text of several lines that people can read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.cluster.manifest_text import object_lines

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
