"""What the newest revision of a Helm release means for a commit that brings nothing new (DESIGN §3)."""

from jetscale_cicd.decide.cluster.deploy_record import rollback_reason
from jetscale_cicd.model.live import Deployed, Revision, last_recorded
from jetscale_cicd.model.plan import HELD, Decision

_RELEASE = "--release-hold deploys all the same"
_CAUSE = 300  # characters of it that are told


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
    if revision.rollback:
        return _after_rollback(revision, last_recorded(live), latest, values_differ, release_hold)
    if revision.pending:
        ended = f"{revision.holder} is at work on it" if revision.holder else "a helm by hand, or a run that died"
        return Decision.REDEPLOY, f"revision {revision.number} is {revision.status}: {ended}"
    if revision.status != "deployed":
        return Decision.REDEPLOY, f"revision {revision.number} is {revision.status}{_cause(revision, ' failed: ')}"
    if not live.commit:
        return Decision.REDEPLOY, f"revision {revision.number} was deployed by other hands: it has no record of Stage 6"
    return None


def _cause(revision: Revision, after: str) -> str:
    """What the description of a revision says after these words, in brackets; "" where it says nothing."""
    why = revision.description.partition(after)[2].strip()
    return f" ({why[:_CAUSE]})" if why else ""


def _after_rollback(
    revision: Revision, tried: Deployed, latest: str, values_differ: bool, release_hold: bool
) -> tuple[Decision, str]:
    """Somebody decided against what was tried, and only something new may undo that."""
    done = revision.status == "deployed"
    place = "an earlier revision" if revision.rollback_to is None else str(revision.rollback_to)
    back = f"revision {revision.number} is a rollback to {place}"
    why = rollback_reason(revision.description)[:_CAUSE]
    back += (f" ({why})" if why else "") if done else f" that is {revision.status}"
    if release_hold:
        return Decision.REDEPLOY, f"{back}, and the hold is released"
    if revision.attempted is not None and tried.version != latest:
        return Decision.REDEPLOY, f"{back}, which took back {tried.version}; {latest} is new"
    if revision.attempted is not None and tried.values_digest and values_differ:
        return Decision.REDEPLOY, f"{back}, which took back other values than this commit has"
    if not done:
        return Decision.NOTHING, f"{HELD}: {back}, and is brought to its end"
    if revision.attempted is None:
        why = f"{HELD}: {back}, and Helm no longer keeps what it took back; nothing until {_RELEASE.partition(' ')[0]}"
        return Decision.NOTHING, why
    taken = f"{tried.version}" + (f" of {tried.commit[:12]}" if tried.commit else "")
    return (
        Decision.NOTHING,
        f"{HELD}: {back}, which took back {taken}; nothing until a new version or new values; {_RELEASE}",
    )
