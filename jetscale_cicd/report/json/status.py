"""What is released, published, deployed and healthy."""

from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.ledger import LedgerRow, Pods
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present
from jetscale_cicd.model.status import Drift, Status, TargetStatus
from jetscale_cicd.report.json.encode import SCHEMA
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.json.live import live_document
from jetscale_cicd.report.json.plan import plan_document


def status_document(status: Status) -> dict[str, object]:
    """The state of every target; ``next`` is the plan of the next run."""
    published: dict[str, object] | None = None
    match status.published:
        case Present(digest=digest, manifest=manifest):
            published = {"state": "present", "digest": digest, "manifest": manifest or None}
        case Absent():
            published = {"state": "absent"}
        case CannotTell(why=why) | NotAsked(why=why):
            published = {"state": "unknown", "why": why}
    document = plan_document(status.plan)
    error = error_document(status.plan.blocker) if status.plan.blocker else None
    shown = {"head": status.plan.head, "latest": document["latest"], "reference": status.reference or None}
    targets = [_target_status(each) for each in status.targets]
    return {"schema": SCHEMA, **shown, "published": published, "targets": targets, "next": document, "error": error}


def _target_status(status: TargetStatus) -> dict[str, object]:
    target, found = status.target, status.differences
    return {
        "name": target.name,
        "namespace": target.namespace,
        "release": target.release,
        "context": status.context or None,
        "live": live_document(status.live),
        "drift": None if found is None else [_drift(each) for each in found.drift],
        "others": None if found is None else [_drift(each) for each in found.others],
        "unseen": list(status.unseen),
        "workloads": None if status.ledger is None else [_workload(row) for row in status.ledger.rows if row.pods],
        "objects": None if status.ledger is None else [_object(row) for row in status.ledger.rows],
        "fault": _fault(status.fault) if status.fault else None,
    }


def _drift(drift: Drift) -> dict[str, object]:
    values = {"change": drift.kind.value, "live": drift.live, "wanted": drift.wanted}
    hand = {"by": drift.by or None, "at": drift.at or None}
    back = {"redeploy": drift.redeploy.value, "undo": drift.undo or None}
    return {"subject": drift.subject, "path": drift.path, **values, **hand, **back}


def _workload(row: LedgerRow) -> dict[str, object]:
    pods = row.pods or Pods(ready=0, wanted=0)
    counts = {"ready": pods.ready, "wanted": pods.wanted, "old": pods.old}
    return {"kind": row.kind, "name": row.name, **counts, "complete": row.state.is_green, "note": row.note}


def _object(row: LedgerRow) -> dict[str, object]:
    place = {"kind": row.kind, "name": row.name, "namespace": row.namespace or None}
    return {**place, "state": row.state.value, "reason": row.reason or None}


def _fault(fault: Diagnosis) -> dict[str, object]:
    return {"code": fault.code, "subject": fault.subject, "message": fault.verdict, "hint": fault.next_step}
