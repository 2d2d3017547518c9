"""The engine of a target can deploy from this process."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.model.request import Half
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    """Those that are changed; and those of which a deploy does not know whether it has something to do."""
    deploys = context.request.half is Half.DEPLOY
    return [
        each.decided
        for each in plan.target_plans
        if each.needed or context.request.preflight or (deploys and isinstance(each.decided.live, NotObserved))
    ]


def _run(context: RunContext, _: Plan, decided: TargetDecision) -> None:
    engine_of(decided.target).check(context, decided.target)


CHECK = TargetCheck("engine", "the engine can deploy from here", _targets, _run)
