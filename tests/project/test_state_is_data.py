"""What is written for people is never read back: no module parses a description, a why, a hint or a verdict."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import jetscale_cicd

PACKAGE = Path(jetscale_cicd.__file__).parent
FOR_PEOPLE = {"description", "why", "hint", "verdict", "next_step", "sentence", "reason"}
PARSING = {
    "startswith",
    "endswith",
    "partition",
    "rpartition",
    "split",
    "find",
    "index",
    "removeprefix",
    "removesuffix",
}
MATCHING = {"match", "fullmatch", "search", "findall", "finditer"}
# Helm's own descriptions in their exact form, and records of versions that kept their state in the description.
READERS = {"decide/cluster/revisions.py", "decide/cluster/legacy_record.py"}


def is_for_people(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in FOR_PEOPLE


def parsed(tree: ast.AST) -> Iterator[int]:
    """Lines on which a text for people is taken apart, searched or compared with another text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            takes_apart = node.func.attr in PARSING and is_for_people(node.func.value)
            if takes_apart or (node.func.attr in MATCHING and any(map(is_for_people, node.args))):
                yield node.lineno
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            texts = [side for side in sides if not (isinstance(side, ast.Constant) and side.value in ("", None))]
            if len(texts) > 1 and any(map(is_for_people, texts)):
                yield node.lineno


def test_no_module_reads_what_is_written_for_people() -> None:
    found = {
        f"{name}:{line}"
        for file in PACKAGE.rglob("*.py")
        if (name := file.relative_to(PACKAGE).as_posix()) not in READERS
        for line in parsed(ast.parse(file.read_text()))
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "reason.why.startswith('HELD')",
        "revision.description.partition(' failed: ')",
        "' unverified: ' in stored.description",
        "diagnosis.next_step == READ_LOG",
        "ROLLBACK.match(self.description)",
    ],
)
def test_what_was_read_once_would_be_found(code: str) -> None:
    assert list(parsed(ast.parse(code))) == [1]
