"""The JSON contract (DESIGN §10): one object; ``schema`` counts up when a field changes its meaning."""

import json
from collections.abc import Iterable

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.change import Comparison, show_path
from jetscale_cicd.model.diagnosis import Diagnosis, WorkloadRow
from jetscale_cicd.model.live import LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.outcome import Result, Run, StepOutcome
from jetscale_cicd.model.plan import Decision, Plan, Reason, Step, TargetDecision
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.model.status import Status, TargetStatus
from jetscale_cicd.model.verification import Verification

SCHEMA = 1


def dumps(document: object) -> str:
    """JSON as every command prints it: ASCII, so that no locale can break it."""
    return json.dumps(document, indent=2, ensure_ascii=True)


def plan_document(plan: Plan) -> dict[str, object]:
    """A plan as the contract promises it."""
    latest, choice, changes = plan.latest, plan.choice, plan.changes
    return {
        "schema": SCHEMA,
        "decision": str(plan.decision),
        "version": str(plan.version) if plan.version else None,
        "level": choice.level.word if choice else None,
        "why": choice.why if choice else None,
        "latest": {"version": str(latest.version), "tag": latest.tag, "commit": latest.commit} if latest else None,
        "changes": {
            **_comparison(changes.comparison),
            "count": changes.count,
            "unwatched": [show_path(path) for path in changes.unwatched],
        },
        "commits": [
            {
                "commit": judged.commit.sha,
                "subject": judged.commit.subject,
                "level": judged.level.word,
                "why": judged.why,
            }
            for judged in (choice.commits if choice else ())
        ],
        "targets": [_target(target, plan) for target in plan.targets],
        "steps": [_step(step) for step in plan.steps],
        "notes": list(plan.notes),
    }


def request_document(request: Request) -> dict[str, object]:
    """What was asked, as far as a saved plan needs it to be asked again."""
    return {
        "since": request.since,
        "base": request.base,
        "targets": list(request.targets),
        "engine": request.engine,
        "registry": request.registry,
        "release_hold": request.release_hold,
        "redeploy": request.redeploy,
    }


def run_document(run: Run) -> dict[str, object]:
    """A run: its plan, and per step what became of it."""
    error, attempts = run.error, [*run.earlier, run]
    done = any(outcome.result is Result.DONE for attempt in attempts for outcome in attempt.outcomes)
    return {
        **plan_document(run.plan),
        "outcome": "failed" if error else "done" if done else "satisfied",
        **_attempt(run),
        "attempts": [plan_document(attempt.plan) | _attempt(attempt) for attempt in run.earlier],
    }


def _attempt(run: Run) -> dict[str, object]:
    steps = [_step(outcome.step) | _outcome(outcome) for outcome in run.outcomes]
    return {"steps": steps, "error": error_document(run.error) if run.error else None}


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


def verification_document(verification: Verification) -> dict[str, object]:
    """A published chart compared with its tag."""
    release = verification.release
    return {
        "schema": SCHEMA,
        "result": str(verification.sameness),
        "version": str(release.version),
        "tag": release.tag,
        "commit": release.commit,
        "reference": verification.reference,
        "published": verification.published,
        "rebuilt": verification.rebuilt,
        "files": list(verification.files),
    }


def status_document(status: Status) -> dict[str, object]:
    """Where things stand; ``next`` is the plan of the next run."""
    published: dict[str, object] | None = None
    match status.published:
        case Present(digest=digest, manifest=manifest):
            published = {"state": "present", "digest": digest, "manifest": manifest or None}
        case Absent():
            published = {"state": "absent"}
        case CannotTell(why=why) | NotAsked(why=why):
            published = {"state": "unknown", "why": why}
    document = plan_document(status.plan)
    error = error_document(status.blocker) if status.blocker else None
    shown = {"head": status.plan.head, "latest": document["latest"], "reference": status.reference or None}
    targets = [_target_status(each) for each in status.targets]
    return {"schema": SCHEMA, **shown, "published": published, "targets": targets, "next": document, "error": error}


