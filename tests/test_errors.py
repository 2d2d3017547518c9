"""The family of errors: one exit status per class, one class per code, and something to do next."""

import ast
from functools import cache
from pathlib import Path

import pytest

from jetscale_cicd import errors
from jetscale_cicd.errors import CannotTellError, Stage6Error, SupersededError

SOURCE = Path(errors.__file__).parent
CLASSES = {
    value.__name__: value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, Stage6Error)
}


@cache
def raised() -> list[tuple[str, str, str]]:
    """Class, code and place of every error that the package makes with a literal code."""
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in CLASSES and isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                found.append((name, str(node.args[0].value), f"{file.relative_to(SOURCE)}:{node.lineno}"))
    return found


def test_every_class_has_an_exit_status_of_its_own() -> None:
    statuses = [cls.exit_status for cls in CLASSES.values()]
    assert len(set(statuses)) == len(statuses)
    assert all(cls.meaning for cls in CLASSES.values())


def test_the_scan_sees_the_errors_of_the_package() -> None:
    assert len(raised()) > 30


@pytest.mark.parametrize("code", sorted({code for _, code, _ in raised()}))
def test_a_code_belongs_to_one_class(code: str) -> None:
    assert len({name for name, other, _ in raised() if other == code}) == 1
    assert code.replace("_", "").isalpha()
    assert code == code.upper()


def test_an_error_is_its_message() -> None:
    error = Stage6Error("CODE", "it broke", hint="mend it", where="a:1:2")
    assert (str(error), error.code, error.hint, error.where) == ("it broke", "CODE", "mend it", "a:1:2")


def test_what_a_caller_decides_on_is_an_attribute() -> None:
    assert SupersededError("CODE", "it moved").replan
    assert not SupersededError("CODE", "it is locked", replan=False).replan
    assert not CannotTellError("CODE", "it is forbidden").unreachable
    assert CannotTellError("CODE", "no answer", unreachable=True).unreachable
