"""The engine of a target can deploy from this process."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.plan import Plan, StepState, TargetDecision
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(_: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    return [each.decided for each in plan.target_plans if any(step.state is StepState.NEEDED for step in each.steps)]


def _run(context: RunContext, _: Plan, decided: TargetDecision) -> None:
    engine_of(decided.target).check(context, decided.target)


CHECK = TargetCheck("engine", "the engine can deploy from here", _targets, _run)
