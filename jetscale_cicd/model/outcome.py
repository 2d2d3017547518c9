"""What each step did."""

from dataclasses import dataclass
from enum import StrEnum

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan, Step


class Result(StrEnum):
    """How a step ended; skipped is a value with a reason, never an absence."""

    DONE = "done"
    SATISFIED = "satisfied"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """One step, how it ended, how long it took in seconds, and the error where it failed or warned."""

    step: Step
    result: Result
    detail: str
    seconds: float = 0.0
    error: Stage6Error | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A plan and what became of each of its steps."""

    plan: Plan
    outcomes: tuple[StepOutcome, ...]

    @property
    def error(self) -> Stage6Error | None:
        """The failure that stopped the run, if one did."""
        return next((outcome.error for outcome in self.outcomes if outcome.result is Result.FAILED), None)

    @property
    def warnings(self) -> tuple[Stage6Error, ...]:
        """Failures that stopped nothing."""
        return tuple(outcome.error for outcome in self.outcomes if outcome.error and outcome.result is Result.WARNED)
