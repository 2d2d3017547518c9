"""The entries of the audit: the outcome of each deploy that was begun, and of each rollback."""

from datetime import UTC, datetime

from jetscale_cicd.act.context import ActContext, record_of
from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import ConfigurationError, Interrupted, Stage6Error, SupersededError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import TargetPlan
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.rollback import RollbackOutcome
from jetscale_cicd.model.step import StepName
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.audit_log import append_audit

_SCHEMA = 1


def audit_entry(acting: ActContext, each: TargetPlan) -> dict[str, object]:
    """The outcome for a target, with what was deployed there and by which run."""
    decided, session = each.decided, acting.sessions[each.decided.target.name]
    target, revisions = decided.target, session.revisions
    deploys = target in acting.plan.deployed_targets
    record = decided.live if isinstance(decided.live, Deployed) and not deploys else None
    record = record or session.attempted or record_of(acting, target, "")
    outcomes = [outcome for outcome in acting.outcomes if outcome.step.target == target.name]
    error = next((outcome.error for outcome in outcomes if outcome.result is Result.FAILED), None)
    back = {"revision": revisions.rollback, "to": revisions.rollback_to} if revisions.rollback else None
    return {
        **_what(acting.context, target, record),
        "decision": str(acting.plan.decision),
        "result": _result(outcomes, error, revisions, deploys=deploys),
        "revision": revisions.upgrade or (record.revision.number if record.revision else None),
        "rollback": back,
        "steps": {str(outcome.step.name): str(outcome.result) for outcome in outcomes},
        "error": _error(error),
    }


def interrupted_entry(context: RunContext, target: Target, record: Deployed, run: str) -> dict[str, object]:
    """An interrupted deploy or rollback, whose process ended before it recorded the outcome.

    Args:
        record: the record of its revision.
        run: URL of its CI run, "" where that is not known.
    """
    number = record.revision.number if record.revision else None
    ended = {"decision": None, "result": "died", "revision": number}
    return {**_what(context, target, record), "run": run or None, **ended}


def report_interrupted(context: RunContext, target: Target, record: Deployed, run: str) -> None:
    """Append the entry of an interrupted deploy or rollback; the arguments are those of ``interrupted_entry``."""
    _append(context, interrupted_entry(context, target, record, run))


def report_rollback(context: RunContext, target: Target, outcome: RollbackOutcome) -> None:
    """Append the entry of a rollback."""
    _append(context, rollback_entry(context, target, outcome))


def _append(context: RunContext, entry: dict[str, object]) -> None:
    """Append an entry; where that fails it is announced: no deploy and no rollback is stopped for the audit."""
    try:
        append_audit(context.request.audit, entry, context.redact)
    except ConfigurationError as unwritable:
        context.announce(f"! {unwritable.message}: {unwritable.where}")


def _result(outcomes: list[StepOutcome], error: Stage6Error | None, revisions: NewRevisions, *, deploys: bool) -> str:
    """The result, as one of a few fixed values."""
    done = {outcome.step.name for outcome in outcomes if outcome.result is Result.DONE}
    failed = next((outcome.step.name for outcome in outcomes if outcome.result is Result.FAILED), None)
    if isinstance(error, SupersededError):
        return "superseded"
    if isinstance(error, Interrupted):
        return "interrupted"
    if failed:
        return "unverified" if failed is StepName.VERIFY and not revisions.rollback else "failed"
    if deploys:
        return "deployed" if StepName.DEPLOY in done else "interrupted"
    return "rolled back" if revisions.rollback else "verified" if StepName.VERIFY in done else "mended"


def rollback_entry(context: RunContext, target: Target, outcome: RollbackOutcome) -> dict[str, object]:
    """The outcome of the command ``rollback``."""
    record, error = outcome.after or outcome.before, outcome.error
    ended = "interrupted" if isinstance(error, Interrupted) else "failed"
    return {
        **_what(context, target, record),
        "decision": "rollback",
        "to": outcome.to,
        "result": "rolled back" if outcome.after else ended,
        "revision": record.revision.number if record.revision else None,
        "error": _error(error),
    }


def _what(context: RunContext, target: Target, record: Deployed) -> dict[str, object]:
    return {
        "schema": _SCHEMA,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": context.request.event.run_url or None,
        "target": target.name,
        "namespace": target.namespace,
        "release": target.release,
        "version": record.version,
        "commit": record.commit or None,
        "digest": record.digest or None,
        "values": record.values_digest or None,
    }


def _error(error: Stage6Error | None) -> dict[str, str] | None:
    return {"code": error.code, "message": error.message, "where": error.where} if error else None
