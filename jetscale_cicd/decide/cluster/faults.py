"""Faults of the objects of a release: each pod, Job and Service that keeps a rollout from completing."""

import re
from collections.abc import Iterator

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.helm_errors import classify_error
from jetscale_cicd.decide.cluster.helm_marks import RELEASE_NAME
from jetscale_cicd.decide.cluster.workloads import (
    Object,
    Snapshot,
    condition,
    event_line,
    is_terminating,
    owned,
)
from jetscale_cicd.model.diagnosis import Diagnosis, LogSource
from jetscale_cicd.model.record import replace

# Code, verdict, next step, and where a log may show more.
_Fault = tuple[FaultCode, str, str, LogSource | None]
_EVENTS = 5
_READ_LOG = "its log shows more; rollback: false keeps its pod for inspection"
# Kubernetes, StatefulSets, "Forced rollback".
_STUCK = "a StatefulSet does not replace a pod of an older revision that never became ready"
_SLOW = "if it is only slow, raise the target's timeout"
_NOT_FOUND = re.compile(r'(secret|configmap) "([^"]+)" not found|couldn\'t find key (\S+) in (Secret|ConfigMap) (\S+)')
# Kubernetes, pkg/kubelet/images/types.go and pkg/kubelet/kuberuntime: why a container waits.
_IMAGE = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
}
_START = {"CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError"}


def find_faults(snapshot: Snapshot, *, hooks_only: bool) -> list[Diagnosis]:
    """Every object at fault, the cause of others first; of a Deployment the pods of its newest ReplicaSet alone."""
    return sorted(_faults(snapshot, hooks_only), key=lambda fault: FaultCode[fault.code].rank)


def blocked(snapshot: Snapshot) -> Diagnosis | None:
    """The first pod of the release that lacks a Secret or a ConfigMap; also one of a Job or a CronJob."""
    makers = [*snapshot.workloads(), *snapshot.scheduled_jobs()]
    for kind, maker in makers:
        for pod in snapshot.pods_of(kind, maker):
            for fault in _pod_faults(snapshot, pod, f"{kind} {maker['metadata']['name']}"):
                if fault.code in (FaultCode.MISSING_SECRET, FaultCode.MISSING_CONFIGMAP):
                    return fault
    return None


def _faults(snapshot: Snapshot, hooks_only: bool) -> Iterator[Diagnosis]:
    for kind, workload in snapshot.workloads():
        hook = snapshot.is_hook(kind, workload)
        if hooks_only and not hook:
            continue
        around = f"{'hook ' if hook else ''}{kind} {workload['metadata']['name']}"
        yield from _not_created(snapshot, workload, around)
        for pod in snapshot.pods_of(kind, workload):
            stuck = kind == "StatefulSet" and _is_outdated(workload, pod)
            step = f"{_STUCK}: kubectl delete pod {pod['metadata']['name']} --namespace {snapshot.namespace}"
            for fault in _pod_faults(snapshot, pod, around):
                yield replace(fault, next_step=step, read_log=False) if stuck else fault
        if kind == "Job" and condition(workload, "Failed") == "True":
            yield _job_failed(snapshot, workload, around)
    if not hooks_only:
        yield from _pending_services(snapshot)


def _is_outdated(workload: Object, pod: Object) -> bool:
    """Whether a pod of a StatefulSet is of an older revision than its spec."""
    newest = (workload.get("status") or {}).get("updateRevision")
    labels = pod["metadata"].get("labels") or {}
    return bool(newest) and labels.get("controller-revision-hash") != newest


def _not_created(snapshot: Snapshot, workload: Object, around: str) -> Iterator[Diagnosis]:
    """Pods that a controller is not allowed to create, so that no pod exists that would show it."""
    controllers = (workload, *owned(snapshot.of("ReplicaSet"), workload))
    refused = [event for event in snapshot.events_of(*controllers) if event.get("reason") == "FailedCreate"]
    if not refused or not any(map(_lacks_pods, controllers)):
        return
    message = str(refused[-1].get("message", ""))
    found = classify_error(message)
    code, step = (found, found.next_step) if found else (FaultCode.PODS_NOT_CREATED, "correct what the event names")
    lines = tuple(event_line(event) for event in refused[-_EVENTS:])
    yield Diagnosis(code=code, subject=around, verdict=" ".join(message.split()), next_step=step, events=lines)


def _lacks_pods(controller: Object) -> bool:
    """Whether a controller has fewer pods than its spec asks for; each kind has its own fields for that."""
    spec, status = controller.get("spec") or {}, controller.get("status") or {}

    def count(*names: str) -> int:
        return sum(int(status.get(name) or 0) for name in names)

    if "desiredNumberScheduled" in status:  # a DaemonSet
        return count("currentNumberScheduled") < count("desiredNumberScheduled")
    if "template" in spec and "replicas" not in spec:  # a Job
        return count("active", "succeeded", "failed") == 0
    return count("replicas") < int(spec.get("replicas") or 0)


def _pod_faults(snapshot: Snapshot, pod: Object, around: str) -> Iterator[Diagnosis]:
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded" or (condition(pod, "Ready") == "True"):
        return
    events = snapshot.events_of(pod)
    code, verdict, step, source = _first_fault(snapshot, pod, events)
    yield Diagnosis(
        code=code,
        subject=f"pod {pod['metadata']['name']} ({around})",
        verdict=verdict,
        next_step=step,
        events=tuple(event_line(event) for event in events[-_EVENTS:]),
        source=source,
        read_log=code is FaultCode.CRASH_LOOP,
    )


