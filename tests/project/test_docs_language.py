"""The documents are written to be read: short lines, a README of a few screens, the terms of the field."""

import re
from pathlib import Path

import pytest

from scripts.docs.blocks import BLOCK, DOCS, README
from scripts.docs.source import PROJECT

# A decision (docs/adr) keeps the words in which it was made.
PAGES = [README, PROJECT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
LONGEST = 200
# A paragraph of more lines wants to be a list.
PARAGRAPH = 6
# Words for which the field has terms: unmanaged, outside Stage 6, artifact state, observe, message, and so on.
BANNED = (
    r"\ba hand'?s?\b",
    r"\bother hands\b",
    r"\bby hand\b",
    r"\bshel(?:f|ves)\b",
    r"\bdead run\b",
    r"\blook(?:s|ed|ing)?\b(?! up\b)",
    r"\bthe wanted\b",
    r"\bsaid\b",
    r"\btold\b",
    r"\bin words\b|own words|\bwords of\b",
    r"\bheard\b",
    r"\btrouble\b",
    r"\bworld\b(?!-)",
    r"\bnobody watches\b",
)


def named(file: Path) -> str:
    return str(file.relative_to(PROJECT))


def written_text(file: Path) -> str:
    """Without the generated blocks, whose sentences are the program's, and without code."""
    text = re.sub(r"```.*?```", "", BLOCK.sub("", file.read_text()), flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def test_the_readme_is_a_few_screens() -> None:
    assert 150 <= len(README.read_text().splitlines()) <= 180


@pytest.mark.parametrize("file", [*PAGES, *sorted((DOCS / "adr").glob("*.md"))], ids=named)
def test_no_line_is_long(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert [f"{number}: {line[:60]}…" for number, line in enumerate(lines, 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("file", PAGES, ids=named)
def test_no_paragraph_wants_to_be_a_list(file: Path) -> None:
    paragraphs = re.split(r"\n\s*\n", written_text(file))
    prose = [each for each in paragraphs if not re.match(r"\s*(?:[-|#>]|\d+\.)", each)]
    assert [each[:60] for each in prose if len(each.splitlines()) > PARAGRAPH] == []


@pytest.mark.parametrize("file", PAGES, ids=named)
def test_the_terms_are_those_of_the_field(file: Path) -> None:
    text = written_text(file)
    assert [match[0] for pattern in BANNED for match in re.finditer(pattern, text, re.IGNORECASE)] == []
