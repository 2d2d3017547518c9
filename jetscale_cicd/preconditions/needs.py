"""A target that needs another one is not asked for alone while that one lacks what it would get."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import CannotTellError, PreconditionError
from jetscale_cicd.model.plan import Plan, TargetDecision
from jetscale_cicd.model.request import Half
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(_: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    return [decided for decided in plan.targets if decided.waiting and plan.half is not Half.RELEASE]


def _run(_context: RunContext, plan: Plan, decided: TargetDecision) -> None:
    waiting, target = decided.waiting, decided.target
    if waiting is None:
        return
    where = f"{target.namespace}/{target.release}"
    what = f"{target.name} needs {waiting.needed}: {waiting.why}"
    if waiting.unseen:
        hint = f"let this run reach {waiting.needed}, too, or take it out of needs: of {target.name}, in a commit"
        raise CannotTellError("NEEDED_NOT_OBSERVED", what, where=where, hint=hint)
    if waiting.left_out:
        hint = f"first, or in the same run: jetscale-cicd {plan.half} --target {waiting.needed}"
        raise PreconditionError("NEEDED_FIRST", what, where=where, hint=hint)


CHECK = TargetCheck("needs", "each target that is needed has it, live and verified", _targets, _run)
