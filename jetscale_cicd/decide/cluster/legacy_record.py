"""The record of a revision that was written before records had a ``schema``: its state is in the description.

Only a description that is exactly what Stage 6 wrote for these very values is read. Once no release holds a record
without a ``schema``, this module goes.
"""

import re

from jetscale_cicd.decide.cluster.deploy_record import deploy_line, recorded, recorded_run
from jetscale_cicd.model.revision import HelmRevision, RevisionRecord, RevisionState, RollbackCause, RollbackRecord

_UNVERIFIED, _FAILED = " unverified: ", " failed: "
_NOT_YET = "nobody has looked yet"
_ENDED = "its process ended while the release was "
_LONGEST = 900  # characters of a description that were kept
_ROLLBACK = re.compile(
    r"Rollback to (?P<to>[0-9]{1,9})(?:"
    r"(?P<failed> failed: .*)|: (?:"
    r"by hand, from revision (?P<requested>[0-9]{1,9})|"
    r"revision (?P<deploy>[0-9]{1,9}) failed with (?P<code>[A-Z_]+)|"
    r"ends the rollback of revision (?P<completion>[0-9]{1,9})"
    r")(?:; (?P<line>.*))?)",
    re.DOTALL,
)


def read(revision: HelmRevision) -> RevisionRecord | None:
    """What Stage 6 wrote about a revision; None where the description is not its own."""
    deployed, run = recorded(revision.config), recorded_run(revision.config)
    if deployed is None:
        return None
    if match := _ROLLBACK.fullmatch(revision.description):
        return _rollback(revision, match, deploy_line(deployed, ""))
    line = deploy_line(deployed, run)[:_LONGEST]
    if not revision.description.startswith(line):
        return None
    rest = revision.description[len(line) :]
    if not rest:
        return RevisionRecord(revision=revision.number, state=RevisionState.VERIFIED)
    if rest.startswith(_UNVERIFIED):
        why = rest.removeprefix(_UNVERIFIED)
        code, reason = ("", "not yet checked") if why == _NOT_YET else (why, "")
        return RevisionRecord(revision=revision.number, state=RevisionState.UNVERIFIED, code=code, reason=reason)
    return _failure(revision, rest) if rest.startswith(_FAILED) else None


def _failure(revision: HelmRevision, rest: str, rollback: RollbackRecord | None = None) -> RevisionRecord | None:
    why = rest.removeprefix(_FAILED)
    if revision.status not in ("failed", "superseded"):
        return None
    if why == "interrupted" or why.startswith(_ENDED):
        state, code, reason = RevisionState.INTERRUPTED, "", why
    else:
        state, (code, _, reason) = RevisionState.FAILED, why.partition(" ")
    return RevisionRecord(revision=revision.number, state=state, code=code, reason=reason, rollback=rollback)


def _rollback(revision: HelmRevision, match: re.Match[str], line: str) -> RevisionRecord | None:
    to, before = int(match["to"]), revision.number - 1
    if match["failed"]:  # which revision it took back was not recorded
        back = RollbackRecord(of=before, to=to, cause=RollbackCause.UNKNOWN)
        return _failure(revision, match["failed"], back)
    if revision.status not in ("deployed", "superseded") or not (match["line"] or "").startswith(line):
        return None
    if match["deploy"]:
        back = RollbackRecord(of=int(match["deploy"]), to=to, cause=RollbackCause.FAILED_DEPLOY, code=match["code"])
    elif match["requested"]:
        back = RollbackRecord(of=int(match["requested"]), to=to, cause=RollbackCause.REQUESTED)
    else:
        back = RollbackRecord(of=int(match["completion"]), to=to, cause=RollbackCause.COMPLETION)
    return RevisionRecord(revision=revision.number, state=RevisionState.ROLLBACK, rollback=back)
