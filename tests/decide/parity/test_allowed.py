"""A pattern has ``*`` for anything; the first entry that matches gives the reason, and one without a match is stale."""

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.parity.allowed import matches, with_reasons
from jetscale_cicd.model.parity import Difference, DifferenceKind


def difference(subject: str) -> Difference:
    return Difference(kind=DifferenceKind.VALUES, subject=subject, one=None, other=None)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("values:a", "values:a", True),
        ("values:a", "values:ab", False),
        ("values:a*", "values:ab.c", True),
        ("values:*c", "values:ab.c", True),
        ("field:P/a:spec.containers[web].x", "field:P/a:spec.containers[web].x", True),
        ("field:*[web]*", "field:P/a:spec.containers[web].x", True),
        ("a*a", "a", False),
        ("*a*b*", "xbya", False),
    ],
)
def test_a_pattern_matches_the_whole_id(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_a_star_is_that_of_a_glob(pattern: str, text: str) -> None:
    assert matches(pattern, text) is (re.match(fnmatch.translate(pattern), text) is not None)


def test_the_first_entry_that_matches_gives_the_reason_and_no_other_is_stale_for_that() -> None:
    allow = {"values:b": "b", "values:*": "all", "values:a": "a", "image:*": "gone"}
    found, stale = with_reasons([difference("a"), difference("b")], allow)
    assert ([each.reason for each in found], stale) == (["all", "b"], ("image:*",))
    assert with_reasons([difference("a")], {})[0][0].reason == ""
