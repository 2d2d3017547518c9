"""Every promise of the documentation is on the page that is named, and every test that holds it exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A promise, its page, and the lines with its tests: a file, or a file and a function on the next line.
_PROMISE = re.compile(r"^- (?P<promise>.+?) \(\[.*?\]\((?P<page>.*?)\)\)\n(?P<tests>(?: +.*\n)+)", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`]+)`(?::\s+`(\w+)`)?")
PROMISES = [match.groupdict() for match in _PROMISE.finditer((ROOT / "docs" / "promises.md").read_text())]


def sentences(page: Path) -> str:
    """The text of a page in one line."""
    return " ".join(page.read_text().split())


@pytest.mark.parametrize("promise", PROMISES, ids=[each["promise"][:40] for each in PROMISES])
def test_a_promise_is_on_its_page_and_its_tests_exist(promise: dict[str, str]) -> None:
    assert promise["promise"] in sentences((ROOT / "docs" / promise["page"]).resolve())
    named = _TEST.findall(promise["tests"])
    assert named
    for file, function in named:
        assert (ROOT / file).is_file(), file
        assert f"def {function}(" in (ROOT / file).read_text() if function else True, function


def test_the_promises_that_the_pages_print_in_bold_are_all_there() -> None:
    said = set(re.findall(r"^- (\*\*[^*]+\.\*\*)", (ROOT / "docs" / "how-it-works.md").read_text(), re.MULTILINE))
    assert said - {each["promise"] for each in PROMISES} == set()
