"""Carry out a plan: the shared steps, then those of each target; a failure keeps back only what depends on it."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from jetscale_cicd.act.actions import SHARED
from jetscale_cicd.act.context import ActContext, Skipped, begin
from jetscale_cicd.act.deploy.steps import TargetSteps
from jetscale_cicd.act.side_by_side import each_after_those_it_needs
from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import DeployError, Interrupted, PublishError, Stage6Error
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Plan, TargetPlan
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.step import Step, StepName, StepState
from jetscale_cicd.tools.worker import check_interrupted

# Steps whose failure is a warning: the release is complete without its announcement, and what is recorded of it.
_WARNING = (StepName.PROVENANCE, StepName.GITHUB_RELEASE, StepName.RECORD)

_Action = Callable[[], str | Skipped]


def perform(plan: Plan, context: RunContext) -> tuple[StepOutcome, ...]:
    """Do the needed steps of a plan: the shared ones, then those of each target, after the targets that it needs.

    Returns:
        what became of each step, in the order of the plan.

    Raises:
        Stage6Error: what the steps need cannot be read; nothing was changed.
    """
    if plan.deploy is None:
        return ()
    acting = begin(plan, plan.deploy, context)
    targets = TargetSteps(acting)
    try:
        for step in plan.shared:
            acting.outcomes.append(_outcome(acting, step, partial(SHARED[step.name], acting), _shared_failure(acting)))
        _perform_targets(targets, context.request.jobs)
    finally:
        targets.leave()
    order = {id(step): number for number, step in enumerate(plan.steps)}
    return tuple(sorted(acting.outcomes, key=lambda outcome: order[id(outcome.step)]))


def _perform_targets(targets: TargetSteps, jobs: int) -> None:
    plan = targets.acting.plan
    try:
        each_after_those_it_needs(plan.target_plans, jobs, partial(_perform_target, targets))
    except KeyboardInterrupt:
        if not targets.acting.interrupted:
            raise
        begun = {outcome.step.target for outcome in targets.acting.outcomes}
        for each in plan.target_plans:  # those that were not begun have outcomes, too
            if each.decided.target.name not in begun:
                _perform_target(targets, each)


def _perform_target(targets: TargetSteps, each: TargetPlan) -> None:
    acting = targets.acting
    if each.refused:
        acting.outcomes.extend(_refused(each, each.refused))
        return
    for step in each.steps:
        why = _why_not(acting, each)
        # A target that is locked is always recorded and unlocked.
        always = step.name is StepName.RECORD and acting.is_locked(each)
        acting.outcomes.append(_outcome(acting, step, partial(targets.perform, each, step), "" if always else why))


def _refused(each: TargetPlan, error: Stage6Error) -> Iterator[StepOutcome]:
    for step in each.steps:
        if step.name is StepName.DEPLOY:
            yield StepOutcome(step=step, result=Result.FAILED, detail=error.message, error=error)
        else:
            yield StepOutcome(step=step, result=Result.SKIPPED, detail=error.code)


def _why_not(acting: ActContext, each: TargetPlan) -> str:
    """Why a step of a target is not begun: something that it depends on has failed; "" where nothing has."""
    if why := _shared_failure(acting):
        return why
    if acting.interrupted:
        return "the run was interrupted"
    for name in each.decided.target.needs:
        if why := _failure(acting, name):
            return f"{each.decided.target.name} needs {name}, and {why}"
    return _failure(acting, each.decided.target.name)


def _shared_failure(acting: ActContext) -> str:
    return _failure(acting, None)


def _failure(acting: ActContext, target: str | None) -> str:
    """What failed of the shared steps, or of those of a target, or why it was kept back; "" where all went well."""
    outcomes = [outcome for outcome in acting.outcomes if outcome.step.target == target]
    failed = next((outcome for outcome in outcomes if outcome.result is Result.FAILED), None)
    if failed:
        return f"{failed.step.name} failed"
    kept_back = (o for o in outcomes if o.result is Result.SKIPPED and o.step.state is StepState.NEEDED)
    skipped = next(kept_back, None) if target else None
    return f"{skipped.step.name} was left out" if skipped else ""


def _outcome(acting: ActContext, step: Step, action: _Action, why_not: str) -> StepOutcome:
    if step.state is not StepState.NEEDED:
        return _not_needed(step)
    if why_not:
        return StepOutcome(step=step, result=Result.SKIPPED, detail=why_not)
    return replace(_performed(acting, step, action), parts=acting.parts_of(step))


def _performed(acting: ActContext, step: Step, action: _Action) -> StepOutcome:
    started = time.perf_counter()
    label = f"{step.name} {step.target}" if step.target else str(step.name)
    acting.context.announce(f"→ {label}: {step.why}")
    try:
        check_interrupted()  # none begins after an interruption, whatever this thread was doing when it came
        detail = action()
    except Stage6Error as failed:
        return _failed(step, failed, started)
    except KeyboardInterrupt:
        hint = "run again: the next run continues from the state it observes"
        return _failed(step, Interrupted("INTERRUPTED", "interrupted", where=label, hint=hint), started)
    except OSError as failed:  # a full disk, a directory without permission: a fault of this machine, not a bug
        return _failed(step, _local(step, failed), started)
    if isinstance(detail, Skipped):
        return StepOutcome(step=step, result=Result.SKIPPED, detail=detail.why)
    return StepOutcome(step=step, result=Result.DONE, detail=detail, seconds=time.perf_counter() - started)


def _not_needed(step: Step) -> StepOutcome:
    result = Result.SATISFIED if step.state is StepState.SATISFIED else Result.SKIPPED
    left = "left to the command deploy: " if step.state is StepState.LEFT else ""
    return StepOutcome(step=step, result=result, detail=f"{left}{step.why}")


def _failed(step: Step, error: Stage6Error, started: float) -> StepOutcome:
    seconds = time.perf_counter() - started
    warns = step.name in _WARNING and not isinstance(error, Interrupted)
    result = Result.WARNED if warns else Result.FAILED
    return StepOutcome(step=step, result=result, detail=error.message, seconds=seconds, error=error)


def _local(step: Step, failed: OSError) -> Stage6Error:
    message = f"a file of this machine could not be used: {failed.strerror or failed}"
    where, hint = str(failed.filename or ""), "check free disk space and permissions, then run again"
    if step.target:
        return DeployError("DEPLOY_FILE", message, where=where, hint=hint)
    return PublishError("PUBLISH_FILE", message, where=where, hint=hint)
