"""A helm outside Stage 6 that may still be at work on the release: it is waited for, as long as its timeout."""

from datetime import datetime

from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.observe.cluster.helm_release import read_revision
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.worker import pause

_POLL = 2.0


def wait_until_dead(release: HelmRelease, stored: StoredRelease, *, ours: bool) -> None:
    """Wait until a revision that is under way is as old as the target's timeout: its helm is dead then.

    A run of Stage 6 held the lock that this one holds now, so it is dead. Any operation counts as one of Stage 6 where
    the last holder did not release the lock; but no run uninstalls. The age is by the server's clock alone: that of a
    person's machine may be an hour wrong.

    Args:
        stored: the newest revision.
        ours: Stage 6 made it.

    Raises:
        SupersededError: ``RELEASE_MOVED``, that helm ended meanwhile.
    """
    if (ours or release.inherited) and stored.status != "uninstalling":
        return
    announced = False
    while (left := release.target.timeout - _age(release, stored)) > 0:
        if not announced:
            what = f"the release is {stored.status}, by a helm outside Stage 6"
            release.announce(f"  {what}: it is waited for, at most {left:.0f} s")
            announced = True
        pause(_POLL)
        release.check()
        now = read_revision(release.api, release.target, stored.number)
        if now is None or now.status != stored.status or release.newest() != stored.number:
            raise release.moved(f"a helm outside Stage 6 ended what was {stored.status}")


def _age(release: HelmRelease, stored: StoredRelease) -> float:
    """Seconds since its Secret was written."""
    try:
        return (release.api.clock.now() - datetime.fromisoformat(stored.written)).total_seconds()
    except (ValueError, TypeError):  # no time, or one without a zone
        return float(release.target.timeout)
