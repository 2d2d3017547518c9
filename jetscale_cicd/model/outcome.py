"""What each step did."""

from dataclasses import dataclass
from enum import StrEnum

from jetscale_cicd.errors import Stage6Error, SupersededError
from jetscale_cicd.model.plan import HELD, Plan, Step, TargetDecision


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
    """A plan and what became of each of its steps; ``earlier`` are those that another run overtook on the way."""

    plan: Plan
    outcomes: tuple[StepOutcome, ...]
    earlier: "tuple[Run, ...]" = ()

    @property
    def error(self) -> Stage6Error | None:
        """The failure that stopped the run, if one did."""
        return next((outcome.error for outcome in self.outcomes if outcome.result is Result.FAILED), None)

    @property
    def warnings(self) -> tuple[Stage6Error, ...]:
        """What stopped nothing and has to be heard: steps that failed and may, and holds."""
        holds = (_held(decided) for decided in self.plan.targets if decided.hold)
        warned = (outcome.error for outcome in self.outcomes if outcome.result is Result.WARNED)
        return (*holds, *(error for error in warned if error))


def _held(decided: TargetDecision) -> Stage6Error:
    target = decided.target
    return SupersededError(
        HELD,
        decided.hold,
        where=f"{target.namespace}/{target.release}",
        hint=f"mend it with a commit, or: jetscale-cicd stage6 --target {target.name} --release-hold",
    )
