"""What a dead run left behind, made good: a revision that is pending for ever is marked failed, never uninstalled."""

import time
from datetime import datetime

from jetscale_cicd.decide.deploy_record import recorded
from jetscale_cicd.engines.helm import HelmRelease
from jetscale_cicd.engines.stored_release import rewrite
from jetscale_cicd.errors import DeployError, SupersededError
from jetscale_cicd.observe.helm_release import cannot_tell, read_revision, revision_numbers
from jetscale_cicd.tools.kubernetes import ApiFailure, Object

_POLL = 0.5


def unlock(release: HelmRelease) -> str:
    """End what no living run is at work on, and wait for what is on its way out; what was found, for people.

    Raises:
        SupersededError: ``RELEASE_BUSY``, a helm that is not ours may still be at work; or an unfinished rollback was
            finished, so that there is something new to observe.
        DeployError: the rollback failed, or ``SERVICE_TERMINATING``.
    """
    api, target = release.api, release.target
    newest = next(iter(revision_numbers(api, target)), 0)
    stored = read_revision(api, target, newest) if newest else None
    found = "nothing is pending"
    if stored and stored.status.startswith("pending-"):
        _check_dead(release, stored.status, stored.updated, ours=recorded(stored.config) is not None)
        release.check()
        was, back = stored.status, stored.rollback_to
        what = stored.description if back is None else f"Rollback to {back}"  # what says later that it was one
        words = f"{what} failed: its process ended while the release was {was}"
        rewrite(api, target, newest, status="failed", describe=lambda _: words, hidden=target.secrets)
        found = f"revision {newest} was {was}, and is marked failed"
        release.announce(f"  {found}")
        if back is not None:
            number = release.roll_back(back)
            raise SupersededError(
                "ROLLBACK_FINISHED", f"an earlier run died while it rolled back: revision {number} ends that"
            )
    release.hide_secrets()  # a run may have died between the end of its helm and this
    _wait_for_services(release)
    return found


def _check_dead(release: HelmRelease, status: str, updated: str, *, ours: bool) -> None:
    """Ours held the lock that we hold now, so it is dead; a hand's helm holds none, and is given its time."""
    target = release.target
    try:
        age = (release.api.clock.now() - datetime.fromisoformat(updated)).total_seconds()
    except ValueError:
        age = float(target.timeout)
    if not ours and age < target.timeout:
        raise SupersededError(
            "RELEASE_BUSY",
            f"the release is {status} since {age:.0f} s, by a helm outside Stage 6",
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
