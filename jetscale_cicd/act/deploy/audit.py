"""The audit: one line of JSON for each deploy that was begun, appended to a file that outlives the run."""

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.act.context import ActContext, Surroundings
from jetscale_cicd.decide.cluster.deploy_record import recorded, recorded_run
from jetscale_cicd.decide.cluster.revisions import is_ours, is_rollback
from jetscale_cicd.errors import ConfigurationError, Interrupted, Stage6Error, SupersededError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import StepName, StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    from jetscale_cicd.engines.helm.release import NewRevisions
    from jetscale_cicd.tools.helm_storage import StoredRelease

_SCHEMA = 1


def audit_entry(acting: ActContext, target: Target) -> dict[str, object]:
    """The outcome for a target: what was deployed there, by which run, and how each step ended."""
    live = next(decided.live for decided in acting.plan.targets if decided.target == target)
    deploys = any(
        step.name is StepName.DEPLOY and step.target == target.name and step.state is StepState.NEEDED
        for step in acting.plan.steps
    )
    if isinstance(live, Deployed) and not deploys:
        record = live
    else:
        record = acting.records.get(target.name) or acting.record(target, "")
    mine = [outcome for outcome in acting.outcomes if outcome.step.target == target.name]
    error = next((outcome.error for outcome in mine if outcome.result is Result.FAILED), None)
    new = acting.held[target.name].release.new_revisions
    back = {"revision": new.rollback, "to": new.rollback_to} if new.rollback else None
    return {
        **_what(acting.context, target, record),
        "decision": str(acting.plan.decision),
        "result": _result(mine, error, new, deploys=deploys),
        "revision": new.upgrade or (record.revision.number if record.revision else None),
        "rollback": back,
        "steps": {str(each.step.name): str(each.result) for each in mine},
        "error": _error(error),
    }


def dead_entry(context: Surroundings, target: Target, dead: "StoredRelease") -> dict[str, object]:
    """A deploy, or rollback, whose process died before it could append its own entry."""
    ours = is_ours(dead.revision) or is_rollback(dead.revision)
    unmanaged = Deployed(version=dead.chart_version, commit="", digest="", values_digest="")
    record = (recorded(dead.config) if ours else None) or unmanaged
    run = recorded_run(dead.config) if ours else ""
    died = {"decision": None, "result": "died", "revision": dead.number}
    return {**_what(context, target, record), "run": run or None, **died}


def _result(outcomes: list[StepOutcome], error: Stage6Error | None, new: "NewRevisions", *, deploys: bool) -> str:
    """How it ended."""
    done = {outcome.step.name for outcome in outcomes if outcome.result is Result.DONE}
    failed = next((outcome.step.name for outcome in outcomes if outcome.result is Result.FAILED), None)
    if isinstance(error, SupersededError):
        return "superseded"
    if isinstance(error, Interrupted):
        return "interrupted"
    if failed:
        return "unverified" if failed is StepName.VERIFY else "failed"
    if deploys:
        return "deployed" if StepName.DEPLOY in done else "interrupted"
    return "rolled back" if new.rollback else "verified" if StepName.VERIFY in done else "mended"


def rollback_entry(
    context: Surroundings, target: Target, record: Deployed, to: int, error: Stage6Error | None, *, done: bool
) -> dict[str, object]:
    """The outcome of the command `rollback`.

    Args:
        record: of what is deployed now.
        to: the revision to bring back.
        done: it was brought back.
    """
    return {
        **_what(context, target, record),
        "decision": "rollback",
        "to": to,
        "result": "rolled back" if done else "failed" if error else "interrupted",
        "revision": record.revision.number if record.revision else None,
        "error": _error(error),
    }


def _what(context: Surroundings, target: Target, record: Deployed) -> dict[str, object]:
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


def append_audit(file: Path | None, entry: dict[str, object], redact: Redactor) -> str:
    """Append an entry, whole or not at all, and give where it is.

    Raises:
        ConfigurationError: ``AUDIT_UNWRITABLE``.
    """
    if file is None:
        return "on the release itself (helm history); --audit FILE keeps a log"
    line = json.dumps(entry)
    try:
        # One write of less than a pipe's buffer to a file opened to append: two runs' lines do not mix (POSIX, write).
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
        content = redact(line).encode() + b"\n"
        with os.fdopen(descriptor, "wb", buffering=0) as out:
            if out.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as unwritable:
        raise ConfigurationError(
            "AUDIT_UNWRITABLE",
            f"the audit cannot be appended to: {unwritable.strerror}",
            where=str(file),
            hint="name a file in a directory that exists: --audit FILE",
        ) from None
    return f"appended to {file}"


def check_audit(file: Path | None) -> None:
    """Refuse an audit that cannot be kept, before anything is changed.

    Raises:
        ConfigurationError: ``AUDIT_UNWRITABLE``.
    """
    if file is None:
        return
    regular = file.is_file() or not file.exists()  # a pipe would block the run, and its lock, until it is read
    if not regular or not os.access(file if file.exists() else file.resolve().parent, os.W_OK):
        raise ConfigurationError(
            "AUDIT_UNWRITABLE",
            "the audit cannot be appended to" if regular else "the audit has to be a file",
            where=str(file),
            hint="name another file: --audit FILE",
        )
