"""What the newest revision of a Helm release means for a commit that brings nothing new."""

from jetscale_cicd.decide.cluster.fault_codes import Whose, whose
from jetscale_cicd.model.live import Deployed, Revision, last_recorded
from jetscale_cicd.model.plan import Decision, Hold
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.revision import RevisionState, RollbackCause

_RELEASE = "--release-hold deploys it all the same"
_LONGEST_CAUSE = 300
_OUTSIDE = "for a reason outside the commit, which may be mended"
_PASSING = "for a reason that passes"


@frozen(kw_only=True)
class Verdict:
    """A decision, and what asks for it.

    Args:
        why: "" where the reasons of the changed paths say so.
        hold: where a rollback asks for it.
        superseded: what is released or deployed is newer.
    """

    decision: Decision
    why: str = ""
    superseded: bool = False
    hold: Hold | None = None


def by_revision(
    live: Deployed, revision: Revision, latest: str, values_differ: bool, release_hold: bool
) -> Verdict | None:
    """What the newest revision asks for; None where it asks for nothing.

    Args:
        live: what is deployed, with its record.
        latest: version of the latest release.
        values_differ: head has other values than the last record names.
        release_hold: no rollback holds.
    """
    if revision.rollback:
        return _after_rollback(revision, last_recorded(live), latest, values_differ, release_hold)
    if revision.pending:
        owner = f"{revision.holder} holds its lock" if revision.holder else "a helm outside Stage 6, or an ended run"
        return Verdict(decision=Decision.REDEPLOY, why=f"revision {revision.number} is {revision.status}: {owner}")
    if revision.status != "deployed":
        return Verdict(
            decision=Decision.REDEPLOY, why=f"revision {revision.number} is {revision.status}{_cause(revision)}"
        )
    if not live.commit:
        why = f"revision {revision.number} was deployed outside Stage 6: it has no record"
        return Verdict(decision=Decision.REDEPLOY, why=why)
    return None


def _cause(revision: Revision) -> str:
    """Why a revision failed, in brackets; "" where nothing is recorded."""
    record = revision.record
    failed = record and record.state in (RevisionState.FAILED, RevisionState.INTERRUPTED)
    return f" ({record.cause[:_LONGEST_CAUSE]})" if record and failed and record.cause else ""


def _after_rollback(
    revision: Revision, tried: Deployed, latest: str, values_differ: bool, release_hold: bool
) -> Verdict:
    """A person or a failed run decided against what was tried; only something new ends that."""
    done = revision.status == "deployed"
    place = "an earlier revision" if revision.rollback_to is None else str(revision.rollback_to)
    back = f"revision {revision.number} is a rollback to {place}"
    record = revision.record.rollback if revision.record else None
    why = record.why if record else ""
    back += (f" ({why})" if why else "") if done else f" that is {revision.status}"
    if release_hold:
        return Verdict(decision=Decision.REDEPLOY, why=f"{back}, and the hold is released")
    if revision.attempted is not None and tried.version != latest:
        return Verdict(decision=Decision.REDEPLOY, why=f"{back}, which took back {tried.version}; {latest} is new")
    if revision.attempted is not None and tried.values_digest and values_differ:
        return Verdict(decision=Decision.REDEPLOY, why=f"{back}, which took back other values than this commit has")
    if done and record and record.cause is RollbackCause.FAILED_DEPLOY and whose(record.code) is not Whose.CHART:
        reason = _OUTSIDE if whose(record.code) is Whose.CLUSTER else _PASSING
        return Verdict(decision=Decision.REDEPLOY, why=f"{back}, {reason}: it is tried again")
    sentence = f"{back}{_held_until(revision, tried, done=done)}"
    attempted = tried.revision if revision.attempted is not None else None
    of = record.of if record else attempted.number if attempted else None
    hold = Hold(
        revision=revision.number, of=of, to=revision.rollback_to, why=why, status=revision.status, sentence=sentence
    )
    return Verdict(decision=Decision.NOTHING, why=f"HELD: {sentence}", hold=hold)


def _held_until(revision: Revision, tried: Deployed, *, done: bool) -> str:
    if not done:
        return ", and will be completed"
    if revision.attempted is None:
        return ", and Helm no longer keeps what it took back; nothing until --release-hold"
    taken = f"{tried.version}" + (f" of {tried.commit[:12]}" if tried.commit else "")
    return f", which took back {taken}; nothing until a new version or new values; {_RELEASE}"
