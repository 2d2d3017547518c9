"""A plan, and the manifests that would differ."""

from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.json.plan import plan_document


def simulation_document(simulation: Simulation) -> dict[str, object]:
    """A simulation: its plan, and the manifests that would differ per target."""
    diffs = [
        {
            "target": diff.target,
            "objects": diff.objects,
            "diff": diff.text,
            "note": diff.note or None,
            "error": error_document(diff.error) if diff.error else None,
        }
        for diff in simulation.diffs
    ]
    return {**plan_document(simulation.plan), "manifests": diffs}
