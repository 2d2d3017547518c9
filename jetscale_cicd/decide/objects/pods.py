"""The pods of a controller: how many there are, and what is wrong with them, or keeps them from being made."""

import re
from collections.abc import Iterator

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.helm_errors import classify_error
from jetscale_cicd.decide.fields import Object, part, text
from jetscale_cicd.decide.objects.pod_faults import pod_fault, restarts
from jetscale_cicd.decide.objects.snapshot import Snapshot, born, count, event_lines, name_of
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.ledger import Pods
from jetscale_cicd.model.record import replace

# Kubernetes, StatefulSets, "Forced rollback".
_STUCK = "a StatefulSet does not replace a pod of an older revision that never became ready"
# Of what the API server refuses of a pod, the codes that name the cause; any other is told by its event.
_REFUSED = (FaultCode.QUOTA, FaultCode.ADMISSION_DENIED)
_ACCOUNT = re.compile(r"error looking up service account \S{1,253}: serviceaccount \"([^\"]{1,253})\" not found")


def counted(around: Snapshot, kind: str, workload: Object, *, ready: int, wanted: int, old: int = 0) -> Pods:
    """The counts of a workload, with the restarts of its newest pods."""
    again = sum(restarts(pod) for pod in around.pods_of(kind, workload))
    return Pods(ready=ready, wanted=wanted, old=old, restarts=again)


def controller_faults(around: Snapshot, kind: str, workload: Object) -> tuple[Diagnosis, ...]:
    """What keeps the pods of a controller from being made or from becoming ready; the newest pods first."""
    return tuple(_faults(around, kind, workload))


def _faults(around: Snapshot, kind: str, workload: Object) -> Iterator[Diagnosis]:
    shown = f"{'hook ' if around.is_hook(kind, workload) else ''}{kind} {name_of(workload)}"
    yield from _not_made(around, workload, shown)
    pods = sorted(around.pods_of(kind, workload), key=born, reverse=True)
    lives = any(text(pod, "status", "phase") != "Failed" for pod in pods)
    for pod in pods:
        # A pod that was evicted stays until it is swept, and so does one of a Job that failed; there is another one.
        if text(pod, "status", "phase") == "Failed" and (lives or kind != "Job"):
            continue
        if fault := pod_fault(around, pod, shown):
            yield _freed(fault, around, pod) if _is_stuck(kind, workload, pod) else fault


def _is_stuck(kind: str, workload: Object, pod: Object) -> bool:
    """Whether a pod is of an older revision of a StatefulSet, which waits for it."""
    newest = text(workload, "status", "updateRevision")
    held = text(part(pod, "metadata", "labels"), "controller-revision-hash")
    return kind == "StatefulSet" and bool(newest) and held != newest


def _freed(fault: Diagnosis, around: Snapshot, pod: Object) -> Diagnosis:
    step = f"{_STUCK}: kubectl delete pod {name_of(pod)} --namespace {around.namespace}"
    return replace(fault, next_step=step, read_log=False)


def _not_made(around: Snapshot, workload: Object, shown: str) -> Iterator[Diagnosis]:
    """Pods that a controller is not allowed to make, so that no pod is there that would show it."""
    controllers = (workload, *around.owned_by(workload, "ReplicaSet"))
    refused = [event for event in around.events_of(*controllers) if text(event, "reason") == "FailedCreate"]
    if not refused or not any(map(_lacks_pods, controllers)):
        return
    message = " ".join(text(refused[-1], "message").split())
    code = classify_error(message)
    known = code in _REFUSED
    account = _ACCOUNT.search(message)
    yield Diagnosis(
        code=code if code and known else FaultCode.PODS_NOT_CREATED,
        subject=shown,
        verdict=message,
        next_step=code.next_step if code and known else "correct what the event names",
        events=event_lines(refused),
        waits_for=(("ServiceAccount", account[1]),) if account else (),
    )


def _lacks_pods(controller: Object) -> bool:
    """Whether a controller has fewer pods than its spec asks for; each kind has its own fields for that."""
    spec, status = part(controller, "spec"), part(controller, "status")
    if "desiredNumberScheduled" in status:  # a DaemonSet
        return count(status, "currentNumberScheduled") < count(status, "desiredNumberScheduled")
    if "template" in spec and "replicas" not in spec:  # a Job
        return not any(count(status, name) for name in ("active", "succeeded", "failed"))
    return count(status, "replicas") < count(spec, "replicas")
