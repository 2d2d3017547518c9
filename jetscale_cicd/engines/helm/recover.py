"""A release made ready for a deploy: a revision that stays pending is marked failed, a rollback is completed.

A release is never uninstalled.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from jetscale_cicd.decide.cluster.deploy_record import recorded_deploy
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.decide.cluster.revisions import is_rollback, rollback_to
from jetscale_cicd.decide.fields import Object, text, words
from jetscale_cicd.decide.objects.snapshot import is_leaving, name_of
from jetscale_cicd.engines.helm.outside import wait_until_dead
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.rollback import error_of, roll_back
from jetscale_cicd.engines.helm.storage import in_place, patch_revision
from jetscale_cicd.errors import DeployError, PreconditionError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.revision import RevisionRecord, RevisionState, RollbackCause, RollbackRecord
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.helm_release import newest_good, read_revision, revision_numbers
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure
from jetscale_cicd.tools.worker import pause

_POLL = 0.5
# Kinds that a controller outside the cluster has to free.
_SLOW_TO_GO = (("v1", "Service"), ("networking.k8s.io/v1", "Ingress"))


class Recovered(NamedTuple):
    """What was done, for people; and the revision that completes a rollback, None where there was none."""

    found: str
    rolled_back: int | None = None


def recover(release: HelmRelease, *, finish: bool, report: Callable[[StoredRelease], None]) -> Recovered:
    """Mark a revision that stays pending as failed, complete a rollback, wait for what is being deleted.

    Args:
        finish: complete a rollback that failed or was interrupted; not where something new is deployed anyway.
        report: called with a revision that was interrupted: its process is dead.

    Raises:
        SupersededError: ``RELEASE_MOVED``, a helm outside Stage 6 was at work and ended meanwhile.
        DeployError: the rollback failed, or ``OBJECT_TERMINATING``.
    """
    numbers = revision_numbers(release.api, release.target)
    stored = read_revision(release.api, release.target, numbers[0]) if numbers else None
    done: list[str] = []
    number: int | None = None
    if stored and stored.under_way:
        done.append(_mark_failed(release, stored, numbers[1:]))
        if stored.status != "uninstalling":
            report(stored)
    if stored and release.inherited and (died := _deploy_that_died(release, stored)):
        report(died)
    if stored and is_rollback(stored.revision) and stored.status != "deployed" and finish:
        number, to = _complete(release, stored)
        done.append(f"revision {number} brings back revision {to}, as revision {stored.number} was to")
    release.hide_secrets()  # an earlier run may have died between the end of its helm and this
    _wait_for_leaving(release)
    return Recovered("; ".join(done) or "nothing is pending", number)


def _deploy_that_died(release: HelmRelease, stored: StoredRelease) -> StoredRelease | None:
    """The deploy whose run died after its helm had ended: while it was taken back, or before it was verified.

    Args:
        stored: the newest revision, as it was found.
    """
    if stored.under_way and not is_rollback(stored.revision):
        return None  # which is reported as what was pending
    number = before_attempt(release, stored.number) + 1 if is_rollback(stored.revision) else stored.number
    deploy = read_revision(release.api, release.target, number)
    record = record_of(deploy.revision) if deploy else None
    ended = (RevisionState.FAILED, RevisionState.UNVERIFIED)
    return deploy if record and record.state in ended else None


def _mark_failed(release: HelmRelease, stored: StoredRelease, older: list[int]) -> str:
    """Mark a revision whose process is dead as failed; one that Stage 6 did not make gets no record of Stage 6."""
    api, target, was = release.api, release.target, stored.status
    ours = _is_ours(release, stored, older)
    wait_until_dead(release, stored, ours=ours)
    release.check()
    reason = f"its process ended while the release was {was}"
    record = RevisionRecord(revision=stored.number, state=RevisionState.INTERRUPTED, reason=reason)
    edit = in_place(record) if ours else None
    patch_revision(api, target, stored.number, status="failed", edit=edit, hidden=target.secrets)
    done = f"revision {stored.number} was {was}, and is marked failed"
    release.announce(f"  {done}")
    return done


def _complete(release: HelmRelease, stored: StoredRelease) -> tuple[int | None, int]:
    """Complete a rollback: the new revision, and the one that it brought back."""
    target, failed = release.target, stored.number
    to = rollback_to(stored.revision) or newest_good(release.api, target, before_attempt(release, failed))
    if to is None:
        raise _nothing_good(target, stored)
    release.announce(f"  revision {failed} is a rollback that was not completed: revision {to} is brought back")
    outcome = roll_back(release, RollbackRecord(of=failed, to=to, cause=RollbackCause.COMPLETION))
    if error := error_of(release, outcome):
        raise error
    return outcome.revision, to


def _nothing_good(target: Target, stored: StoredRelease) -> PreconditionError:
    return PreconditionError(
        "NOTHING_TO_ROLL_BACK",
        f"revision {stored.number} is a rollback that is {stored.status}, and no revision before it was good",
        where=f"{target.namespace}/{target.release}",
        hint=f"deploy what it took back: jetscale-cicd stage6 --target {target.name} --release-hold; or a new commit",
    )


def before_attempt(release: HelmRelease, number: int) -> int:
    """The number before the newest earlier revision that is no rollback: that one is what a rollback took back."""
    numbers = [each for each in revision_numbers(release.api, release.target) if each < number]
    for each in numbers:
        stored = read_revision(release.api, release.target, each)
        if stored and not is_rollback(stored.revision):
            return each - 1
    return 0


def _is_ours(release: HelmRelease, stored: StoredRelease, older: list[int]) -> bool:
    """Whether Stage 6 made a pending revision: its record is bound to it, or names a deploy that no earlier one has.

    What a rollback brings back may have had its own revision pruned, so the values of a rollback show nothing.
    """
    if record_of(stored.revision):
        return True
    deploy = recorded_deploy(stored.config)
    before = (read_revision(release.api, release.target, number) for number in older)
    new = bool(deploy) and all(deploy != recorded_deploy(each.config) for each in before if each)
    return new and not is_rollback(stored.revision)


def _wait_for_leaving(release: HelmRelease) -> None:
    """Wait for objects that are being deleted (a load balancer takes a while): helm would change them in vain."""
    target = release.target
    objects = _of_release(release)
    deadline = time.monotonic() + target.timeout
    announced = False
    while leaving := _leaving(release, objects):
        subject = f"{text(leaving, 'kind')} {name_of(leaving)}"
        if not announced:
            release.announce(f"  waiting for {subject}, which is being deleted")
            announced = True
        if time.monotonic() > deadline:
            finalizers = ", ".join(words(leaving, "metadata", "finalizers")) or "none"
            raise DeployError(
                "OBJECT_TERMINATING",
                f"{subject} is still being deleted after {target.timeout} s (finalizers: {finalizers})",
                where=f"namespace {target.namespace}",
                hint="check the controller that its finalizer names",
            )
        pause(_POLL)


def _of_release(release: HelmRelease) -> ReleaseObjects:
    """The objects of the newest revision, and kinds that a release may have left before it was uninstalled."""
    api, target = release.api, release.target
    newest = release.newest()
    stored = read_revision(api, target, newest) if newest else None
    objects = ReleaseObjects.of(api, target, stored) if stored else ReleaseObjects.none(api, target)
    slow = (Manifest(version, kind, "", "", {}) for version, kind in _SLOW_TO_GO)
    return replace(objects, manifests=(*objects.manifests, *slow))


def _leaving(release: HelmRelease, objects: ReleaseObjects) -> Object | None:
    try:
        seen = objects.see()
    except ApiFailure as failed:
        raise cannot_tell(failed, release.target) from None
    # What another operator has to free may wait for the very deploy.
    every = (each for place, things in seen.objects.items() if "." not in place for each in things)
    return next((each for each in every if is_leaving(each) and seen.is_ours(each)), None)
