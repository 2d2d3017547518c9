"""How long a deploy is waited for where none has ever worked: every push would wait its whole timeout."""

from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.record import replace

_PART = 4
_LEAST = 120  # seconds


def bounded(decided: TargetDecision, *, redeploy: bool) -> TargetDecision:
    """The decision, with a part of the timeout where no deploy to the target has ever worked.

    What is left of a failed first deploy stays, and goes on to start, so a later attempt need not wait for all of it.

    Args:
        redeploy: somebody asks for this deploy, and waits for it.
    """
    target = decided.target
    if redeploy or decided.decision is Decision.NOTHING or not _failures(decided):
        return decided
    timeout = min(target.timeout, max(_LEAST, target.timeout // _PART))
    return replace(decided, target=replace(target, timeout=timeout))


def never_worked(decided: TargetDecision) -> str:
    """What has to be known of such a target before anything is done; "" where it is none."""
    failures, timeout = _failures(decided), decided.target.timeout
    if not failures or decided.decision is Decision.NOTHING:
        return ""
    count = "its only revision" if failures == 1 else f"all of its {failures} revisions"
    last = decided.live.revision.record if isinstance(decided.live, Deployed) and decided.live.revision else None
    cause = f", the last one because of {last.cause}" if last and last.cause else ""
    return (
        f"{decided.target.name}: no deploy has ever worked here, {count} failed{cause}: this one is waited for "
        f"{timeout} s (stage6 --target {decided.target.name} --redeploy waits its whole timeout)"
    )


def _failures(decided: TargetDecision) -> int:
    revision = decided.live.revision if isinstance(decided.live, Deployed) else None
    return revision.failures if revision else 0
