"""What a command ends with: one result, from which a face makes text and a CI takes its outputs.

A result names its model without importing it: a plan starts without the models of the other commands.
"""

from typing import TYPE_CHECKING, TypeAlias

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import frozen

if TYPE_CHECKING:
    from jetscale_cicd.model.outcome import Run
    from jetscale_cicd.model.parity import Parity
    from jetscale_cicd.model.plan import Plan, Reason
    from jetscale_cicd.model.preflight import Preflight
    from jetscale_cicd.model.request import Request
    from jetscale_cicd.model.rollback import Rollback
    from jetscale_cicd.model.simulation import Simulation
    from jetscale_cicd.model.status import Status
    from jetscale_cicd.model.verification import Adoption, Verification


@frozen
class PlanResult:
    """A plan.

    Args:
        request: what was asked; a run of a saved plan needs it again.
        refused: the unmet precondition because of which the plan is not carried out, None where it could be.
    """

    plan: "Plan"
    request: "Request"
    refused: Stage6Error | None = None


@frozen
class RunResult:
    """A run.

    Args:
        request: the request that it answered.
        shown: its plan was shown before it began.
    """

    run: "Run"
    request: "Request"
    shown: bool = False


@frozen
class PreflightResult:
    """Every precondition of a deploy."""

    preflight: "Preflight"


@frozen
class UnplannedResult:
    """A preflight for which no plan could be made, so that nothing was checked."""

    error: Stage6Error


@frozen
class SimulationResult:
    """A plan, and the manifests that would differ."""

    simulation: "Simulation"


@frozen
class ParityResult:
    """Two targets compared."""

    parity: "Parity"


@frozen
class StatusResult:
    """The state of every target, and the plan of the next run."""

    status: "Status"


@frozen
class VerificationResult:
    """A published chart compared with its tag, and the failure that the comparison means, where it means one."""

    verification: "Verification"
    failure: Stage6Error | None


@frozen
class AdoptionResult:
    """A package that was not made by Stage 6, and is accepted from now on."""

    adoption: "Adoption"


@frozen
class RollbackResult:
    """An earlier revision that was brought back."""

    rollback: "Rollback"


@frozen
class ExplanationResult:
    """Why each of some paths counts, or does not."""

    reasons: "tuple[Reason, ...]"


@frozen
class SchemaResult:
    """The JSON Schema of ``.stage6.yaml``."""

    document: dict[str, object]


CommandResult: TypeAlias = (
    PlanResult
    | RunResult
    | PreflightResult
    | UnplannedResult
    | SimulationResult
    | ParityResult
    | StatusResult
    | VerificationResult
    | AdoptionResult
    | RollbackResult
    | ExplanationResult
    | SchemaResult
    | Stage6Error
)


def plan_of(result: CommandResult) -> "Plan | None":
    """The plan of the commands that a CI runs for a commit."""
    match result:
        case PlanResult():
            return result.plan
        case RunResult():
            return result.run.plan
        case PreflightResult():
            return result.preflight.plan
        case SimulationResult():
            return result.simulation.plan
    return None


def errors_of(result: CommandResult) -> tuple[Stage6Error, ...]:
    """The failures that a result holds; the first one gives the command its exit status."""
    if isinstance(result, RunResult):
        return result.run.errors
    error = _error_of(result)
    return (error,) if error else ()


def _error_of(result: CommandResult) -> Stage6Error | None:
    match result:
        case PlanResult():
            return result.refused
        case PreflightResult():
            return result.preflight.error
        case UnplannedResult():
            return result.error
        case SimulationResult():
            return result.simulation.error
        case ParityResult():
            return result.parity.error
        case StatusResult():
            return result.status.plan.blocker
        case VerificationResult():
            return result.failure
        case Stage6Error():
            return result
    return None


def warnings_of(result: CommandResult) -> tuple[Stage6Error, ...]:
    """What stopped nothing and has to be seen all the same."""
    match result:
        case PlanResult():
            return () if result.refused else result.plan.warnings
        case RunResult():
            return result.run.warnings
        case PreflightResult():
            return () if result.preflight.error else result.preflight.plan.warnings
    return ()
