"""What unmet preconditions keep from being done: all of a run, or one of its targets."""

from collections.abc import Iterable, Sequence

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Decision, Plan, TargetPlan
from jetscale_cicd.model.precondition import Precondition, PreconditionState, foremost, refusal
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.step import StepState


def run_refusal(plan: Plan, preconditions: Sequence[Precondition]) -> Stage6Error | None:
    """The error because of which nothing of a plan is carried out; None where something can be.

    An unmet precondition of one target keeps back that target, and those that need it.

    Args:
        preconditions: with their results in this process.
    """
    refused = _refused_targets(plan, preconditions)
    of_all = [each for each in preconditions if each.target not in refused]
    kept_back = _with_those_that_need_them(plan, refused)
    acts = [each for each in plan.target_plans if each.needed and each.decided.target.name not in kept_back]
    return refusal(of_all if acts else preconditions, to_plan=False)


def without_refused(plan: Plan, preconditions: Sequence[Precondition]) -> Plan:
    """The plan with nothing to do for the targets that are kept back, each with its error."""
    refused = _refused_targets(plan, preconditions)
    return replace(plan, target_plans=tuple(_refuse(each, refused) for each in plan.target_plans))


def _refused_targets(plan: Plan, preconditions: Sequence[Precondition]) -> dict[str, Stage6Error]:
    """The targets that are kept back, each with its foremost error."""
    publishes = plan.decision is Decision.PUBLISH
    found: dict[str, list[Stage6Error]] = {}
    for each in preconditions:
        of_all = publishes and each.of_the_version
        if each.target and each.error and each.state is not PreconditionState.WARNING and not of_all:
            found.setdefault(each.target, []).append(each.error)
    return {target: error for target, errors in found.items() if (error := foremost(errors))}


def _with_those_that_need_them(plan: Plan, names: Iterable[str]) -> set[str]:
    kept_back = set(names)
    for target in (each.decided.target for each in plan.target_plans):  # each after those that it needs
        if kept_back.intersection(target.needs):
            kept_back.add(target.name)
    return kept_back


def _refuse(each: TargetPlan, refused: dict[str, Stage6Error]) -> TargetPlan:
    error = refused.get(each.decided.target.name)
    if error is None:
        return each
    return replace(each, refused=error, steps=tuple(replace(step, state=StepState.REFUSED) for step in each.steps))
