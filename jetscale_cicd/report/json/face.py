"""``--output json``: one object on stdout, for programs."""

from typing import TypeAlias, assert_never

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.document import with_strings
from jetscale_cicd.report.face import Face, Medium
from jetscale_cicd.report.harmless import harmless_json
from jetscale_cicd.report.json.encode import SCHEMA, dumps
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.json.plan import asked_plan_document
from jetscale_cicd.report.json.run import asked_run_document
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


class JsonFace:
    """A result as data."""

    errors_on_stdout = True

    def render(self, result: CommandResult, medium: Medium) -> str:
        """The document of a result."""
        return harmless_json(dumps(with_strings(document_of(result), medium.redact))) + "\n"


def document_of(result: CommandResult) -> dict[str, object]:
    """The document of a result, before secrets are masked."""
    match result:
        case PlanResult():
            return asked_plan_document(result.plan, result.request, result.refused)
        case RunResult():
            return asked_run_document(result.run, result.request)
        case SchemaResult():
            return result.document
        case Stage6Error():
            return {"schema": SCHEMA, "error": error_document(result)}
    return _rarer(result)


def _rarer(result: _Rarer) -> dict[str, object]:
    """The document of a result of the commands that no push runs."""
    from jetscale_cicd.report.json.adoption import adoption_document
    from jetscale_cicd.report.json.explanation import explanation_document
    from jetscale_cicd.report.json.parity import parity_document
    from jetscale_cicd.report.json.preflight import preflight_document, unplanned_document
    from jetscale_cicd.report.json.rollback import rollback_document
    from jetscale_cicd.report.json.simulation import simulation_document
    from jetscale_cicd.report.json.status import status_document
    from jetscale_cicd.report.json.verification import verification_document

    match result:
        case PreflightResult():
            return preflight_document(result.preflight)
        case UnplannedResult():
            return unplanned_document(result.error)
        case SimulationResult():
            return simulation_document(result.simulation)
        case ParityResult():
            return parity_document(result.parity)
        case VerificationResult():
            return verification_document(result.verification)
        case AdoptionResult():
            return adoption_document(result.adoption)
        case StatusResult():
            return status_document(result.status)
        case RollbackResult():
            return rollback_document(result.rollback)
        case ExplanationResult():
            return explanation_document(result.reasons)
    assert_never(result)


FACE: Face = JsonFace()
