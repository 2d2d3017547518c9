"""The smoke test of a target can be run: its program is there, and so are the variables that it gets."""

import os
from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.engine import ENGINES, Destination
from jetscale_cicd.model.plan import Plan, TargetDecision, TargetPlan
from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.step import StepName, StepState
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, plan: Plan) -> Iterable[TargetDecision]:
    asked = [each for each in plan.target_plans if context.request.preflight or _verifies(each)]
    return [each.decided for each in asked if each.decided.target.verify and _is_verified(each.decided)]


def _verifies(each: TargetPlan) -> bool:
    return any(step.name is StepName.VERIFY and step.state is StepState.NEEDED for step in each.steps)


def _is_verified(decided: TargetDecision) -> bool:
    return ENGINES[decided.target.engine].destination is Destination.RELEASE


def _run(context: RunContext, _plan: Plan, decided: TargetDecision) -> None:
    from jetscale_cicd.observe.own_program import at_root, basic_environment
    from jetscale_cicd.observe.secret_values import check_secrets
    from jetscale_cicd.tools.process import tool_environment
    from jetscale_cicd.tools.search_path import find_program

    name, test = decided.target.name, decided.target.verify
    if test is None:
        return
    where = f"targets.{name}.verify"
    check_secrets(test.environment, f"the smoke test of target {name}", f"{where}.environment")
    program, *_ = at_root(test.command, context.repository.git.root)
    try:
        find_program(program, tool_environment(basic_environment(os.environ)))
    except PreconditionError:
        raise PreconditionError(
            "SMOKE_TEST_MISSING",
            f"the smoke test of target {name} cannot be run: there is no program {shown(test.command[0])}",
            where=f"{where}.command",
            hint="commit it as an executable file (git add --chmod=+x), or install it on the machine of the run",
        ) from None


CHECK = TargetCheck("smoke-test", "the smoke test can be run", _targets, _run)
