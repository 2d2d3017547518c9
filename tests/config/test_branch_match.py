"""An expression for names of branches is used only where its time has a limit."""

import re
import time

import pytest

from jetscale_cicd.config.branch_match import LONGEST_NAME, check_match

ORDINARY = (
    *("(main|master)", ".*", "main", "release/.*", r"\d+\.\d+\.x", r"(release|hotfix)/\d+\.\d+\.(x|\d+)"),
    *(
        "^(?!main|master).*",
        r"v?[0-9]+(\.[0-9]+)?\.x",
        "(?i)release-[a-z+*]+",
        r"a\*b\*c\*d\*",
        "(feat|fix|chore|docs)/.+",
    ),
    *("(ab)*", "[]*]", "[^]+]{3}x", "a{2}", ".*?-rc", "|".join(f"branch-{number}" for number in range(30))),
)
HOSTILE = (
    *("(a+)+b", "(a|a)*b", "(?:a*)*b", "(a|b|ab)+c", "((a{1,9}){1,9}){1,9}b", "(.*a){20}", r"(\w+\s?)*x", "((a+))*b"),
    *(".*.*.*.*x", "a?" * 30 + "a" * 30, "(a|a)" * 30 + "b", "x" * 501, "(?:(a+)b?)+c", "a*" * 10 + "b"),
)


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_expression_is_used_and_takes_a_moment(pattern: str) -> None:
    check_match(pattern)
    begun = time.thread_time()
    for name in ("a" * LONGEST_NAME, "1." * 127, "1" * LONGEST_NAME, "release/" + "1." * 123 + "!", "-" * LONGEST_NAME):
        re.match(pattern, name)
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("pattern", HOSTILE)
def test_one_that_may_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"repeats|longer"):
        check_match(pattern)


def test_the_most_that_is_used_takes_a_moment() -> None:
    worst = "a*a*a*(a|a)(a|a)b"
    check_match(worst)
    begun = time.thread_time()
    assert not re.match(worst, "a" * LONGEST_NAME)
    assert time.thread_time() - begun < 3
