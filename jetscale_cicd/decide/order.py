"""In which order targets get a version: each one after those that it needs have it, live and verified."""

from collections.abc import Sequence
from functools import partial

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
    waits = (_wait_for(decided[name], left_out=name in left_out) for name in each.target.needs)
    return next(filter(None, waits), None)


def _wait_for(needed: TargetDecision, *, left_out: bool) -> Waiting | None:
    """Why a needed target keeps others waiting; None where it does not, or comes first in this run."""
    wait = partial(Waiting, needed=needed.target.name, left_out=left_out)
    nothing = needed.decision is Decision.NOTHING
    if needed.hold:
        return wait(why=f"a rollback holds it ({needed.hold.sentence})")
    if needed.superseded:
        return wait(why="what is released, or deployed there, is newer than this commit")
    if needed.waiting:
        return wait(why=f"it waits for {needed.waiting.needed} itself")
    if isinstance(needed.live, NotObserved) and (left_out or nothing):
        return wait(why=f"what is deployed there was not observed ({needed.live.why})", unseen=True)
    if left_out and not nothing:
        return wait(why="it does not have this yet, and this run leaves it out")
    if left_out and needed.unverified:
        return wait(why=f"what is deployed there is not verified ({needed.unverified}), and this run leaves it out")
    return None
