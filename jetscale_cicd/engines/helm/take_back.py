"""A revision taken back because its deploy or its smoke test failed: the newest good one is brought back, and holds."""

from jetscale_cicd.decide.cluster.fault_codes import Whose, whose
from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.decide.cluster.revisions import is_rollback_candidate
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.rollback import HelmRollback, roll_back
from jetscale_cicd.engines.helm.smoke_test import SmokeTestError
from jetscale_cicd.errors import Interrupted, Stage6Error
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.revision import RevisionRecord, RevisionState, RollbackCause, RollbackRecord
from jetscale_cicd.observe.cluster.helm_release import read_revision, revision_numbers


def take_back(release: HelmRelease, diagnosis: Diagnosis, failed: int, good: int) -> tuple[str, ...]:
    """Bring a good revision back, and give what was done, line by line.

    Raises:
        Interrupted: by a signal.
        SupersededError: as ``roll_back``.
        CannotTellError: the cluster does not answer.
    """
    release.announce(f"  ✗ {diagnosis.code} {diagnosis.sentence}")
    release.announce(f"→ rollback {release.target.name}: revision {good} is the newest good one")
    cause = RollbackCause.FAILED_DEPLOY
    back = _roll_back(release, diagnosis, RollbackRecord(of=failed, to=good, cause=cause, code=diagnosis.code))
    if worse := back.diagnosis:
        return not_taken_back(f"{worse.code} {worse.sentence}", worse.next_step)
    held = "held until a new version, new values, or stage6 --release-hold"
    if whose(diagnosis.code) is not Whose.CHART:
        held = "the next run tries it again: its cause is outside the commit"
    return f"revision {good} was brought back as revision {back.revision}", held


def not_taken_back(why: str, hint: str) -> tuple[str, ...]:
    """What was done where the rollback failed."""
    return f"and it could not be rolled back: {why}", f"next for the rollback: {hint}"


def _roll_back(release: HelmRelease, diagnosis: Diagnosis, rollback: RollbackRecord) -> HelmRollback:
    try:
        return roll_back(release, rollback)
    except KeyboardInterrupt:
        then = "its rollback was interrupted, and the next run completes it"
        if release.new_revisions.rollback is None:
            then = "it was not rolled back, and the next run tries it again"
        raise release.interruption(f"{diagnosis.code} {diagnosis.sentence}; {then}") from None


def take_back_untested(release: HelmRelease, revision: int, error: SmokeTestError) -> SmokeTestError:
    """Take back a revision whose smoke test failed, where there is a good one; its error, with what was done.

    It is recorded as failed only then: one that stays is unverified, and the next run tests it again.

    Raises:
        Interrupted: by a signal.
    """
    diagnosis = Diagnosis(code=error.code, subject="", verdict=error.message, next_step=error.hint)
    try:
        good = _verified_before(release, revision)
        if good is None:
            unverified = RevisionRecord(revision=revision, state=RevisionState.UNVERIFIED, code=error.code)
            release.write_record(revision, unverified)
            return error.after("it is left as it is: there is no good revision to go back to")
        state, reason = RevisionState.FAILED, error.message
        release.write_record(revision, RevisionRecord(revision=revision, state=state, code=error.code, reason=reason))
        return error.after(*take_back(release, diagnosis, revision, good))
    except Interrupted:
        raise
    except Stage6Error as worse:
        return error.after(*not_taken_back(f"{worse.code} {worse.message}", worse.hint))


def _verified_before(release: HelmRelease, revision: int) -> int | None:
    """The newest revision before one that was verified, or was brought back by a rollback."""
    for number in revision_numbers(release.api, release.target):
        stored = read_revision(release.api, release.target, number) if number < revision else None
        record = record_of(stored.revision) if stored and is_rollback_candidate(stored.revision) else None
        if record and record.state in (RevisionState.VERIFIED, RevisionState.ROLLBACK):
            return number
    return None
