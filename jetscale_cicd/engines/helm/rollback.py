"""`helm rollback`: an earlier revision brought back as a new one, and the record of it."""

from contextlib import suppress
from functools import partial

from jetscale_cicd.decide.cluster.revisions import deployed_record, is_rollback, rollback_to
from jetscale_cicd.engines.helm.diagnosis import diagnose_failure
from jetscale_cicd.engines.helm.release import Edit, HelmRelease
from jetscale_cicd.engines.helm.storage import RecordEdit
from jetscale_cicd.errors import DeployError, Stage6Error
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.outcome import PartName
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.revision import RevisionRecord, RevisionState, RollbackRecord
from jetscale_cicd.observe.cluster.helm_release import reader
from jetscale_cicd.tools.helm_storage import StoredRelease


@frozen(kw_only=True)
class HelmRollback:
    """What a rollback did.

    Args:
        to: the revision that was to be brought back.
        revision: the new revision; None where helm made none.
        diagnosis: why it failed; None where it succeeded.
    """

    to: int
    revision: int | None
    diagnosis: Diagnosis | None = None


def roll_back(release: HelmRelease, rollback: RollbackRecord) -> HelmRollback:
    """Bring a revision back as a new one.

    Raises:
        SupersededError: ``LOCK_LOST``, or ``RELEASE_MOVED`` where a helm outside Stage 6 made a later revision.
        CannotTellError: the cluster does not answer.
    """
    release.check()
    before, since = release.newest(), release.now()
    try:
        back = partial(release.helm.rollback, release.place, rollback.to)
        ended = release.run_helm(PartName.HELM_ROLLBACK, since, before, back)
    except KeyboardInterrupt:
        with suppress(Stage6Error):  # helm marks no interrupted rollback; the interruption is what is reported
            if number := _find(release, rollback.to, before):
                release.end_revision(
                    number, _record(release, rollback, RevisionState.INTERRUPTED, reason="the run was interrupted")
                )
        raise
    number = _find(release, rollback.to, before)
    if ended.succeeded:
        made = release.check_newest(number)
        record_rollback(release, made, rollback)
        return HelmRollback(to=rollback.to, revision=made)
    diagnosis = diagnose_failure(release, ended, since)
    if number:
        failed = _record(release, rollback, RevisionState.FAILED, diagnosis.code, diagnosis.sentence)
        release.end_revision(number, failed)
    return HelmRollback(to=rollback.to, revision=number, diagnosis=diagnosis)


def record_rollback(release: HelmRelease, number: int, rollback: RollbackRecord) -> None:
    """Write on a revision that it is this rollback."""
    release.write_record(number, _record(release, rollback, RevisionState.ROLLBACK))


def error_of(release: HelmRelease, outcome: HelmRollback) -> DeployError | None:
    """The error of a rollback that failed; None where it succeeded."""
    if outcome.diagnosis is None:
        return None
    what = f"rollback to {outcome.to}"
    if outcome.revision is None:
        return release.error(outcome.diagnosis, what, "nothing was changed")
    again = f"another one: jetscale-cicd rollback --target {release.target.name} --to N (helm history shows them)"
    state = f"revision {outcome.revision} is the newest now, and failed: its objects are on the cluster"
    return release.error(outcome.diagnosis, what, state, "the next run completes the rollback", again)


def _find(release: HelmRelease, to: int, before: int) -> int | None:
    """The revision that this rollback made."""

    def matches(stored: StoredRelease) -> bool:
        return is_rollback(stored.revision) and rollback_to(stored.revision) in (to, None)

    number = release.first_after(before, matches)
    release.new_revisions.rollback = number
    release.new_revisions.rollback_to = to if number else None
    return number


def _record(
    release: HelmRelease, rollback: RollbackRecord, state: RevisionState, code: str = "", reason: str = ""
) -> Edit:
    """The record of a rollback: it holds the deploy of the revision that it brought back."""
    read = reader(release.api, release.target)

    def edit(stored: StoredRelease) -> RecordEdit:
        record = RevisionRecord(revision=stored.number, state=state, code=code, reason=reason, rollback=rollback)
        deployed = deployed_record(read(rollback.to) or stored.revision, read)
        return RecordEdit(record=record, deployed=deployed, run=release.run)

    return edit
