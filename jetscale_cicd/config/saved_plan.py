"""A plan that was written to a file, read as untrusted data; a run of it does exactly what it holds.

The only reader that uses pydantic: only a run that acts reads a plan, and there the import time does not matter.
"""

from collections.abc import Iterable
from pathlib import Path

from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import ConfigurationError, SupersededError
from jetscale_cicd.model.engine import EngineName
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.step import Step, StepName, StepState

# A plan with a thousand commits has less than a mebibyte.
_LARGEST = 16 << 20


@frozen(kw_only=True)
class SavedStep:
    """A step of the saved plan."""

    name: str
    target: str | None
    state: str
    command: str


@frozen(kw_only=True)
class SavedRequest:
    """The request of which the plan was made."""

    since: str
    base: str | None
    targets: tuple[str, ...] = ()
    engine: EngineName | None = None
    registry: str | None = None
    release_hold: bool = False
    redeploy: bool = False
    allow_older: bool = False


@frozen(kw_only=True)
class SavedChanges:
    """The commit that the plan is for."""

    head: str


@frozen(kw_only=True)
class SavedPlan:
    """The part of a plan that must be the same when it is carried out."""

    schema: int
    decision: str
    version: str | None
    changes: SavedChanges
    request: SavedRequest
    steps: tuple[SavedStep, ...]

    def request_again(self, request: Request) -> Request:
        """The request of a run of this plan; targets, engine and registry of ``request`` take precedence."""
        asked = self.request
        return replace(
            request,
            head=self.changes.head,
            base=asked.base,
            since=asked.since,
            targets=request.targets or asked.targets,
            engine=request.engine or asked.engine,
            registry=request.registry or asked.registry,
            release_hold=request.release_hold or asked.release_hold,
            redeploy=request.redeploy or asked.redeploy,
            allow_older=request.allow_older or asked.allow_older,
        )

    def check_unmoved(self, plan: Plan, *, released: bool = False) -> None:
        """Refuse to act where a plan that is made now differs, other than by what has been done of this one.

        Args:
            released: whether the latest release is of the commit that the plan is for.

        Raises:
            SupersededError: ``PLAN_STALE``, with what differs.
        """
        then, now = _fingerprints(self, self.steps), _fingerprints(plan, plan.steps)
        if then == now or self._is_continued_by(plan, released):
            return
        only_then, only_now = (
            ", ".join(each for each in these if each not in those) for these, those in ((then, now), (now, then))
        )
        raise SupersededError(
            "PLAN_STALE",
            f"only the saved plan has: {only_then or 'nothing'}; only a plan made now has: {only_now or 'nothing'}",
            hint="plan again, and compare the two plans",
        )

    def _is_continued_by(self, plan: Plan, released: bool) -> bool:
        """Whether a plan that is made now has nothing but the rest of this one, maybe nothing."""
        latest = plan.latest.version if plan.latest else None
        is_its_release = released or plan.decision is Decision.PUBLISH or self.decision != Decision.PUBLISH
        if self.version is None or str(plan.version or latest) != self.version or not is_its_release:
            return False
        now = {(str(step.name), step.target): step for step in plan.steps}
        then = {(step.name, step.target): step for step in self.steps}
        superseded = {decided.target.name for decided in plan.targets if decided.superseded}
        return (
            all(name in then for name, step in now.items() if step.state is StepState.NEEDED)
            and all(_is_same_or_done(step, now.get(name)) for name, step in then.items())
            and not any(step.name == StepName.DEPLOY and step.target in superseded for step in self.steps)
        )


def _is_same_or_done(step: SavedStep, now: Step | None) -> bool:
    """Whether a step is as it was, or is done by now; the steps around a deploy go with it."""
    if now is None:
        return step.target is not None and step.name != StepName.DEPLOY
    was_needed, is_needed = step.state == StepState.NEEDED, now.state is StepState.NEEDED
    if was_needed and not is_needed:
        return step.name != StepName.DEPLOY or now.state is StepState.SATISFIED
    return was_needed == is_needed and step.command == now.command


def _fingerprints(plan: SavedPlan | Plan, steps: Iterable[SavedStep | Step]) -> list[str]:
    """What must be the same: the decision, and the state and the command of each step."""
    decision = f"{plan.decision} {plan.version or ''}".strip()
    return [
        decision,
        *(f"{step.name} {step.target or ''}".strip() + f" {step.state} ({step.command})" for step in steps),
    ]


def load_saved_plan(file: Path) -> SavedPlan:
    """Read a saved plan.

    Raises:
        ConfigurationError: ``PLAN_FILE``, the file cannot be read, is not a saved plan, or has another schema.
    """
    try:
        content = read_regular(file, _LARGEST + 1, handed_over=True)
    except OSError as unreadable:
        raise ConfigurationError(
            "PLAN_FILE",
            f"the plan cannot be read: {unreadable.strerror}",
            where=shown(str(file)),
            hint="create one with plan --out FILE",
        ) from None
    return read_saved_plan(content, shown(str(file)))


def read_saved_plan(content: bytes, where: str) -> SavedPlan:
    """Read the file that ``plan --out`` wrote.

    Raises:
        ConfigurationError: ``PLAN_FILE``, it is not a saved plan, or has another schema.
    """
    from pydantic import TypeAdapter, ValidationError

    if len(content) > _LARGEST:
        raise ConfigurationError("PLAN_FILE", f"it has more than {_LARGEST:,} bytes", where=where, hint="plan again")
    try:
        plan = TypeAdapter(SavedPlan).validate_json(content)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            "PLAN_FILE",
            f"this is not a saved plan: {place + ': ' if place else ''}{first['msg']}",
            where=where,
            hint="create one with plan --out FILE",
        ) from None
    if plan.schema != 1:
        raise ConfigurationError(
            "PLAN_FILE", f"the plan has schema {plan.schema}, this release reads 1", where=where, hint="plan again"
        )
    return plan
