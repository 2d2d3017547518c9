"""A ref is matched by its whole name, as `git ls-remote` does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.release.ref_pattern import means

TEXT = st.text(alphabet="av/.*[\\0", max_size=12)


@pytest.mark.parametrize(
    ("pattern", "ref"),
    [
        ("HEAD", "HEAD"),
        ("refs/tags/v*", "refs/tags/v1.0.0"),
        ("refs/tags/v*", "refs/tags/v1.0.0/x"),
        ("refs/tags/v*/*", "refs/tags/v1/x/y"),
        (r"refs/tags/a\[b\]\**", "refs/tags/a[b]*1"),
        ("refs/tags/*-chart", "refs/tags/1-chart"),
    ],
)
def test_a_pattern_means_whole_names(pattern: str, ref: str) -> None:
    assert means(pattern, ref)


@pytest.mark.parametrize(
    ("pattern", "ref"),
    [
        ("HEAD", "refs/heads/any/HEAD"),
        ("refs/tags/v*", "refs/heads/x/refs/tags/v1.0.0"),
        ("refs/heads/main", "refs/heads/refs/heads/main"),
        ("refs/tags/v*/*", "refs/tags/v1"),
        ("refs/tags/a*a", "refs/tags/a"),
        (r"refs/tags/a\*", "refs/tags/ab"),
    ],
)
def test_the_end_of_a_name_is_not_enough(pattern: str, ref: str) -> None:
    assert not means(pattern, ref)


@given(prefix=TEXT, between=TEXT, suffix=TEXT)
def test_a_star_stands_for_any_text_and_everything_else_for_itself(prefix: str, between: str, suffix: str) -> None:
    escaped = [part.replace("\\", "\\\\").replace("*", "\\*").replace("[", "\\[") for part in (prefix, suffix)]
    assert means("*".join(escaped), prefix + between + suffix)
    assert means(escaped[0], prefix)
    assert not means(escaped[0], f"{prefix}x")
