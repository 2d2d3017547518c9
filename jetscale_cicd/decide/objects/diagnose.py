"""Why a deploy failed: one code, the first cause of all that is seen, and the next step."""

from collections.abc import Sequence

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.helm_errors import classify_error, failed_at, object_in_message
from jetscale_cicd.decide.objects.first_cause import in_order_of_cause
from jetscale_cicd.model.diagnosis import Diagnosis, FailedAt
from jetscale_cicd.model.ledger import LedgerRow
from jetscale_cicd.model.record import replace

_OF_A_HOOK = (FaultCode.JOB_FAILED, FaultCode.CRASH_LOOP, FaultCode.TIMEOUT)
_WAITS = (FailedAt.WAIT, FailedAt.HOOK)
_MOST_LINES = 8


def diagnose(
    rows: Sequence[LedgerRow] | None, message: str, phase: FailedAt | None = None, unredacted: str = ""
) -> Diagnosis:
    """The diagnosis of a failed deploy.

    Args:
        rows: the objects and hooks of the release right after the failure; None where they could not be observed.
        message: helm's error, or that of the API server where it does not answer.
        phase: what the deploy was doing; None where helm's message has to show it.
        unredacted: that message, to decide by: a password may be a word of helm's; "" where nothing was masked.
    """
    if phase is FailedAt.CONNECTION:
        return _by_message(FaultCode.API_UNREACHABLE, message, named=False)
    if phase is FailedAt.KILLED:
        return _by_message(FaultCode.HELM_KILLED, message, named=False)
    in_message, whole = phase is None, unredacted or message
    phase = phase or failed_at(whole)
    by_hook = phase is FailedAt.HOOK
    waiting = [row for row in rows or () if not row.state.is_green and (row.hook or not by_hook)]
    # What helm refuses at once is no pod's fault, whatever pods there are.
    found = in_order_of_cause(fault for row in waiting for fault in row.faults) if phase in _WAITS else ()
    code = classify_error(whole) if in_message and not by_hook else None
    if code and not (found and code is FaultCode.API_UNREACHABLE):
        return _by_message(code, message)
    if found and by_hook and found[0].code in _OF_A_HOOK:
        hook = FaultCode.HOOK_FAILED
        return replace(found[0], code=hook, next_step=hook.next_step, read_log=False)
    if found:
        return found[0]
    if by_hook:
        return _by_message(FaultCode.HOOK_FAILED, message)
    return _timeout(waiting, message) if phase is FailedAt.WAIT else _by_message(FaultCode.DEPLOY_FAILED, message)


def _timeout(waiting: Sequence[LedgerRow], message: str) -> Diagnosis:
    """That something is not ready, and nothing shows why: its name, its state and its newest event are known."""
    lines = [row.line for row in waiting[:_MOST_LINES]]
    first = next(iter(waiting), None)
    within = f" --namespace {first.namespace}" if first and first.namespace else ""
    look = f"why? kubectl describe {first.kind.lower()} {first.name}{within}; " if first else ""
    step = f"{look}if it is only slow, raise the target's timeout"
    return Diagnosis(code=FaultCode.TIMEOUT, subject="", verdict="; ".join(lines) or message, next_step=step)


def _by_message(code: FaultCode, message: str, *, named: bool = True) -> Diagnosis:
    subject = object_in_message(message) if named else ""
    return Diagnosis(code=code, subject=subject, verdict=message, next_step=code.next_step)
