"""A plan, and the objects that would differ."""

from jetscale_cicd.model.simulation import ImageChange, ManifestDiff, ObjectChange, Simulation
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.json.plan import plan_document


def simulation_document(simulation: Simulation) -> dict[str, object]:
    """A simulation: its plan, and the objects that would differ per target."""
    return {
        **plan_document(simulation.plan),
        "manifests": [_manifests(diff) for diff in simulation.diffs],
        "error": error_document(simulation.error) if simulation.error else None,
    }


def _manifests(diff: ManifestDiff) -> dict[str, object]:
    return {
        "target": diff.target,
        "objects": diff.objects,
        "diff": diff.text,
        "changes": [_change(each) for each in diff.changes],
        "images": [_image(each) for each in diff.images],
        "note": diff.note or None,
        "error": error_document(diff.error) if diff.error else None,
    }


def _change(each: ObjectChange) -> dict[str, object]:
    return {
        "kind": each.kind,
        "name": each.name,
        "namespace": each.namespace or None,
        "change": str(each.change),
        "hook": each.hook or None,
        "only": str(each.only) if each.only else None,
    }


def _image(each: ImageChange) -> dict[str, object]:
    return {"object": each.subject, "container": each.container, "before": each.before, "after": each.after}
