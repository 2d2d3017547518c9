"""What a dead run left behind, made good: a revision that is pending for ever is marked failed, never uninstalled."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from jetscale_cicd.decide.cluster.deploy_record import record_description, recorded, recorded_deploy, recorded_run
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.storage import patch_revision
from jetscale_cicd.errors import DeployError, PreconditionError, SupersededError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import cannot_tell, newest_good, read_revision, revision_numbers
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Object

_POLL = 0.5


class Recovered(NamedTuple):
    """What was found, for people; and the revision that brings a rollback to its end, None where there was none."""

    found: str
    rolled_back: int | None = None


def recover(release: HelmRelease, *, finish: bool, died: Callable[[StoredRelease], None]) -> Recovered:
    """End what no living run is at work on, and wait for what is on its way out.

    Args:
        finish: bring a rollback that died, or failed, to its end; not where something new is to be deployed anyway.
        died: told of a revision whose process was dead.

    Raises:
        SupersededError: ``RELEASE_BUSY``, a helm that is not ours may still be at work.
        DeployError: the rollback failed, or ``SERVICE_TERMINATING``.
    """
    api, target = release.api, release.target
    numbers = revision_numbers(api, target)
    stored = read_revision(api, target, numbers[0]) if numbers else None
    found: list[str] = []
    number: int | None = None
    if stored and stored.under_way:
        _check_dead(release, stored, numbers[1:])
        release.check()
        was = stored.status
        words = f"{_what(stored)} failed: its process ended while the release was {was}"
        patch_revision(api, target, stored.number, status="failed", describe=lambda _: words, hidden=target.secrets)
        found.append(f"revision {stored.number} was {was}, and is marked failed")
        release.announce(f"  {found[0]}")
        if was != "uninstalling":
            died(stored)
    if stored and stored.is_rollback and stored.status != "deployed" and finish:
        good = stored.rollback_to or newest_good(api, target, before_attempt(release, stored.number))
        if good is None:
            raise _nothing_good(target, stored)
        release.announce(f"  revision {stored.number} is a rollback that did not end: revision {good} is brought back")
        number = release.roll_back(good)
        release.update_rollback_description(number, good, f"ends the rollback of revision {stored.number}")
        found.append(f"revision {number} brings back revision {good}, as revision {stored.number} was to")
    release.hide_secrets()  # a run may have died between the end of its helm and this
    _wait_for_services(release)
    return Recovered("; ".join(found) or "nothing is pending", number)


def _nothing_good(target: Target, stored: StoredRelease) -> PreconditionError:
    return PreconditionError(
        "NOTHING_TO_ROLL_BACK",
        f"revision {stored.number} is a rollback that is {stored.status}, and no revision before it was good",
        where=f"{target.namespace}/{target.release}",
        hint=f"deploy what it took back: jetscale-cicd stage6 --target {target.name} --release-hold; or a new commit",
    )


def _what(stored: StoredRelease) -> str:
    """What a revision was to be, in the words that tell later what it was."""
    if stored.rollback_to is not None:
        return f"Rollback to {stored.rollback_to}"
    record = None if stored.is_rollback else recorded(stored.config)
    return record_description(record, recorded_run(stored.config)) if record else stored.description


def before_attempt(release: HelmRelease, number: int) -> int:
    """The number before the revision that a rollback was about: what was tried, or where a rollback went."""
    numbers = [each for each in revision_numbers(release.api, release.target) if each < number]
    for each in numbers:
        stored = read_revision(release.api, release.target, each)
        if stored and not stored.is_rollback:
            return each - 1
    return 0


def _check_dead(release: HelmRelease, stored: StoredRelease, older: list[int]) -> None:
    """A run of ours held the lock that we hold now, so it is dead; a hand's helm holds none, and is given its time.

    Ours is a revision whose record is of no earlier deploy, and any at all where the lock's last holder died. What a
    rollback brings back may have had its own revision pruned, so its record tells nothing; and no run uninstalls.
    """
    target = release.target
    try:
        age = (release.api.clock.now() - datetime.fromisoformat(stored.begun)).total_seconds()
    except ValueError:
        age = float(target.timeout)
    deploy = recorded_deploy(stored.config)
    before = (read_revision(release.api, target, number) for number in older)
    new = bool(deploy) and all(deploy != recorded_deploy(each.config) for each in before if each)
    ours = (new and not stored.is_rollback) or release.inherited
    if not (ours and stored.status != "uninstalling") and age < target.timeout:
        raise SupersededError(
            "RELEASE_BUSY",
            f"the release is {stored.status} since {age:.0f} s, by a helm outside Stage 6",
            where=f"{target.namespace}/{target.release}",
            hint=f"let it end; if it is dead, run again after {target.timeout - age:.0f} s",
        )


def _wait_for_services(release: HelmRelease) -> None:
    """A Service that is being deleted (its load balancer takes a while) would take the new one with it."""
    target = release.target
    deadline = time.monotonic() + target.timeout
    told = False
    while leaving := _leaving(release):
        name = leaving["metadata"]["name"]
        if not told:
            release.announce(f"  waiting for Service {name}, which is being deleted")
            told = True
        if time.monotonic() > deadline:
            finalizers = ", ".join(leaving["metadata"].get("finalizers") or ()) or "none"
            raise DeployError(
                "SERVICE_TERMINATING",
                f"Service {name} is still being deleted after {target.timeout} s (finalizers: {finalizers})",
                where=f"namespace {target.namespace}",
                hint="look after the controller that its finalizer names",
            )
        time.sleep(_POLL)


def _leaving(release: HelmRelease) -> Object | None:
    try:
        services = release.api.items(f"/api/v1/namespaces/{release.target.namespace}/services")
    except ApiFailure as failed:
        if failed.status == 403:
            return None
        raise cannot_tell(failed, release.target) from None
    for service in services:
        annotations = service["metadata"].get("annotations") or {}
        ours = annotations.get("meta.helm.sh/release-name") == release.target.release
        if ours and "deletionTimestamp" in service["metadata"]:
            return service
    return None
