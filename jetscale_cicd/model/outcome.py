"""What each step did."""

from enum import StrEnum

from jetscale_cicd.errors import Stage6Error, SupersededError
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.step import Step


class Result(StrEnum):
    """How a step ended; skipped is a value with a reason, never an absence."""

    DONE = "done"
    SATISFIED = "satisfied"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"


class PartName(StrEnum):
    """The parts of a step that may take long."""

    HELM_UPGRADE = "helm-upgrade"
    HELM_ROLLBACK = "helm-rollback"
    OBJECTS = "objects"
    SETTLE = "settle"
    PROBE = "probe"
    HELM_TEST = "helm-test"
    SMOKE_TEST = "smoke-test"


@frozen(kw_only=True)
class StepPart:
    """A part of a step, and how long it took in seconds."""

    name: PartName
    seconds: float


@frozen(kw_only=True)
class StepOutcome:
    """One step, how it ended, how long it and its parts took in seconds, and the error where it failed or warned."""

    step: Step
    result: Result
    detail: str
    seconds: float = 0.0
    error: Stage6Error | None = None
    parts: tuple[StepPart, ...] = ()


@frozen(kw_only=True)
class Run:
    """A plan and the outcome of each of its steps; ``earlier`` are attempts that another run overtook."""

    plan: Plan
    outcomes: tuple[StepOutcome, ...]
    earlier: "tuple[Run, ...]" = ()

    @property
    def errors(self) -> tuple[Stage6Error, ...]:
        """What failed, of each target the first; that another run was faster comes last: it may need no action."""
        failed = [outcome.error for outcome in self.outcomes if outcome.error and outcome.result is Result.FAILED]
        return tuple(sorted(failed, key=lambda error: isinstance(error, SupersededError)))

    @property
    def error(self) -> Stage6Error | None:
        """The failure that gives the run its exit status, if one did."""
        return next(iter(self.errors), None)

    @property
    def warnings(self) -> tuple[Stage6Error, ...]:
        """What did not stop the run and has to be reported: the plan's, and steps whose failure is only a warning."""
        warned = (outcome.error for outcome in self.outcomes if outcome.result is Result.WARNED)
        return (*self.plan.warnings, *(error for error in warned if error))
