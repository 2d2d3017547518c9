"""PersistentVolumeClaims: helm waits for each of them to be bound."""

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, text
from jetscale_cicd.decide.objects.judgement import Judgement, failed, progressing, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot, event_lines, event_message, name_of
from jetscale_cicd.model.diagnosis import Diagnosis


def judge(thing: Object, around: Snapshot) -> Judgement:
    """It is bound to a volume."""
    phase = text(thing, "status", "phase") or "Pending"
    if phase == "Bound":
        return ready()
    if phase == "Lost":
        return failed("its volume is gone", faults=(_fault(thing, around, "its volume is gone"),))
    fault = _fault(thing, around, _why(thing, around))
    return progressing(fault.verdict, faults=(fault,))


def _why(thing: Object, around: Snapshot) -> str:
    newest = next(reversed(around.events_of(thing)), None)
    told = f": {event_message(newest)}" if newest else ""
    of = text(thing, "spec", "storageClassName")
    return f"it is not bound to a volume{f' of class {of}' if of else ''}{told}"


def _fault(thing: Object, around: Snapshot, verdict: str) -> Diagnosis:
    of, events = text(thing, "spec", "storageClassName"), around.events_of(thing)
    waits = any(text(event, "reason") == "WaitForFirstConsumer" for event in events)
    look = f"kubectl describe persistentvolumeclaim {name_of(thing)} --namespace {around.namespace}"
    step = "its class waits for a pod that mounts it: let one, or leave the claim out" if waits else f"why? {look}"
    return Diagnosis(
        code=FaultCode.CLAIM_PENDING,
        subject=f"PersistentVolumeClaim {name_of(thing)}",
        verdict=verdict,
        next_step=step,
        events=event_lines(events),
        waits_for=(("StorageClass", of),) if of else (),
        blocks=(("PersistentVolumeClaim", name_of(thing)),),
    )
