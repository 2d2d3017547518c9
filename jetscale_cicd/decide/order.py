"""In which order targets get a version: each one after those that it needs have it, live and verified."""

from collections.abc import Sequence

from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision, Reason, TargetDecision, Waiting
from jetscale_cicd.model.record import replace


def wait_for_needed(
    targets: Sequence[TargetDecision], left_out: Sequence[TargetDecision] = ()
) -> tuple[TargetDecision, ...]:
    """The decisions, with nothing for each target that has to wait for one that it needs.

    One that is brought up to date by the same run is not waited for here: it comes first, and where that fails, the run
    leaves out those that need it.

    Args:
        targets: each after those that it needs.
        left_out: decisions for needed targets to which the run does nothing.
    """
    decided = {each.target.name: each for each in left_out}
    others = frozenset(decided)
    for each in targets:
        waiting = _waiting(each, decided, others) if each.decision is not Decision.NOTHING else None
        decided[each.target.name] = _waits(each, waiting) if waiting else each
    return tuple(decided[each.target.name] for each in targets)


def _waits(decided: TargetDecision, waiting: Waiting) -> TargetDecision:
    reason = Reason(scope=decided.target.name, why=f"it waits for {waiting.needed}: {waiting.why}", counts=False)
    return replace(decided, decision=Decision.NOTHING, waiting=waiting, reasons=(*decided.reasons, reason))


def _waiting(each: TargetDecision, decided: dict[str, TargetDecision], left_out: frozenset[str]) -> Waiting | None:
    for name in each.target.needs:
        needed, is_left_out = decided[name], name in left_out
        if why := _lacks(needed, is_left_out):
            keeps = bool(needed.hold or needed.superseded or needed.waiting)
            unseen = not keeps and isinstance(needed.live, NotObserved)
            return Waiting(needed=name, why=why, unseen=unseen, left_out=is_left_out)
    return None


def _lacks(needed: TargetDecision, is_left_out: bool) -> str:
    """Why a needed target keeps others waiting; "" where it does not, or comes first in this run."""
    if needed.hold:
        return f"a rollback holds it ({needed.hold.sentence})"
    if needed.superseded:
        return "what is released, or deployed there, is newer than this commit"
    if needed.waiting:
        return f"it waits for {needed.waiting.needed} itself"
    if isinstance(needed.live, NotObserved) and (is_left_out or needed.decision is Decision.NOTHING):
        return f"what is deployed there was not observed ({needed.live.why})"
    if is_left_out and needed.decision is not Decision.NOTHING:
        return "it does not have this yet, and this run leaves it out"
    if is_left_out and needed.unverified:
        return f"what is deployed there is not verified ({needed.unverified}), and this run leaves it out"
    return ""
