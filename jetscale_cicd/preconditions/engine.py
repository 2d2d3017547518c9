"""The engine of a target can deploy from this process."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.plan import StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check


def _subjects(_: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    return [
        each.decided.target
        for each in proposal.plan.target_plans
        if any(step.state is StepState.NEEDED for step in each.steps)
    ]


def _run(context: RunContext, _: Proposal, target: Target | None) -> None:
    if target:
        engine_of(target).check(context, target)


CHECK = Check("engine", "the engine can deploy from here", _subjects, _run, of_this_process=True)
