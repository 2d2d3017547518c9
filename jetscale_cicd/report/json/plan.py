"""A plan, and what was asked for it."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.change import Comparison, show_path
from jetscale_cicd.model.plan import Decision, Plan, Reason, TargetDecision
from jetscale_cicd.model.precondition import Precondition
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.step import Step
from jetscale_cicd.report.json.encode import SCHEMA
from jetscale_cicd.report.json.error import error_document
from jetscale_cicd.report.matrix import matrix


def asked_plan_document(plan: Plan, request: Request, refused: Stage6Error | None = None) -> dict[str, object]:
    """A plan with what was asked, as a saved plan needs it, and the error because of which it is not carried out."""
    error = {"error": error_document(refused)} if refused else {}
    return {**plan_document(plan), **error, "request": request_document(request)}


def plan_document(plan: Plan) -> dict[str, object]:
    """The decision, its reasons and its steps."""
    latest, choice, changes = plan.latest, plan.choice, plan.changes
    return {
        "schema": SCHEMA,
        "decision": str(plan.decision),
        "version": str(plan.version) if plan.version else None,
        "level": choice.level.label if choice else None,
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
                "level": judged.level.label,
                "why": judged.why,
            }
            for judged in (choice.commits if choice else ())
        ],
        "half": str(plan.half),
        "matrix": matrix(plan),
        "targets": [_target(target, plan) for target in plan.targets],
        "steps": [step_document(step) for step in plan.steps],
        "notes": list(plan.notes),
        "preconditions": [precondition_document(each) for each in plan.preconditions],
    }


def request_document(request: Request) -> dict[str, object]:
    """The part of the request that a run of a saved plan needs again."""
    return {
        "since": request.since,
        "base": request.base,
        "targets": list(request.targets),
        "engine": request.engine,
        "registry": request.registry,
        "release_hold": request.release_hold,
        "redeploy": request.redeploy,
        "allow_older": request.allow_older,
    }


def reason_document(reason: Reason) -> dict[str, object]:
    """Why a path counts, or does not."""
    path = show_path(reason.path) if reason.path is not None else None
    return {
        "path": path,
        "status": reason.status or None,
        "scope": reason.scope,
        "rule": reason.rule or None,
        "why": reason.why,
    }


def step_document(step: Step) -> dict[str, object]:
    """A step as it is planned."""
    return {
        "name": str(step.name),
        "target": step.target,
        "state": str(step.state),
        "why": step.why,
        "command": step.command,
    }


def precondition_document(precondition: Precondition) -> dict[str, object]:
    """A precondition with its result."""
    return {
        "id": precondition.id,
        "target": precondition.target,
        "state": str(precondition.state),
        "what": precondition.what,
        "why": precondition.why or None,
        "of_this_process": precondition.of_this_process,
        "stops_plan": precondition.stops_plan,
        "error": error_document(precondition.error) if precondition.error else None,
    }


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
        "timeout": target.timeout,
        "needs": list(target.needs),
        "held": bool(decided.hold),
        "waiting": {"for": decided.waiting.needed, "why": decided.waiting.why} if decided.waiting else None,
        "compared": _comparison(decided.compared),
        "reasons": [reason_document(reason) for reason in decided.reasons if reason.counts],
        "ignored": [reason_document(reason) for reason in decided.reasons if not reason.counts],
    }
