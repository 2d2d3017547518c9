"""Why a deploy failed: one code, the first object at fault, and the next step."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.faults import find_faults
from jetscale_cicd.decide.cluster.helm_errors import classify_error, failed_at, object_in_message
from jetscale_cicd.decide.cluster.workloads import Snapshot, workload_rows
from jetscale_cicd.model.diagnosis import Diagnosis, FailedAt
from jetscale_cicd.model.record import replace

_OF_A_HOOK = (FaultCode.JOB_FAILED, FaultCode.CRASH_LOOP, FaultCode.TIMEOUT)
_WAITS = (FailedAt.WAIT, FailedAt.HOOK)


def diagnose(snapshot: Snapshot | None, message: str, phase: FailedAt | None = None, unredacted: str = "") -> Diagnosis:
    """The diagnosis of a failed deploy.

    Args:
        snapshot: the namespace right after the failure; None where it could not be observed.
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
    # What helm refuses at once is no pod's fault, whatever pods there are.
    found = find_faults(snapshot, hooks_only=by_hook) if snapshot and phase in _WAITS else []
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
    if phase is FailedAt.WAIT:
        waiting = [row.line for row in workload_rows(snapshot) if not row.complete] if snapshot else []
        verdict = "; ".join(waiting) or message
        step = "raise the target's timeout, if it is slow"
        return Diagnosis(code=FaultCode.TIMEOUT, subject="", verdict=verdict, next_step=step)
    return _by_message(FaultCode.DEPLOY_FAILED, message)


def _by_message(code: FaultCode, message: str, *, named: bool = True) -> Diagnosis:
    subject = object_in_message(message) if named else ""
    return Diagnosis(code=code, subject=subject, verdict=message, next_step=code.next_step)
