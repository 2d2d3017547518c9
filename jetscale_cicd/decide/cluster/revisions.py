"""What one revision of a release is: by the record of Stage 6, and without one by what Helm alone writes.

Helm's own descriptions (helm, pkg/action/rollback.go, upgrade.go and install.go) count only in their exact form, for
`helm upgrade --description` lets a person write anything there.
"""

import re
from collections.abc import Callable

from jetscale_cicd.decide.cluster.deploy_record import fields_of, recorded
from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.revision import HelmRevision, RevisionState

_ROLLBACK = re.compile(r"Rollback to ([0-9]{1,9})")
_ENDED = (RevisionState.FAILED, RevisionState.INTERRUPTED)


def is_rollback(revision: HelmRevision) -> bool:
    """Whether it brings an earlier revision back, or was to."""
    if record := record_of(revision):
        return record.rollback is not None
    if revision.rollback_revision or revision.status == "pending-rollback":
        return True
    if _ROLLBACK.fullmatch(revision.description):
        return True
    # helm 3 says of a rollback whose waiting failed what it says of a first installation.
    waited = _helm_failure(revision, "Release") and revision.number > 1 and not revision.first
    return revision.status == "failed" and (waited or _helm_failure(revision, "Rollback"))


def rollback_to(revision: HelmRevision) -> int | None:
    """The revision that a rollback brought back; None where nothing records it, as helm 3 after a failure."""
    if record := record_of(revision):
        return record.rollback.to if record.rollback else None
    match = _ROLLBACK.fullmatch(revision.description)
    return revision.rollback_revision or (int(match[1]) if match else None)


def is_rollback_candidate(revision: HelmRevision) -> bool:
    """Whether it was deployed, now or once, so that it can be brought back.

    Helm also calls superseded: a first installation that failed, a failed revision whose rollback failed too, and what
    was uninstalled.
    """
    if revision.status == "deployed":
        return True
    return revision.status == "superseded" and not revision.uninstalled and not has_failed(revision)


def has_failed(revision: HelmRevision) -> bool:
    """Whether its helm failed, or was interrupted; Helm itself calls one superseded once an upgrade began with it."""
    record = record_of(revision)
    ended = record is not None and record.state in _ENDED
    return revision.status == "failed" or ended or _helm_failure(revision, "Release", "Upgrade", "Rollback")


def failed_verification(revision: HelmRevision) -> bool:
    """Whether it was deployed and found not to be what was promised."""
    record = record_of(revision)
    return record is not None and record.state is RevisionState.UNVERIFIED and bool(record.code)


def is_ours(revision: HelmRevision) -> bool:
    """Whether the values of a revision name the deploy that made this very revision."""
    record, legacy = record_of(revision), "schema" not in fields_of(revision.config)
    if record and (record.rollback is None or not legacy):
        return recorded(revision.config) is not None
    # Before records had a schema, only a revision that ended well was distinguished from one that copied the values.
    return legacy and not is_rollback(revision) and revision.status not in ("deployed", "superseded")


def deployed_record(revision: HelmRevision, read: Callable[[int], HelmRevision | None]) -> Deployed:
    """The deploy that a revision holds; where it was made outside Stage 6, all but the version is "".

    Args:
        read: gives a revision by its number, None where Helm no longer keeps it.
    """
    found = recorded(revision.config)
    if found and (is_ours(revision) or _is_copied(revision, read)):
        return found
    return Deployed(version=revision.chart_version, commit="", digest="", values_digest="")


def _is_copied(revision: HelmRevision, read: Callable[[int], HelmRevision | None]) -> bool:
    """Whether a rollback copied the values from the revision that they are about; rollbacks of rollbacks are followed.

    Of a revision that Helm no longer keeps, the values name the one that they are about.
    """
    here: HelmRevision = revision
    while is_rollback(here):
        to = rollback_to(here)
        if to is None or to >= here.number:
            return True
        if fields_of(revision.config).get("revision") == to:
            return True
        origin = read(to)
        if origin is None:
            return "schema" not in fields_of(revision.config)
        here = origin
    return is_ours(here)


def _helm_failure(revision: HelmRevision, *verbs: str) -> bool:
    """Whether the description is Helm's own of a failure, as it begins for this release."""
    return revision.description.startswith(tuple(f'{verb} "{revision.release}" failed: ' for verb in verbs))
