"""The family of errors: one exit status per class, one class per code, and something to do next."""

import ast
import copy
import pickle
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import pytest

from jetscale_cicd import errors
from jetscale_cicd.engines.helm.smoke_test import SmokeTestError
from jetscale_cicd.errors import CannotTellError, Stage6Error, SupersededError
from jetscale_cicd.tools.process import ToolKilledError

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


def test_a_code_belongs_to_one_class() -> None:
    codes = {code for _, code, _ in raised()}
    classes = {(name, code) for name, code, _ in raised()}
    assert len(classes) == len(codes), sorted(classes)
    assert [code for code in codes if not code.replace("_", "").isalpha() or code != code.upper()] == []


def test_an_error_is_its_message() -> None:
    error = Stage6Error("CODE", "it broke", hint="mend it", where="a:1:2")
    assert (str(error), error.code, error.hint, error.where) == ("it broke", "CODE", "mend it", "a:1:2")


def test_what_a_caller_decides_on_is_an_attribute() -> None:
    assert SupersededError("CODE", "it moved").replan
    assert not SupersededError("CODE", "it is locked", replan=False).replan
    assert not CannotTellError("CODE", "it is forbidden").unreachable
    assert CannotTellError("CODE", "no answer", unreachable=True).unreachable


# --- copies -------------------------------------------------------------------------------------------------------


class _UnusualError(Stage6Error):
    """A constructor and an attribute of its own."""

    def __init__(self, place: str, *, since: int) -> None:
        super().__init__("UNUSUAL", f"{place} is unusual", where=place)
        self.since = since


@dataclass(frozen=True)
class _Holds:
    error: Stage6Error


ERRORS = [
    *(
        cls("CODE", "it broke", hint="mend it", where="a:1:2", details=("an event", "a log"))
        for cls in CLASSES.values()
    ),
    SupersededError("CODE", "it is locked", replan=False),
    CannotTellError("CODE", "no answer", unreachable=True),
    ToolKilledError("CODE", "killed", hint="mend it"),
    SmokeTestError("CODE", "it failed", hint="mend it").after("it was taken back"),
    _UnusualError("a.yaml", since=3),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda error: pickle.loads(pickle.dumps(error)),
        lambda error: asdict(_Holds(error))["error"],
    ],
    ids=["copy", "deepcopy", "pickle", "asdict"],
)
def test_an_error_keeps_its_class_and_every_attribute(
    copied: Callable[[Stage6Error], Stage6Error], error: Stage6Error
) -> None:
    other = copied(error)
    assert other is not error
    assert (type(other), str(other), other.args, vars(other)) == (type(error), str(error), error.args, vars(error))


def test_an_error_of_every_class_of_the_family_is_copied() -> None:
    """Each subclass that a module of the package defines, wherever it is, has an error in the list above."""
    defined = {
        node.name
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and {getattr(base, "id", "") for base in node.bases} & set(CLASSES)
    }
    assert defined - {type(error).__name__ for error in ERRORS} == set()
