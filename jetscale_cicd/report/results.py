"""What a command ends with: one result, from which a face makes text and a CI takes its outputs."""

from dataclasses import dataclass
from typing import TypeAlias

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.outcome import Run
from jetscale_cicd.model.plan import Plan, Reason
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.model.status import Status
from jetscale_cicd.model.verification import Verification


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan, the request that a run of it needs again, and what stopped nothing and has to be seen."""

    plan: Plan
    request: Request
    warnings: tuple[Stage6Error, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run, and the request that it answered."""

    run: Run
    request: Request


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """A published chart compared with its tag, and the failure that the comparison means, where it means one."""

    verification: Verification
    failure: Stage6Error | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why each of some paths counts, or does not."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON Schema of ``.stage6.yaml``."""

    document: dict[str, object]


CommandResult: TypeAlias = (
    PlanResult | RunResult | Simulation | VerificationResult | Status | Rollback | Explanation | Schema | Stage6Error
)


def plan_of(result: CommandResult) -> Plan | None:
    """The plan that a result is about, where it is about one commit that CI started us for."""
    match result:
        case PlanResult() | Simulation():
            return result.plan
        case RunResult():
            return result.run.plan
    return None


def error_of(result: CommandResult) -> Stage6Error | None:
    """The failure that a result holds, if it holds one."""
    match result:
        case RunResult():
            return result.run.error
        case Simulation():
            return result.error
        case VerificationResult():
            return result.failure
        case Status():
            return result.blocker
        case Stage6Error():
            return result
    return None


def warnings_of(result: CommandResult) -> tuple[Stage6Error, ...]:
    """What stopped nothing and has to be seen all the same."""
    match result:
        case PlanResult():
            return result.warnings
        case RunResult():
            return result.run.warnings
    return ()
