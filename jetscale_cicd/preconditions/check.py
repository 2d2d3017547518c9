"""What a check is: whom it is about, and how it finds out."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal


class NotChecked(NamedTuple):
    """The check could not be made here, which refuses nothing; and why."""

    why: str


class Check(NamedTuple):
    """One precondition.

    Args:
        id: its name, as results give it.
        what: what has to hold.
        subjects: the targets that it is about, None for the run as a whole; empty where nothing depends on it.
        run: returns where it holds; raises an error with remedy where it does not, or where that cannot be told.
        of_this_process: it is about the environment, files and tools of the process that checks.
    """

    id: str
    what: str
    subjects: Callable[[RunContext, Proposal], Iterable[Target | None]]
    run: Callable[[RunContext, Proposal, Target | None], NotChecked | None]
    of_this_process: bool = False
