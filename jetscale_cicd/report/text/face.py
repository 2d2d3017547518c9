"""``--output text``: what people read."""

from typing import TypeAlias, assert_never

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.report.face import FaceForPeople, Medium
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.results import (
    AdoptionResult,
    CommandResult,
    ExplanationResult,
    ParityResult,
    PlanResult,
    PreflightResult,
    RollbackResult,
    RunResult,
    SchemaResult,
    SimulationResult,
    StatusResult,
    UnplannedResult,
    VerificationResult,
)
from jetscale_cicd.report.text.closing import plan_closing, run_closing
from jetscale_cicd.report.text.error import error_text
from jetscale_cicd.report.text.plan import beginning_text, plan_text
from jetscale_cicd.report.text.run import run_text

_Rarer: TypeAlias = (
    PreflightResult
    | UnplannedResult
    | SimulationResult
    | ParityResult
    | StatusResult
    | VerificationResult
    | AdoptionResult
    | RollbackResult
    | ExplanationResult
)


class TextFace:
    """A result in sentences; an error is on stderr already, so stdout stays empty."""

    errors_on_stdout = False

    def render(self, result: CommandResult, medium: Medium) -> str:
        """The sentences of a result."""
        return harmless(medium.redact(text_of(result, medium.paint)))

    def beginning(self, plan: Plan, medium: Medium) -> str:
        """All but the steps, which follow as they are done."""
        return harmless(medium.redact(beginning_text(plan, medium.paint)))

    def closing(self, result: CommandResult, medium: Medium) -> str:
        """The verdict."""
        return harmless(medium.redact(_closing(result, medium.paint)))

    def rows(self, result: StatusResult, medium: Medium) -> tuple[tuple[str, str], ...]:
        """The lines of a status."""
        from jetscale_cicd.report.text.status import status_rows

        return tuple((name, harmless(medium.redact(line))) for name, line in status_rows(result.status))


def text_of(result: CommandResult, paint: Paint) -> str:
    """The sentences of a result, before secrets are masked."""
    match result:
        case PlanResult():
            return plan_text(result.plan, paint, result.refused)
        case RunResult():
            return run_text(result.run, paint, shown=result.shown)
        case SchemaResult():
            from jetscale_cicd.report.json.encode import dumps

            return dumps(result.document) + "\n"
        case Stage6Error():
            return error_text(result, paint)
    return _rarer(result, paint)


def _rarer(result: _Rarer, paint: Paint) -> str:
    """The sentences of a result of the commands that no push runs."""
    from jetscale_cicd.report.text.adoption import adoption_text
    from jetscale_cicd.report.text.explanation import explanation_text
    from jetscale_cicd.report.text.parity import parity_text
    from jetscale_cicd.report.text.preflight import preflight_text
    from jetscale_cicd.report.text.rollback import rollback_text
    from jetscale_cicd.report.text.simulation import simulation_text
    from jetscale_cicd.report.text.status import status_text
    from jetscale_cicd.report.text.verification import verification_text

    match result:
        case PreflightResult():
            return preflight_text(result.preflight, paint)
        case UnplannedResult():
            return ""
        case SimulationResult():
            return simulation_text(result.simulation, paint)
        case ParityResult():
            return parity_text(result.parity, paint)
        case VerificationResult():
            return verification_text(result.verification, paint)
        case AdoptionResult():
            return adoption_text(result.adoption, paint)
        case StatusResult():
            return status_text(result.status, paint)
        case RollbackResult():
            return rollback_text(result.rollback, paint)
        case ExplanationResult():
            return explanation_text(result.reasons, paint)
    assert_never(result)


def _closing(result: CommandResult, paint: Paint) -> str:
    match result:
        case PlanResult():
            return plan_closing(result.plan, result.refused, paint)
        case RunResult():
            return run_closing(result.run, paint)
        case PreflightResult():
            from jetscale_cicd.report.text.preflight import preflight_closing

            return preflight_closing(result.preflight, paint)
        case UnplannedResult():
            from jetscale_cicd.report.text.preflight import unplanned_closing

            return unplanned_closing(result.error, paint)
        case SimulationResult():
            from jetscale_cicd.report.text.simulation import simulation_closing

            return simulation_closing(result.simulation, paint)
        case ParityResult():
            from jetscale_cicd.report.text.parity import parity_closing

            return parity_closing(result.parity, paint)
    return ""


FACE: FaceForPeople = TextFace()
