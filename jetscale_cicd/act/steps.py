"""Doing a plan: each step in order, timed, stopped at the first failure, the rest skipped with the reason."""

import time

from jetscale_cicd.act.actions import ACTIONS, Skipped
from jetscale_cicd.act.context import ActContext, Surroundings
from jetscale_cicd.act.deploy.audit import check_audit
from jetscale_cicd.act.deploy.secret_values import secrets_of
from jetscale_cicd.engines.render.engine import check_output
from jetscale_cicd.errors import DeployError, Interrupted, PreconditionError, PublishError, Stage6Error
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Decision, Plan, Step, StepName, StepState
from jetscale_cicd.planning.values import values_of_targets

_WARNING = (StepName.GITHUB_RELEASE, StepName.RECORD)
_SIGNING = (StepName.PUBLISH, StepName.SIGN)


def perform(plan: Plan, context: Surroundings) -> tuple[StepOutcome, ...]:
    """Do every needed step of a plan.

    Raises:
        Stage6Error: a precondition of the whole run does not hold; nothing was changed.
    """
    if plan.deploy is None:
        return ()
    release = plan.deploy
    if plan.decision is Decision.PUBLISH:
        release = release._replace(commit=context.packager.released_commit(plan.head, release.version))
    values = values_of_targets(plan, context.repository)
    targets = (decided.target for decided in plan.targets if decided.target.name in values)
    secrets = {target.name: secrets_of(target) for target in targets}
    acting = ActContext(plan, release, context, values, secrets)
    _check_reachable(plan, context)
    check_audit(context.request.audit)
    if any(step.name in _SIGNING and step.state is StepState.NEEDED for step in plan.steps):
        context.signer.check()
    failed: StepOutcome | None = None
    try:
        for step in plan.steps:
            left_out = failed and not (step.name is StepName.RECORD and step.target in acting.held)
            outcome = _skipped(step, failed) if failed and left_out else _do(step, acting)
            failed = failed or (outcome if outcome.result is Result.FAILED else None)
            acting.outcomes.append(outcome)
    finally:
        if acting.held:
            from jetscale_cicd.act.deploy.cluster import leave

            leave(acting)
    return tuple(acting.outcomes)


def _check_reachable(plan: Plan, context: Surroundings) -> None:
    needed = [step for step in plan.steps if step.state is StepState.NEEDED]
    deployed = {step.target for step in needed}
    for target in (decided.target for decided in plan.targets):
        if target.name not in deployed:
            continue
        if target.engine == "argocd":
            raise PreconditionError(
                "ENGINE_NOT_REACHED",
                "this release of jetscale-cicd deploys with the engines helm and render, not yet with argocd",
                where=f"target {target.name}",
                hint="run with --engine helm or --engine render, or plan and simulate",
            )
        if target.engine == "render":
            check_output(context.repository.git.root, target)
        else:
            from jetscale_cicd.act.deploy.cluster import cluster_of

            cluster_of(context, target)


def _do(step: Step, acting: ActContext) -> StepOutcome:
    if step.state is not StepState.NEEDED:
        return _left_alone(step)
    started = time.perf_counter()
    label = f"{step.name} {step.target}" if step.target else str(step.name)
    acting.context.announce(f"→ {label}: {step.why}")
    try:
        detail = ACTIONS[step.name](acting, step)
    except Stage6Error as failed:
        return _failed(step, failed, started)
    except KeyboardInterrupt:
        hint = "run again: it goes on from what it finds"
        return _failed(step, Interrupted("INTERRUPTED", "interrupted", where=label, hint=hint), started)
    except OSError as failed:  # a full disk, a directory without permission: of this machine, and no bug
        return _failed(step, _local(step, failed), started)
    if isinstance(detail, Skipped):
        return StepOutcome(step=step, result=Result.SKIPPED, detail=detail.why)
    return StepOutcome(step=step, result=Result.DONE, detail=detail, seconds=time.perf_counter() - started)


def _failed(step: Step, error: Stage6Error, started: float) -> StepOutcome:
    seconds = time.perf_counter() - started
    warns = step.name in _WARNING and not isinstance(error, Interrupted)
    result = Result.WARNED if warns else Result.FAILED
    return StepOutcome(step=step, result=result, detail=error.message, seconds=seconds, error=error)


def _local(step: Step, failed: OSError) -> Stage6Error:
    message = f"a file of this machine could not be used: {failed.strerror or failed}"
    where, hint = str(failed.filename or ""), "free disk space? permissions? Run again"
    if step.target:
        return DeployError("DEPLOY_FILE", message, where=where, hint=hint)
    return PublishError("PUBLISH_FILE", message, where=where, hint=hint)


def _left_alone(step: Step) -> StepOutcome:
    result = Result.SATISFIED if step.state is StepState.SATISFIED else Result.SKIPPED
    return StepOutcome(step=step, result=result, detail=step.why)


def _skipped(step: Step, failed: StepOutcome) -> StepOutcome:
    if step.state is not StepState.NEEDED:
        return _left_alone(step)
    return StepOutcome(step=step, result=Result.SKIPPED, detail=f"{failed.step.name} failed")