def _first_fault(snapshot: Snapshot, pod: Object, events: list[Object]) -> _Fault:
    """What keeps a pod from becoming ready."""
    status = pod.get("status", {})
    containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in containers:
        if found := _container_fault(snapshot, pod, container):
            return found
    for event in events:
        if event.get("reason") == "FailedMount" and (missing := _missing(str(event.get("message", "")), snapshot)):
            return (*missing, None)
    for each in status.get("conditions") or ():
        if each.get("reason") == "Unschedulable":
            step = "add a node that fits, or request less"
            return FaultCode.UNSCHEDULABLE, str(each.get("message", "")), step, None
    name = next((each["name"] for each in containers if not each.get("ready")), "")
    source = LogSource(pod=pod["metadata"]["name"], container=name) if name else None
    probes = [event for event in events if event.get("reason") == "Unhealthy"]
    if probes:
        step = "does it listen where its probe connects, and are its dependencies available?"
        return FaultCode.PROBE_FAILED, " ".join(str(probes[-1].get("message", "")).split()), step, source
    return FaultCode.TIMEOUT, f"it is {status.get('phase', 'Pending')}, and not ready", _SLOW, source


def _container_fault(snapshot: Snapshot, pod: Object, container: Object) -> _Fault | None:
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, message = str(waiting.get("reason", "")), " ".join(str(waiting.get("message", "")).split())
    name = container.get("name", "")
    if reason == "CreateContainerConfigError":
        missing = _missing(message, snapshot)
        return (
            (*missing, None)
            if missing
            else (FaultCode.CONTAINER_CONFIG, message, "correct the container's environment", None)
        )
    if reason in _IMAGE:
        image = container.get("image", "")
        step = f"is {image} pushed, and may the namespace's pull secret read it?"
        return FaultCode.IMAGE_PULL, f"{reason}: {message or image}", step, None
    ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get("terminated")
    loops = reason == "CrashLoopBackOff"  # also of a container that ends with 0 and should not end
    if ended and (loops or int(ended.get("exitCode") or 0) != 0):
        log = LogSource(pod=pod["metadata"]["name"], container=name, previous=bool(waiting))
        restarts = int(container.get("restartCount") or 0)
        verdict = f"container {name} ended with status {ended.get('exitCode')} ({ended.get('reason', 'Error')})"
        verdict += f", started again {restarts} time{'' if restarts == 1 else 's'}" if restarts else ""
        if ended.get("reason") == "OOMKilled":
            return FaultCode.OUT_OF_MEMORY, verdict, "raise its memory limit, or find the leak", log
        return FaultCode.CRASH_LOOP, verdict, _READ_LOG, log
    if reason in _START:
        return FaultCode.CONTAINER_START, f"{reason}: {message}", "correct the container's command", None
    return None


def _missing(message: str, snapshot: Snapshot) -> tuple[FaultCode, str, str] | None:
    match = _NOT_FOUND.search(message)
    if match is None:
        return None
    kind, name = (match[1], match[2]) if match[1] else (match[4].lower(), match[5].rpartition("/")[2])
    what = f'{kind} "{name}" does not exist' if match[1] else f'{kind} "{name}" has no key {match[3]}'
    if kind == "secret":
        command = f"kubectl describe externalsecret {name} --namespace {snapshot.namespace}"
        step = f"create it; where an ExternalSecret should have, its status shows why it did not: {command}"
        return FaultCode.MISSING_SECRET, what, step
    return FaultCode.MISSING_CONFIGMAP, what, "let the chart create it, or create it with kubectl"


def _job_failed(snapshot: Snapshot, job: Object, around: str) -> Diagnosis:
    conditions: list[Object] = job["status"].get("conditions") or []
    failed: Object = next((each for each in conditions if each.get("type") == "Failed"), {})
    pods = owned(snapshot.of("Pod"), job)
    source = None
    if pods:
        last = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))
        container = last["spec"]["containers"][0]["name"]
        source = LogSource(pod=last["metadata"]["name"], container=container)
    lines = tuple(event_line(event) for event in snapshot.events_of(job, *pods)[-_EVENTS:])
    verdict = f"{failed.get('reason', 'Failed')}: {failed.get('message', '')}"
    return Diagnosis(
        code=FaultCode.JOB_FAILED,
        subject=around,
        verdict=verdict,
        next_step=_READ_LOG,
        events=lines,
        source=source,
        read_log=True,
    )


def _pending_services(snapshot: Snapshot) -> Iterator[Diagnosis]:
    """helm waits for the address of every load balancer."""
    for service in snapshot.of("Service"):
        ours = (service["metadata"].get("annotations") or {}).get(RELEASE_NAME) == snapshot.release
        balanced = service.get("spec", {}).get("type") == "LoadBalancer"
        given = (service.get("status", {}).get("loadBalancer") or {}).get("ingress")
        if ours and balanced and not given and not is_terminating(service):
            name = service["metadata"]["name"]
            command = f"kubectl describe service {name} --namespace {snapshot.namespace}"
            lines = tuple(event_line(event) for event in snapshot.events_of(service)[-_EVENTS:])
            yield Diagnosis(
                code=FaultCode.LOAD_BALANCER,
                subject=f"Service {name}",
                verdict="it has no address yet",
                next_step=f"do its events show why? {command}",
                events=lines,
            )