def _target_status(status: TargetStatus) -> dict[str, object]:
    target, drift = status.target, status.drift
    fields = ("subject", "path", "live", "wanted")
    differs = None if drift is None else [{name: getattr(each, name) for name in fields} for each in drift]
    return {
        "name": target.name,
        "namespace": target.namespace,
        "release": target.release,
        "context": status.context or None,
        "live": live_document(status.live),
        "drift": differs,
        "unseen": list(status.unseen),
        "workloads": None if status.workloads is None else [_workload(row) for row in status.workloads],
        "fault": _fault(status.fault) if status.fault else None,
    }


def _workload(row: WorkloadRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("kind", "name", "ready", "wanted", "old", "complete", "note")}


def _fault(fault: Diagnosis) -> dict[str, object]:
    return {"code": fault.code, "subject": fault.subject, "message": fault.verdict, "hint": fault.next_step}


def rollback_document(rollback: Rollback) -> dict[str, object]:
    """A rollback by hand."""
    target = rollback.target
    return {
        "schema": SCHEMA,
        "target": target.name,
        "namespace": target.namespace,
        "release": target.release,
        "to": rollback.to,
        "before": live_document(rollback.before),
        "live": live_document(rollback.after),
        "verified": rollback.verified,
    }


def live_document(live: LiveState) -> dict[str, object]:
    """What a target runs: present, absent, or not looked at."""
    match live:
        case NotDeployed():
            return {"state": "absent"}
        case NotObserved(why=why):
            return {"state": "unknown", "why": why}
    revision = live.revision
    return {
        "state": "present",
        "version": live.version,
        "commit": live.commit or None,
        "digest": live.digest or None,
        "values": live.values_digest or None,
        "revision": revision.number if revision else None,
        "status": revision.status if revision else None,
        "description": (revision.description or None) if revision else None,
        "rollback_to": revision.rollback_to if revision else None,
        "holder": (revision.holder or None) if revision else None,
    }


def reasons_document(reasons: Iterable[Reason]) -> dict[str, object]:
    """Explained paths."""
    return {"schema": SCHEMA, "paths": [_reason(reason) | {"counts": reason.counts} for reason in reasons]}


def error_document(error: Stage6Error) -> dict[str, object]:
    """An error as data."""
    said = {"code": error.code, "message": error.message, "hint": error.hint, "where": error.where}
    return {**said, **({"details": list(error.details)} if error.details else {})}


def _comparison(comparison: Comparison) -> dict[str, object]:
    return {"base": comparison.base, "head": comparison.head, "how": comparison.how, "certain": comparison.certain}


def _target(decided: TargetDecision, plan: Plan) -> dict[str, object]:
    target = decided.target
    deployed = decided.decision is not Decision.NOTHING
    return {
        "name": target.name,
        "decision": str(decided.decision),
        "version": str(plan.version) if deployed and plan.version else None,
        "namespace": target.namespace,
        "release": target.release,
        "engine": target.engine,
        "url": target.url or None,
        "held": bool(decided.hold),
        "compared": _comparison(decided.compared),
        "reasons": [_reason(reason) for reason in decided.reasons if reason.counts],
        "ignored": [_reason(reason) for reason in decided.reasons if not reason.counts],
    }


def _reason(reason: Reason) -> dict[str, object]:
    path = show_path(reason.path) if reason.path is not None else None
    return {
        "path": path,
        "status": reason.status or None,
        "scope": reason.scope,
        "rule": reason.rule or None,
        "why": reason.why,
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "name": str(step.name),
        "target": step.target,
        "state": str(step.state),
        "why": step.why,
        "command": step.command,
    }


def _outcome(outcome: StepOutcome) -> dict[str, object]:
    error = error_document(outcome.error) if outcome.error else None
    return {
        "result": str(outcome.result),
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 3),
        "error": error,
    }
