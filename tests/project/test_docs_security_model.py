"""The security model promises nothing that no test holds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security-model.md").read_text()
# A boundary is a section between the assets and what is left to others.
_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!## ).*\n?)*)", re.MULTILINE)
_PROMISE = re.compile(r"^- (?P<promise>(?:.+\n)(?:  (?!- ).+\n)*)(?P<tests>(?:  - .+\n(?:    .+\n)*)*)", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`]+)`(?::\s+`(\w+)`)?")
WITHOUT = {"Assets", "What you have to set up", "What is not promised", "Somebody who may push to the released branch"}
BOUNDARIES = {each["title"]: each["text"] for each in _SECTION.finditer(PAGE) if each["title"] not in WITHOUT}
PROMISES = [(title, each.groupdict()) for title, text in BOUNDARIES.items() for each in _PROMISE.finditer(text)]


@pytest.mark.parametrize(("title", "promise"), PROMISES, ids=[each["promise"][:50].strip() for _, each in PROMISES])
def test_a_promise_names_the_tests_that_hold_it(title: str, promise: dict[str, str]) -> None:
    named = _TEST.findall(promise["tests"])
    assert named, f"{title}: {promise['promise']}"
    for file, function in named:
        assert (ROOT / file).is_file(), file
        assert f"def {function}(" in (ROOT / file).read_text() if function else True, function


def test_every_boundary_has_promises() -> None:
    assert BOUNDARIES
    assert BOUNDARIES.keys() == {title for title, _ in PROMISES}
