"""Values of two targets: what one has and the other lacks, and never what it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.chart.merged_values import merged
from jetscale_cicd.decide.parity.names import Names, Who
from jetscale_cicd.decide.parity.values import exchanged, value_differences

NAMES = Names.of(
    Who(name="live", namespace="shop-prod", release="shop", env="prod"),
    Who(name="preview", namespace="shop-preview", release="shop", env="preview"),
)
NOWHERE = (lambda _: "", lambda _: "")
KEYS = st.sampled_from(["a", "b", "c.d", "e-f"])
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
)


def found(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[str | None, ...]]:
    """What either has, by subject."""
    every = value_differences(one, other, NOWHERE).values()
    return {each.subject: tuple(side.has if side else None for side in (each.one, each.other)) for each in every}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], {}),
        ([{"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}], {"a": {"b": 3, "c": 2}}),
        ([{"a": [1, 2]}, {"a": [3]}], {"a": [3]}),
        ([{"a": {"b": 1}}, {"a": None}], {"a": None}),
        ([{"a": 1}, {"a": {"b": 1}}], {"a": {"b": 1}}),
    ],
)
def test_files_are_merged_as_helm_does(files: list[dict[str, object]], expected: dict[str, object]) -> None:
    assert merged(files) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1}, {"a": 2}, {}),
        ({"a": 1}, {}, {"a": ("a value", None)}),
        ({}, {"a": {"b": {"c": 1}}}, {"a": (None, "a mapping")}),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, {"a.b": ("a value", None), "a.c": (None, "a value")}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": ("2 items", "1 item")}),
        ({"a": [{"x": 1}]}, {"a": [{"y": 1}]}, {}),
        ({"a": None}, {}, {"a": ("null", None)}),
        ({"a": {}}, {"a": "x"}, {"a": ("a mapping", "a value")}),
        ({"a.b": {"c": 1}}, {"a.b": {}}, {r"a\.b.c": ("a value", None)}),
        ({"x" * 200: 1}, {}, {"<a value of 200 characters>": ("a value", None)}),
    ],
)
def test_a_key_that_one_lacks_is_named_at_its_top(one: Any, other: Any, expected: Any) -> None:
    assert found(one, other) == expected


@given(TREES, TREES)
def test_the_comparison_is_empty_of_the_same_and_turned_in_the_other_order(one: Any, other: Any) -> None:
    assert found(one, one) == {}
    assert found(other, one) == {subject: sides[::-1] for subject, sides in found(one, other).items()}


@given(TREES)
def test_nothing_of_a_value_is_shown(tree: Any) -> None:
    shapes = {"a mapping", "a value", "null", "1 item"}
    assert all(sides[0] in shapes or str(sides[0]).endswith(" items") for sides in found(tree, {}).values())


def test_only_the_values_that_say_who_a_target_is_are_exchanged() -> None:
    one = {
        "global": {"env": "prod", "n": 3},
        "host": "console",
        "path": "shop-prod/db",
        "list": ["a", "prod"],
        "x": "prod",
    }
    other = {
        "global": {"env": "preview", "n": 1},
        "host": "preview",
        "path": "shop-preview/db",
        "list": ["a", "preview"],
    }
    assert exchanged(one, other, NAMES) == {
        "global": {"env": "preview"},
        "path": "shop-preview/db",
        "list": ["a", "preview"],
    }


@given(TREES)
def test_of_the_same_values_none_is_exchanged(tree: Any) -> None:
    assert exchanged(tree, tree, NAMES) == {}
