"""A preflight as data."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.report.json.encode import SCHEMA
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.json.plan import precondition_document


def preflight_document(preflight: Preflight) -> dict[str, object]:
    """Whether a run could deploy, and every precondition."""
    plan, error = preflight.plan, preflight.error
    return {
        "schema": SCHEMA,
        "ready": error is None,
        "partial": preflight.partial,
        "head": plan.head,
        "decision": str(plan.decision),
        "version": str(plan.deploy.version) if plan.deploy else None,
        "targets": [
            {
                "name": decided.target.name,
                "namespace": decided.target.namespace,
                "release": decided.target.release,
                "decision": str(decided.decision),
            }
            for decided in plan.targets
        ],
        "waited": round(preflight.waited, 3),
        "notes": list(plan.notes),
        "preconditions": [precondition_document(row) for row in preflight.rows],
        **({"error": error_document(error)} if error else {}),
    }


def unplanned_document(error: Stage6Error) -> dict[str, object]:
    """The document of a preflight for which no plan could be made."""
    return {"schema": SCHEMA, "ready": False, "preconditions": [], "error": error_document(error)}
