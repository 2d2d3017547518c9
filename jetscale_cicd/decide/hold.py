"""What the newest revision of a Helm release means for a commit that brings nothing new (DESIGN §3)."""

from jetscale_cicd.model.live import Deployed, Revision, last_attempt
from jetscale_cicd.model.plan import HELD, Decision

_RELEASE = "--release-hold deploys all the same"


def by_revision(
    live: Deployed, revision: Revision, latest: str, values_differ: bool, release_hold: bool
) -> tuple[Decision, str] | None:
    """The decision that the revision asks for, and why; None where it asks for none.

    Args:
        live: what is deployed, with its record.
        latest: version of the latest release.
        values_differ: head has other values than what was tried last.
        release_hold: a rollback holds nothing.
    """
    if revision.pending:
        why = f"revision {revision.number} is {revision.status}: an earlier run did not finish"
        return Decision.REDEPLOY, why
    if revision.status != "deployed":
        return Decision.REDEPLOY, f"revision {revision.number} is {revision.status}"
    tried = last_attempt(live)
    if tried is not live:
        return _after_rollback(revision, tried, latest, values_differ, release_hold)
    if not live.commit:
        return Decision.REDEPLOY, f"revision {revision.number} was deployed by other hands: it has no record of Stage 6"
    return None


def _after_rollback(
    revision: Revision, tried: Deployed, latest: str, values_differ: bool, release_hold: bool
) -> tuple[Decision, str]:
    """Somebody decided against what was tried, and only something new may undo that."""
    back = f"revision {revision.number} is a rollback to {revision.rollback_to}"
    if release_hold:
        return Decision.REDEPLOY, f"{back}, and the hold is released"
    if tried.version != latest:
        return Decision.REDEPLOY, f"{back}, which took back {tried.version}; {latest} is new"
    if tried.values_digest and values_differ:
        return Decision.REDEPLOY, f"{back}, which took back other values than this commit has"
    taken = f"{tried.version}" + (f" of {tried.commit[:12]}" if tried.commit else "")
    return (
        Decision.NOTHING,
        f"{HELD}: {back}, which took back {taken}; nothing until a new version or new values; {_RELEASE}",
    )
