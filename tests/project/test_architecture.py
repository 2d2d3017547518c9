"""The shape of the package: sizes, markers that are data, and the places that docs/architecture.md names."""

import ast
import re
import statistics
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from jetscale_cicd.engines.engine import Engine
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.engine import ENGINES, EngineName
from jetscale_cicd.model.target import Target
from jetscale_cicd.preconditions.table import CHECKS, PROCESS_CHECKS, SURVEY_CHECKS
from tests.support.source import PACKAGE, trees

PROJECT = Path(__file__).resolve().parents[2]
MODULES = sorted(file for file in PACKAGE.rglob("*.py") if file.name != "__init__.py")

# --- sizes --------------------------------------------------------------------------------------------------------


def test_modules_are_small() -> None:
    sizes = {name: (PACKAGE / name).read_text().count("\n") for name in trees()}
    assert statistics.median(sizes.values()) <= 110
    assert {name: size for name, size in sizes.items() if size > 300} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    found = {
        f"{name}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in found.items() if size > 40} == {}


# --- engines by their table ---------------------------------------------------------------------------------------


def comparisons(tree: ast.AST) -> Iterator[list[ast.expr]]:
    """Both sides of every comparison, and the subject of every match with what its cases name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield [node.left, *node.comparators]
        if isinstance(node, ast.Match):
            yield [node.subject, *(each.value for each in ast.walk(node) if isinstance(each, ast.MatchValue))]


def attributes(expressions: list[ast.expr]) -> set[str]:
    return {each.attr for each in expressions if isinstance(each, ast.Attribute)}


def texts(expressions: list[ast.expr]) -> set[str]:
    return {each.value for each in expressions if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_no_module_compares_the_name_of_an_engine() -> None:
    found = [
        name
        for name, tree in trees().items()
        for sides in comparisons(tree)
        if "engine" in attributes(sides) or (texts(sides) & set(ENGINES) and not name.startswith("engines/"))
    ]
    assert found == []


# --- tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", get_args(EngineName))
def test_every_engine_has_a_row_and_a_module_with_every_method(name: EngineName) -> None:
    engine = engine_of(Target(name="live", engine=name))
    assert import_module(f"jetscale_cicd.engines.{ENGINES[name].module}").ENGINE is engine
    methods = {each for each in vars(Engine) if not each.startswith("_")}
    assert {"observe", "steps", "render", "open", "roll_back", "status"} <= methods
    assert [method for method in methods if not hasattr(engine, method)] == []


def test_the_engines_of_the_table_are_those_that_the_configuration_knows() -> None:
    assert tuple(ENGINES) == get_args(EngineName)


def test_every_precondition_is_a_file_and_a_row() -> None:
    machinery = {"__init__", "check", "surveyed", "table", "waiting"}
    files = {file.stem for file in (PACKAGE / "preconditions").glob("*.py")} - machinery
    assert {check.id.replace("-", "_") for check in (*CHECKS, *SURVEY_CHECKS, *PROCESS_CHECKS)} == files


# --- how to add ---------------------------------------------------------------------------------------------------


def how_to_add() -> dict[str, list[str]]:
    """What can be added, and the places that the table names for it, as code spans."""
    text = (PROJECT / "docs" / "architecture.md").read_text().partition("## How to add")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return {
        re.findall(r"\*\*(.+?)\*\*", cells[0])[0]: re.findall(r"`([^`]+)`", "".join(cells[1:])) for cells in rows[1:]
    }


def defined(module: Path) -> set[str]:
    """Names of the classes, functions and variables that a module defines."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {each.id for each in targets if isinstance(each, ast.Name)}
    return names


def exists(place: str) -> bool:
    """Whether a file, a folder, or a name that a module defines (``file.py: NAME``) is there."""
    file, _, name = place.partition(": ")
    path = PROJECT / file
    return path.exists() and (not name or name in defined(path))


def test_every_place_that_the_table_names_exists() -> None:
    table = how_to_add()
    assert {"CI", "engine", "precondition", "report face", "diagnosis code", "step", "command"} <= set(table)
    assert {place for places in table.values() for place in places if "/" in place and not exists(place)} == set()
