"""Faces: the forms that ``--output`` offers. A face is a module that gives a ``FACE``, and a row of the table here."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeGuard

from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.results import CommandResult, StatusResult

Redact = Callable[[str], str]


@frozen
class Medium:
    """Where a text is read: what masks secrets on the way there, and whether there are colours."""

    redact: Redact
    paint: Paint


class Face(Protocol):
    """One form of every result.

    Attributes:
        errors_on_stdout: a program reads the form, so that a command which ends in an error prints that as its result.
    """

    errors_on_stdout: bool

    def render(self, result: CommandResult, medium: Medium) -> str:
        """The whole text for stdout: secrets masked, and nothing in it that a CI takes for a command of its own."""


class FaceForPeople(Face, Protocol):
    """A form that people read: what is going to be done comes first, and the verdict last."""

    def beginning(self, plan: Plan, medium: Medium) -> str:
        """What is shown of a plan before a run acts on it."""

    def closing(self, result: CommandResult, medium: Medium) -> str:
        """The last line of all, after warnings and errors; "" for a result without a verdict."""

    def rows(self, result: StatusResult, medium: Medium) -> tuple[tuple[str, str], ...]:
        """Each line of a status that is shown again and again, with what it is about."""


def is_for_people(face: Face) -> TypeGuard[FaceForPeople]:
    """Whether people read the form; of any other, stdout is one result."""
    return not face.errors_on_stdout


# The value of --output, and the module of its face: imported only where it is asked for.
FACES = {
    "text": "jetscale_cicd.report.text.face",
    "json": "jetscale_cicd.report.json.face",
}
DEFAULT = "text"
# Of some commands alone.
MORE_FACES = {
    "markdown": "jetscale_cicd.report.markdown.face",
    "junit": "jetscale_cicd.report.junit.face",
}


def open_face(name: str) -> Face:
    """The face of a row."""
    face: Face = import_module({**FACES, **MORE_FACES}[name]).FACE
    return face
