"""`helm upgrade --install`, and what follows when it fails: diagnosis, then rollback to the newest good revision."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from jetscale_cicd.decide.cluster.deploy_record import record_labels, state_labels
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.revision_record import describe, state_values, unverified
from jetscale_cicd.engines.helm.diagnosis import diagnose_failure
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.take_back import not_taken_back, take_back
from jetscale_cicd.errors import DeployError, Interrupted, Stage6Error
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import PartName
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.observe.cluster.helm_release import newest_good, read_revision
from jetscale_cicd.tools.helm import RevisionNote
from jetscale_cicd.tools.worker import pause

# What is over the next moment, so that it is tried again within the run, so often, after so many seconds.
_REFUSED_FOR_NOW = (FaultCode.CONFLICT, FaultCode.THROTTLED, FaultCode.WEBHOOK_UNAVAILABLE)
_AGAIN, _PAUSE = 2, 2.0


@frozen(kw_only=True)
class Attempt:
    """An upgrade that was begun.

    Args:
        record: what it deploys.
        deploy: its identifier, which no other deploy has.
        before: the newest revision before it; 0 where there was none.
    """

    record: Deployed
    deploy: str
    before: int


@frozen(kw_only=True)
class FailedUpgrade:
    """What became of an upgrade that failed.

    Args:
        diagnosis: why it failed.
        revision: the one that it made; None where helm refused before it made one.
        outcome: what was done about it, line by line.
    """

    diagnosis: Diagnosis
    revision: int | None
    outcome: tuple[str, ...]


def upgrade(release: HelmRelease, chart: Path, values: Sequence[Path], record: Deployed, deploy: str) -> int:
    """Bring the release to a chart and values, and give its new revision.

    Args:
        chart: the archive.
        deploy: the identifier of this deploy, which is in the values.

    Raises:
        DeployError: with the code of the diagnosis; the newest good revision was brought back, unless that is off.
        SupersededError: ``RELEASE_MOVED``, a helm outside Stage 6 made a later revision.
    """
    for again in range(_AGAIN, -1, -1):
        revision = _attempt(release, chart, values, record, deploy, again=again > 0)
        if revision is not None:
            return revision
    raise RuntimeError("the last attempt is not repeated")


def _attempt(
    release: HelmRelease, chart: Path, values: Sequence[Path], record: Deployed, deploy: str, *, again: bool
) -> int | None:
    """One call of helm: its revision; None where it was refused for what passes, and is tried again.

    Args:
        again: it may be.

    Raises:
        DeployError: it failed otherwise.
    """
    release.check()
    attempt = Attempt(record=record, deploy=deploy, before=release.newest())
    since, expected = release.now(), unverified(attempt.before + 1)
    note = RevisionNote(describe(expected, record, release.run), {**record_labels(record), **state_labels(expected)})
    try:
        with _state_file(release, expected) as state:
            change = partial(release.helm.upgrade, release.place, chart, [*values, state], note)
            ended = release.run_helm(PartName.HELM_UPGRADE, since, attempt.before, change)
        if ended.succeeded:
            return _succeeded(release, attempt)
        release.check()
        diagnosis = diagnose_failure(release, ended, since)
        if again and diagnosis.code in _REFUSED_FOR_NOW and _may_repeat(release, attempt, diagnosis):
            return None
        failed = _after_failure(release, attempt, diagnosis)
    except KeyboardInterrupt:
        raise _interrupted(release, attempt) from None
    raise _error(release, attempt, failed)


def _may_repeat(release: HelmRelease, attempt: Attempt, diagnosis: Diagnosis) -> bool:
    """Whether helm may be called again: what it left is recorded, and nobody else changed the release meanwhile."""
    try:
        failed = _ended(release, attempt, diagnosis)
        release.announce(f"  ! {diagnosis.code} {diagnosis.sentence}: it is tried again")
        pause(_PAUSE)
        return release.newest() == (failed or attempt.before)
    except Stage6Error:  # whatever it is, the failure is dealt with as any other
        return False


@contextmanager
def _state_file(release: HelmRelease, record: RevisionRecord) -> Iterator[Path]:
    """Values with the record of the revision that helm is about to make."""
    file = release.scratch / f"record-{release.target.name}.json"
    file.write_text(json.dumps(state_values(record)))
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _succeeded(release: HelmRelease, attempt: Attempt) -> int:
    release.new_revisions.upgrade = release.revision_of(attempt.deploy, attempt.before)
    number = release.check_newest(release.new_revisions.upgrade)
    if number != attempt.before + 1:  # a helm outside Stage 6 was faster, so the values name another revision
        release.write_record(number, unverified(number))
    return number


def _ended(release: HelmRelease, attempt: Attempt, diagnosis: Diagnosis) -> int | None:
    """Record why an upgrade failed on the revision that it made; None where it made none."""
    failed = release.revision_of(attempt.deploy, attempt.before)
    release.new_revisions.upgrade = failed
    if failed is not None:
        code, reason = diagnosis.code, diagnosis.sentence
        record = RevisionRecord(revision=failed, state=RevisionState.FAILED, code=code, reason=reason)
        release.end_revision(failed, record)
    return failed


def _after_failure(release: HelmRelease, attempt: Attempt, diagnosis: Diagnosis) -> FailedUpgrade:
    """Record why an upgrade failed, and bring the newest good revision back."""
    try:
        failed = _ended(release, attempt, diagnosis)
        if failed is None:
            return FailedUpgrade(diagnosis=diagnosis, revision=None, outcome=("nothing was changed",))
        newest = release.newest()
        if newest != failed:
            why = f"revision {newest} came after it, by a helm outside Stage 6: nothing was rolled back"
        else:
            wanted = release.target.rollback
            good = newest_good(release.api, release.target, attempt.before) if wanted else None
            if good is not None:
                outcome = take_back(release, diagnosis, failed, good)
                return FailedUpgrade(diagnosis=diagnosis, revision=failed, outcome=outcome)
            lacks = "there is no good revision to go back to" if wanted else "rollback is off"
            why = f"it is left as it is: {lacks}"
        return FailedUpgrade(diagnosis=diagnosis, revision=failed, outcome=(why,))
    except Interrupted:
        raise
    except Stage6Error as worse:
        outcome = not_taken_back(f"{worse.code} {worse.message}", worse.hint)
        return FailedUpgrade(diagnosis=diagnosis, revision=None, outcome=outcome)


def _error(release: HelmRelease, attempt: Attempt, failed: FailedUpgrade) -> DeployError:
    version = attempt.record.version
    what = f"revision {failed.revision} ({version})" if failed.revision else version
    return release.error(failed.diagnosis, what, *failed.outcome)


def _interrupted(release: HelmRelease, attempt: Attempt) -> Interrupted:
    """What an interrupted deploy leaves."""
    left = "nothing was installed"
    with suppress(Stage6Error):  # the interruption is what is reported
        number = release.new_revisions.upgrade = release.revision_of(attempt.deploy, attempt.before)
        release.hide_secrets()
        if number:
            reason = "the run was interrupted"
            record = RevisionRecord(revision=number, state=RevisionState.INTERRUPTED, reason=reason)
            release.end_revision(number, record)
        if stored := read_revision(release.api, release.target, number or 0):
            left = f"revision {stored.number} is {stored.status}, and its objects stay"
    return release.interruption(left)
