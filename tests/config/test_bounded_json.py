"""JSON that somebody else wrote: what Go reads is read to the same values, and the rest is refused within limits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.config import bounded_json
from jetscale_cicd.config.bounded_json import MAX_DEPTH, JsonRefused, read_json

TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


@given(VALUES, st.booleans())
def test_json_is_read_as_it_was_written(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert read_json(text) == read_json(text.encode()) == read_json(b"\xef\xbb\xbf" + text.encode()) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1}", "not JSON"),
        ("NaN", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("1e999", "out of range"),
        ("1" * 5000, "too long"),
        ("[" * 100_000, "nested deeper"),
        ('{"a":' * 100_000, "nested deeper"),
        ('["\\\\",' * 1000 + '"\\""', "nested deeper"),
        ("[" + "0," * 2_000_000 + "0]", "more than 1,000,000 values"),
        ("[" + "[]," * 2_000_000 + "0]", "more than 1,000,000 values"),
        ('"' + "a" * bounded_json.MAX_BYTES + '"', "larger than"),
        (b"\xff", "not UTF-8"),
        ('"\ud800"', "not UTF-8"),
    ],
    ids=range(15),
)
def test_what_is_no_json_or_exceeds_a_limit_is_refused_with_the_reason(text: str | bytes, why: str) -> None:
    with pytest.raises(JsonRefused, match=why):
        read_json(text)


def test_brackets_and_commas_in_texts_are_no_structure() -> None:
    text = json.dumps(["[{" * 1000, '\\"[' * 1000, "\\", "[", ","] * 2)
    assert read_json(text) == json.loads(text)


def test_a_value_may_be_as_deep_as_the_limit() -> None:
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(JsonRefused):
        read_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_half_a_surrogate_pair_is_the_replacement_character_as_in_go() -> None:
    assert read_json('{"\\ud800": ["\\uDC00 \\ud83d\\ude00", "\\\\ud800"]}') == {"�": ["� \U0001f600", "\\ud800"]}


def test_equal_keys_are_given_to_who_asks_for_them() -> None:
    assert read_json('{"a": 1, "a": [2]}', pairs=tuple) == (("a", 1), ("a", [2]))
    assert read_json('{"a": 1, "a": 2}') == {"a": 2}
