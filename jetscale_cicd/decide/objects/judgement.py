"""What an object was seen to be, with the reason: what every kind's rule gives."""

from collections.abc import Iterable

from jetscale_cicd.decide.fields import Object
from jetscale_cicd.decide.objects.snapshot import is_observed
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.ledger import ObjectState, Pods
from jetscale_cicd.model.record import frozen

_NOT_OBSERVED = "its controller has not dealt with it yet"


@frozen(kw_only=True)
class Judgement:
    """What an object was seen to be (``LedgerRow``)."""

    state: ObjectState
    reason: str = ""
    pods: Pods | None = None
    faults: tuple[Diagnosis, ...] = ()


def ready(reason: str = "", pods: Pods | None = None) -> Judgement:
    """It is what it is to be; a reason is to be known of it."""
    return Judgement(state=ObjectState.READY, reason=reason, pods=pods)


def suspended(reason: str, pods: Pods | None = None) -> Judgement:
    """It is stopped on purpose."""
    return Judgement(state=ObjectState.SUSPENDED, reason=reason, pods=pods)


def progressing(reason: str, pods: Pods | None = None, faults: Iterable[Diagnosis] = ()) -> Judgement:
    """It is on its way, and that is missing."""
    return Judgement(state=ObjectState.PROGRESSING, reason=reason, pods=pods, faults=tuple(faults))


def failed(reason: str, pods: Pods | None = None, faults: Iterable[Diagnosis] = ()) -> Judgement:
    """It will not become ready by waiting."""
    return Judgement(state=ObjectState.FAILED, reason=reason, pods=pods, faults=tuple(faults))


def outdated(pods: Pods | None = None) -> Judgement:
    """Its status is of an earlier generation."""
    return Judgement(state=ObjectState.OUTDATED, reason=_NOT_OBSERVED, pods=pods)


def unobserved(thing: Object, pods: Pods | None = None, *, says: bool = True) -> Judgement | None:
    """That its status is of an earlier generation; None where it is of this one."""
    return None if is_observed(thing, says=says) else outdated(pods)
