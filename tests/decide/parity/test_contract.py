"""What one contract requires and the other does not, apart from the names of the targets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.parity.contract import Required, contract_differences
from jetscale_cicd.decide.parity.names import Names, Who
from jetscale_cicd.model.parity import DifferenceKind

ONE = Who(name="live", namespace="shop-prod", release="shop", client_name="shop", env="prod")
OTHER = Who(name="preview", namespace="shop-preview", release="shop", client_name="shop", env="preview")
SECRET, AWS = DifferenceKind.SECRET, DifferenceKind.AWS_SECRET
REQUIRED = st.dictionaries(
    st.sampled_from([SECRET, AWS]),
    st.dictionaries(
        st.sampled_from(["a", "shop-prod/a", "shop-preview/a", "prod", "preview"]),
        st.lists(st.sampled_from(["i", "j"]), unique=True).map(tuple),
    ),
)


def found(one: Required, other: Required, *, turned: bool = False) -> dict[str, tuple[bool, bool]]:
    """Which side requires what."""
    names = Names.of(OTHER, ONE) if turned else Names.of(ONE, OTHER)
    every = contract_differences(one, other, names)
    return {name: (each.one is not None, each.other is not None) for name, each in every.items()}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, {}),
        ({SECRET: {"a": ()}}, {}, {"secret:a": (True, False)}),
        ({SECRET: {"a": ("i",)}}, {SECRET: {"a": ()}}, {"secret:a/i": (True, False)}),
        ({SECRET: {"a": ("i",)}}, {SECRET: {"a": ("j",)}}, {"secret:a/i": (True, False), "secret:a/j": (False, True)}),
        ({SECRET: {"a": ()}}, {AWS: {"a": ()}}, {"secret:a": (True, False), "aws-secret:a": (False, True)}),
        ({AWS: {"shop-prod/db": ("i",)}}, {AWS: {"shop-preview/db": ("i",)}}, {}),
        ({AWS: {"shop-prod/db": ("i",)}}, {AWS: {"shop-preview/db": ()}}, {"aws-secret:shop-*/db/i": (True, False)}),
        (
            {AWS: {"shop-prod/db": ()}},
            {AWS: {"shop-prod/other": ()}},
            {"aws-secret:shop-prod/db": (True, False), "aws-secret:shop-prod/other": (False, True)},
        ),
    ],
)
def test_what_one_alone_requires_is_a_difference(
    one: Required, other: Required, expected: dict[str, tuple[bool, bool]]
) -> None:
    assert found(one, other) == expected


@given(REQUIRED, REQUIRED)
def test_the_comparison_is_empty_of_the_same_and_turned_in_the_other_order(one: Required, other: Required) -> None:
    assert found(one, one) == {}
    assert found(other, one, turned=True) == {name: sides[::-1] for name, sides in found(one, other).items()}
