"""Carry out a plan: each step in order; after a failure the others are skipped."""

import time
from collections.abc import Callable
from functools import partial

from jetscale_cicd.act.actions import SHARED
from jetscale_cicd.act.context import ActContext, Skipped, begin
from jetscale_cicd.act.deploy.steps import TargetSteps
from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import DeployError, Interrupted, PublishError, Stage6Error
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Plan, Step, StepName, StepState, TargetPlan

# Steps whose failure is a warning: the release is complete without its announcement and its audit entry.
_WARNING = (StepName.GITHUB_RELEASE, StepName.RECORD)

_Action = Callable[[], str | Skipped]


def perform(plan: Plan, context: RunContext) -> tuple[StepOutcome, ...]:
    """Do the needed steps of a plan: the shared ones, then those of each target.

    Raises:
        Stage6Error: what the steps need cannot be read; nothing was changed.
    """
    if plan.deploy is None:
        return ()
    acting = begin(plan, plan.deploy, context)
    targets = TargetSteps(acting)
    try:
        for step in plan.shared:
            acting.outcomes.append(_outcome(acting, step, partial(SHARED[step.name], acting)))
        for each in plan.target_plans:
            _perform_target(targets, each)
    finally:
        targets.leave()
    return tuple(acting.outcomes)


def _perform_target(targets: TargetSteps, each: TargetPlan) -> None:
    acting = targets.acting
    for step in each.steps:
        # A target that is locked is always recorded and unlocked.
        always = step.name is StepName.RECORD and acting.is_locked(each)
        outcome = _outcome(acting, step, partial(targets.perform, each, step), always=always)
        acting.outcomes.append(outcome)


def _outcome(acting: ActContext, step: Step, action: _Action, *, always: bool = False) -> StepOutcome:
    if step.state is not StepState.NEEDED:
        return _not_needed(step)
    if acting.failed and not always:
        return StepOutcome(step=step, result=Result.SKIPPED, detail=f"{acting.failed.step.name} failed")
    started = time.perf_counter()
    label = f"{step.name} {step.target}" if step.target else str(step.name)
    acting.context.announce(f"→ {label}: {step.why}")
    try:
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
    return StepOutcome(step=step, result=result, detail=step.why)


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
