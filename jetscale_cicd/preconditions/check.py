"""The check of a precondition."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal


class NotChecked(NamedTuple):
    """The result of a check that cannot be made here, and why; it does not stop a run."""

    why: str


class Check(NamedTuple):
    """One precondition.

    Args:
        id: the name of the check in results.
        what: what has to hold.
        subjects: the targets that it concerns, None for the run as a whole; empty where nothing depends on it.
        run: returns where the precondition holds; raises an error where it does not, or where that cannot be known.
        of_this_process: it concerns the environment, the files and the tools of the process that checks.
    """

    id: str
    what: str
    subjects: Callable[[RunContext, Proposal], Iterable[Target | None]]
    run: Callable[[RunContext, Proposal, Target | None], NotChecked | None]
    of_this_process: bool = False
