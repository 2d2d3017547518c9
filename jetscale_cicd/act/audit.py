"""The audit: one line of JSON for each deploy that was begun, appended to a file that outlives the run."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.act.acting import Acting, Surroundings
from jetscale_cicd.errors import ConfigurationError, Stage6Error, SupersededError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import Result
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.redact import Redactor

_SCHEMA = 1


class Made(NamedTuple):
    """Revisions that a run made: of its own chart and values, and of a rollback with where that went; 0 for none."""

    revision: int = 0
    rollback: int = 0
    rollback_to: int = 0


def audit_entry(acting: Acting, target: Target, made: Made) -> dict[str, object]:
    """What became of a target, with all that says what was deployed there and by whom."""
    record = acting.records.get(target.name) or acting.record(target, "")
    mine = [outcome for outcome in acting.outcomes if outcome.step.target == target.name]
    error = next((outcome.error for outcome in mine if outcome.result is Result.FAILED), None)
    if target.name in acting.records:
        result = "unverified" if error else "deployed"
    elif error:
        result = "superseded" if isinstance(error, SupersededError) else "failed"
    else:
        result = "interrupted"
    back = {"revision": made.rollback, "to": made.rollback_to or None} if made.rollback else None
    return {
        **_what(acting.world, target, record),
        "decision": str(acting.plan.decision),
        "result": result,
        "revision": made.revision or None,
        "rollback": back,
        "steps": {str(each.step.name): str(each.result) for each in mine},
        "error": _error(error),
    }


def rollback_entry(
    world: Surroundings, target: Target, record: Deployed, to: int, error: Stage6Error | None, *, done: bool
) -> dict[str, object]:
    """What became of a rollback by hand.

    Args:
        record: of what is deployed now.
        to: the revision that was to be brought back.
        done: it was.
    """
    return {
        **_what(world, target, record),
        "decision": "rollback",
        "to": to,
        "result": "rolled back" if done else "failed" if error else "interrupted",
        "revision": record.revision.number if record.revision else None,
        "error": _error(error),
    }


def _what(world: Surroundings, target: Target, record: Deployed) -> dict[str, object]:
    return {
        "schema": _SCHEMA,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": world.request.event.run_url or None,
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
    """Append an entry, whole or not at all; and say where.

    Raises:
        ConfigurationError: ``AUDIT_UNWRITABLE``.
    """
    if file is None:
        return "on the release itself (helm history); --audit FILE keeps a log"
    line = json.dumps(entry)
    try:
        # One write of less than a pipe's buffer to a file opened to append: two runs' lines do not mix (POSIX, write).
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as out:
            out.write(redact(line).encode() + b"\n")
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
    if file is not None and not os.access(file if file.exists() else file.resolve().parent, os.W_OK):
        raise ConfigurationError(
            "AUDIT_UNWRITABLE",
            "the audit cannot be appended to",
            where=str(file),
            hint="name another file: --audit FILE",
        )
