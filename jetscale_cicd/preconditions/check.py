"""The check of a precondition: of the run as a whole, or of each of some targets."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.survey.found import Found, NotChecked, Noted
from jetscale_cicd.preconditions.survey.target import TargetSurvey

Given = TypeVar("Given", Proposal, Plan)
"""What a check reads: the plan with its observations; or the plan alone, so that a run can check it again."""


class RunCheck(NamedTuple, Generic[Given]):
    """One precondition of the run as a whole.

    Args:
        id: the name of the check in results.
        what: what has to hold.
        applies: whether anything depends on it.
        run: returns where the precondition holds; raises an error where it does not, or where that cannot be known.
        stops_plan: a plan for which it does not hold is refused; otherwise only a run is.
    """

    id: str
    what: str
    applies: Callable[[RunContext, Given], bool]
    run: Callable[[RunContext, Given], NotChecked | Noted | None]
    stops_plan: bool = True


class TargetCheck(NamedTuple, Generic[Given]):
    """One precondition of each of some targets.

    Args:
        id: the name of the check in results.
        what: what has to hold.
        targets: the targets that depend on it.
        run: returns where the precondition holds; raises an error where it does not, or where that cannot be known.
        warns: where it does not hold, that is reported and stops nothing.
        of_the_version: where it does not hold, the version is published for no target (docs/adr/0004).
    """

    id: str
    what: str
    targets: Callable[[RunContext, Given], Iterable[TargetDecision]]
    run: Callable[[RunContext, Given, TargetDecision], NotChecked | Noted | None]
    warns: bool = False
    of_the_version: bool = False


def _always(_: TargetSurvey) -> bool:
    return True


class SurveyCheck(NamedTuple):
    """One precondition of a target, checked beside all others: it reads what is surveyed of the target, and no more.

    Args:
        id: the name of the check in results.
        what: what has to hold.
        run: gives everything that does not hold.
        applies: whether the target depends on it.
        of_repairs: it is also made where a run only completes what an earlier one left.
        of_cluster: it asks the cluster; where there is none, it is not made.
        reads_manifests: it waits for what the chart renders to.
        warns: what it finds stops nothing, unless the target says otherwise (``checks``).
        converges: what it finds may mend itself within minutes, so that it can be waited for.
    """

    id: str
    what: str
    run: Callable[[TargetSurvey], Found]
    applies: Callable[[TargetSurvey], bool] = _always
    of_repairs: bool = False
    of_cluster: bool = True
    reads_manifests: bool = False
    warns: bool = False
    converges: bool = False


Check = RunCheck[Given] | TargetCheck[Given]
