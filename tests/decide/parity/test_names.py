"""Two texts say the same of two targets where they are alike but for whole names of either."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.parity.names import Names, Who, common

LIVE = Who(name="live", namespace="shop-prod", release="shop", client_name="shop", env="prod")
PREVIEW = Who(name="preview", namespace="shop-preview", release="shop-b", client_name="shop", env="preview")
NAMES, TURNED = Names.of(LIVE, PREVIEW), Names.of(PREVIEW, LIVE)
TEXTS = st.lists(
    st.sampled_from(
        ["prod", "preview", "live", "shop", "b", "shop-prod", "-", "/", ".", "x", "PROD", "Preview", "é", "\n"]
    )
).map("".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("any", "any"),
        ("prod", "preview"),
        ("live", "preview"),
        ("shop-prod", "shop-preview"),
        ("shop-prod/db/app", "shop-preview/db/app"),
        ("https://shop.prod.svc", "https://shop.preview.svc"),
        ("shop-web", "shop-b-web"),
        ("shop.shop-prod.svc", "shop-b.shop-preview.svc"),
        ("STAGE_PROD", "STAGE_PREVIEW"),
        ("Prod", "Preview"),
        ("production of shop-prod", "production of shop-preview"),
        ("prod-grade in prod", "prod-grade in preview"),
    ],
)
def test_texts_that_are_alike_but_for_the_names_are_the_same(one: str, other: str) -> None:
    assert NAMES.same(one, other)
    assert TURNED.same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        ("preview", "prod"),  # each in place of the other's
        ("production", "previewuction"),
        ("prod", "prod-preview"),
        ("prod", ""),
        ("", "preview"),
        ("3", "1"),
        ("prod x", "preview y"),
        ("prodprod", "previewpreview"),
    ],
)
def test_what_differs_by_more_than_whole_names_is_not_the_same(one: str, other: str) -> None:
    assert not NAMES.same(one, other)
    assert not TURNED.same(other, one)


@given(TEXTS, TEXTS)
def test_the_order_of_the_targets_does_not_matter(one: str, other: str) -> None:
    assert NAMES.same(one, one)
    assert NAMES.same(one, other) == TURNED.same(other, one)


@given(st.lists(TEXTS, unique=True), st.lists(TEXTS, unique=True))
def test_every_name_is_paired_once(ones: list[str], others: list[str]) -> None:
    pairs = list(NAMES.paired(ones, others))
    assert sorted(one for one, _ in pairs if one is not None) == sorted(ones)
    assert sorted(other for _, other in pairs if other is not None) == sorted(others)
    assert all(NAMES.same(one, other) for one, other in pairs if one is not None and other is not None)
    assert list(NAMES.paired(ones, ones)) == [(name, name) for name in sorted(ones)]


def test_things_of_one_name_are_paired_before_those_that_are_named_after_their_target() -> None:
    assert set(NAMES.paired(["prod-a", "prod", "x"], ["preview-a", "prod", "preview", "y"])) == {
        ("prod", "prod"),
        ("prod-a", "preview-a"),
        ("x", None),
        (None, "preview"),
        (None, "y"),
    }


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("web", "web", "web"),
        ("shop-prod-web", "shop-preview-web", "shop-*-web"),
        ("a", "b", "*"),
        ("a-a", "a-a-a", "a-a*"),
        ("", "a", "*"),
    ],
)
def test_a_thing_under_two_names_is_called_by_what_they_share(one: str, other: str, both: str) -> None:
    assert (common(one, other), common(other, one)) == (both, both)


def test_long_texts_of_names_alone_take_no_time() -> None:
    started = time.monotonic()
    assert not NAMES.same("shop-" * 50_000 + "x", "shop-b-" * 50_000 + "y")
    assert time.monotonic() - started < 10
