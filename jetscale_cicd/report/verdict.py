"""The verdict of a plan: the first line of a result, and the title of a summary."""

from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.step import StepName, StepState

_SHOWN = 6
# What goes along with any change, and is no repair of its own.
_AROUND = (StepName.LOCK, StepName.RECOVER, StepName.RECORD, StepName.GITHUB_RELEASE)


def verdict(plan: Plan) -> str:
    """One sentence: what happens."""
    if plan.idle:
        return f"nothing: {plan.idle}"
    latest = f"{plan.latest.version}" if plan.latest else "no release yet"
    if plan.half is Half.RELEASE and plan.decision is not Decision.PUBLISH and not plan.needed:
        return _nothing_to_release(plan, latest)
    if plan.decision is Decision.PUBLISH and plan.choice:
        names = _names(plan)
        and_deploy = "; left to deploy:" if plan.half is Half.RELEASE else " and deploy it to"
        deploys = f"{and_deploy} {names}" if names else f", and deploy it nowhere: {_waiting(plan) or _newer(plan)}"
        return f"publish {plan.choice.version} ({plan.choice.level.label}, after {latest}){deploys}"
    if plan.decision is Decision.PUBLISH:
        return f"publish a version that is not known, and deploy it to {_names(plan)}"
    unfinished = [decided.target.name for decided in plan.targets if decided.unfinished]
    if plan.decision is Decision.NOTHING and unfinished:
        return f"the rollback of {', '.join(unfinished)} is completed, and stays held (latest: {latest})"
    repairs = [str(step.name) for step in plan.steps if step.state is StepState.NEEDED and step.name not in _AROUND]
    if any(decided.exposed for decided in plan.targets):
        repairs.append("the removal of secrets from Helm's storage")
    if plan.decision is Decision.NOTHING and repairs:
        have = "has" if len(repairs) == 1 else "have"
        return f"nothing changed, but {' and '.join(repairs)} {have} to be done again (latest: {latest})"
    if plan.decision is Decision.REDEPLOY:
        return f"redeploy {plan.version or 'the latest version'} to {_names(plan)}"
    return _kept_back(plan, latest) or f"nothing to do (latest: {latest})"


def _nothing_to_release(plan: Plan, latest: str) -> str:
    left = ", ".join(target.name for target in plan.to_do)
    return f"nothing to release (latest: {latest})" + (f"; left to deploy: {left}" if left else "")


def _kept_back(plan: Plan, latest: str) -> str:
    """Why targets do not get what the commit has for them; "" where none is kept back."""
    held = [decided.target.name for decided in plan.targets if decided.hold]
    if held:
        return f"nothing, because a rollback holds {', '.join(held)} (latest: {latest})"
    if waiting := _waiting(plan):
        return f"nothing yet: {waiting} (latest: {latest})"
    return f"nothing: {_newer(plan)} (latest: {latest})" if _superseded(plan) else ""


def _waiting(plan: Plan) -> str:
    """Who waits for whom; "" where nobody does."""
    return ", ".join(f"{each.target.name} waits for {each.waiting.needed}" for each in plan.targets if each.waiting)


def _superseded(plan: Plan) -> list[str]:
    return [decided.target.name for decided in plan.targets if decided.superseded]


def _newer(plan: Plan) -> str:
    return f"what is released or deployed is newer ({', '.join(_superseded(plan))})"


def _names(plan: Plan) -> str:
    touched = [decided.target for decided in plan.targets if decided.decision is not Decision.NOTHING]
    shown = ", ".join(f"{target.name} ({target.namespace})" for target in touched[:_SHOWN])
    return shown + (f" and {len(touched) - _SHOWN:,} more" if len(touched) > _SHOWN else "")
