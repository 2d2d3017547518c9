"""From what Kubernetes shows and helm said to one verdict: a code, the first object at fault, the next thing to do."""

import re
from collections.abc import Iterator
from dataclasses import replace

from jetscale_cicd.decide.cluster.helm_errors import REFUSALS, classify_error, object_in_message
from jetscale_cicd.decide.cluster.workloads import (
    Object,
    Snapshot,
    condition,
    event_line,
    is_terminating,
    owned,
    workload_rows,
)
from jetscale_cicd.model.diagnosis import Diagnosis, LogSource

# Code, verdict, next step, and where a log may tell more.
_Fault = tuple[str, str, str, LogSource | None]
_EVENTS = 5
READ_LOG = "its log tells more; rollback: false keeps its pod to be looked at"
# Kubernetes, StatefulSets, "Forced rollback".
_STUCK = "a StatefulSet does not replace a pod that never became ready, though what it runs is no longer wanted"
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
# helm, pkg/action: an upgrade says the former, an install the latter.
_HOOK = r"(?:pre|post)-(?:upgrade|rollback|install) hooks failed|failed (?:pre|post)-install"
_WAITED = r"deadline exceeded|timed out|did not end within"
# Which of several faults is told: one that causes others before one that is caused.
_ORDER = (
    "MISSING_SECRET",
    "MISSING_CONFIGMAP",
    "CONTAINER_CONFIG",
    "IMAGE_PULL",
    "OUT_OF_MEMORY",
    "CRASH_LOOP",
    "CONTAINER_START",
    "QUOTA",
    "ADMISSION_DENIED",
    "PODS_NOT_CREATED",
    "UNSCHEDULABLE",
    "JOB_FAILED",
    "PROBE_FAILED",
    "LOAD_BALANCER",
    "TIMEOUT",
)
CODES = frozenset({*_ORDER, *(code for code, *_ in REFUSALS), "HOOK_FAILED", "DEPLOY_FAILED"})


def diagnose(snapshot: Snapshot | None, said: str, *, reachable: bool = True) -> Diagnosis:
    """The verdict on a failed deploy.

    Args:
        snapshot: the namespace right after the failure; None where it could not be seen.
        said: helm's last words.
        reachable: whether the API server answers now.
    """
    if not reachable:
        step = "look after the API server; then run again: it goes on from what it finds"
        return Diagnosis(code="API_UNREACHABLE", subject="", verdict=said, next_step=step)
    by_hook = re.search(_HOOK, said) is not None
    waited = by_hook or re.search(_WAITED, said) is not None
    looked = snapshot if waited else None  # what helm refuses at once is no pod's fault, whatever pods are there
    found = sorted(_faults(looked, by_hook), key=lambda fault: _ORDER.index(fault.code)) if looked else []
    by_words = classify_error(said)
    if by_words and not by_hook and not (found and by_words[0] == "API_UNREACHABLE"):
        return Diagnosis(code=by_words[0], subject=object_in_message(said), verdict=said, next_step=by_words[1])
    if found and by_hook and found[0].code in ("JOB_FAILED", "CRASH_LOOP", "TIMEOUT"):
        return replace(found[0], code="HOOK_FAILED", next_step="mend the hook")
    if found:
        return found[0]
    if by_hook:
        return Diagnosis(code="HOOK_FAILED", subject=object_in_message(said), verdict=said, next_step="mend the hook")
    if waited:
        waiting = [row.line for row in workload_rows(snapshot) if not row.complete] if snapshot else []
        verdict = "; ".join(waiting) or said
        return Diagnosis(
            code="TIMEOUT", subject="", verdict=verdict, next_step="raise the target's timeout, if it is slow"
        )
    return Diagnosis(
        code="DEPLOY_FAILED", subject=object_in_message(said), verdict=said, next_step="what helm says is all there is"
    )


def blocked(snapshot: Snapshot) -> Diagnosis | None:
    """The first pod of the release that lacks a Secret or a ConfigMap, whoever made it: also a Job, or a CronJob."""
    makers = [*snapshot.workloads(), *snapshot.scheduled_jobs()]
    for kind, maker in makers:
        for pod in snapshot.pods_of(kind, maker):
            for fault in _pod_faults(snapshot, pod, f"{kind} {maker['metadata']['name']}"):
                if fault.code in ("MISSING_SECRET", "MISSING_CONFIGMAP"):
                    return fault
    return None


def _faults(snapshot: Snapshot, by_hook: bool) -> Iterator[Diagnosis]:
    """Every object at fault; of a Deployment the pods of its newest ReplicaSet alone."""
    for kind, workload in snapshot.workloads():
        hook = snapshot.is_hook(kind, workload)
        if by_hook and not hook:
            continue
        around = f"{'hook ' if hook else ''}{kind} {workload['metadata']['name']}"
        yield from _not_created(snapshot, workload, around)
        for pod in snapshot.pods_of(kind, workload):
            stuck = kind == "StatefulSet" and _is_outdated(workload, pod)
            step = f"{_STUCK}: kubectl delete pod {pod['metadata']['name']} --namespace {snapshot.namespace}"
            for fault in _pod_faults(snapshot, pod, around):
                yield replace(fault, next_step=step) if stuck else fault
        if kind == "Job" and condition(workload, "Failed") == "True":
            yield _job_failed(snapshot, workload, around)
    if not by_hook:
        yield from _pending_services(snapshot)


def _is_outdated(workload: Object, pod: Object) -> bool:
    """Whether a pod of a StatefulSet is of another revision than the one that is wanted now."""
    wanted = (workload.get("status") or {}).get("updateRevision")
    labels = pod["metadata"].get("labels") or {}
    return bool(wanted) and labels.get("controller-revision-hash") != wanted


def _not_created(snapshot: Snapshot, workload: Object, around: str) -> Iterator[Diagnosis]:
    """Pods that a controller is not allowed to make; no pod is there to tell it."""
    controllers = (workload, *owned(snapshot.of("ReplicaSet"), workload))
    said = [event for event in snapshot.events_of(*controllers) if event.get("reason") == "FailedCreate"]
    if not said or not any(map(_lacks_pods, controllers)):
        return
    message = str(said[-1].get("message", ""))
    code, step = classify_error(message) or ("PODS_NOT_CREATED", "mend what the event names")
    lines = tuple(event_line(event) for event in said[-_EVENTS:])
    yield Diagnosis(code=code, subject=around, verdict=" ".join(message.split()), next_step=step, events=lines)


def _lacks_pods(controller: Object) -> bool:
    """Whether a controller has fewer pods than it wants; each kind says so in its own words."""
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
    lines = tuple(event_line(event) for event in events[-_EVENTS:])

    def fault(code: str, verdict: str, step: str, source: LogSource | None = None) -> Diagnosis:
        subject = f"pod {pod['metadata']['name']} ({around})"
        return Diagnosis(code=code, subject=subject, verdict=verdict, next_step=step, events=lines, source=source)

    containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in containers:
        if found := _container_fault(snapshot, pod, container):
            yield fault(*found)
            return
    for event in events:
        if event.get("reason") == "FailedMount" and (missing := _missing(str(event.get("message", "")), snapshot)):
            yield fault(*missing)
            return
    unschedulable = next(
        (each for each in status.get("conditions") or () if each.get("reason") == "Unschedulable"), None
    )
    if unschedulable:
        yield fault("UNSCHEDULABLE", str(unschedulable.get("message", "")), "add a node that fits, or ask for less")
        return
    probes = [event for event in events if event.get("reason") == "Unhealthy"]
    name = next((each["name"] for each in containers if not each.get("ready")), "")
    source = LogSource(pod=pod["metadata"]["name"], container=name) if name else None
    if probes:
        step = "does it listen where its probe asks, and is what it depends on there?"
        yield fault("PROBE_FAILED", " ".join(str(probes[-1].get("message", "")).split()), step, source)
        return
    phase = str(status.get("phase", "Pending"))
    yield fault("TIMEOUT", f"it is {phase}, and not ready", _SLOW, source)


def _container_fault(
    snapshot: Snapshot, pod: Object, container: Object
) -> tuple[str, str, str, LogSource | None] | None:
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, message = str(waiting.get("reason", "")), " ".join(str(waiting.get("message", "")).split())
    name = container.get("name", "")
    if reason == "CreateContainerConfigError":
        missing = _missing(message, snapshot)
        return (*missing, None) if missing else ("CONTAINER_CONFIG", message, "mend the container's environment", None)
    if reason in _IMAGE:
        image = container.get("image", "")
        step = f"is {image} pushed, and may the namespace's pull secret read it?"
        return "IMAGE_PULL", f"{reason}: {message or image}", step, None
    ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get("terminated")
    loops = reason == "CrashLoopBackOff"  # also where it ends with 0, and was to run for ever
    if ended and (loops or int(ended.get("exitCode") or 0) != 0):
        log = LogSource(pod=pod["metadata"]["name"], container=name, previous=bool(waiting))
        restarts = int(container.get("restartCount") or 0)
        verdict = f"container {name} ended with status {ended.get('exitCode')} ({ended.get('reason', 'Error')})"
        verdict += f", started again {restarts} time{'' if restarts == 1 else 's'}" if restarts else ""
        if ended.get("reason") == "OOMKilled":
            return "OUT_OF_MEMORY", verdict, "raise its memory limit, or find the leak", log
        return "CRASH_LOOP", verdict, READ_LOG, log
    if reason in _START:
        return "CONTAINER_START", f"{reason}: {message}", "mend the container's command", None
    return None


def _missing(message: str, snapshot: Snapshot) -> tuple[str, str, str] | None:
    match = _NOT_FOUND.search(message)
    if match is None:
        return None
    kind, name = (match[1], match[2]) if match[1] else (match[4].lower(), match[5].rpartition("/")[2])
    what = f'{kind} "{name}" does not exist' if match[1] else f'{kind} "{name}" has no key {match[3]}'
    if kind == "secret":
        command = f"kubectl describe externalsecret {name} --namespace {snapshot.namespace}"
        step = f"make it; where an ExternalSecret does, that says why it did not: {command}"
        return "MISSING_SECRET", what, step
    return "MISSING_CONFIGMAP", what, "let the chart make it, or make it by hand"


def _job_failed(snapshot: Snapshot, job: Object, around: str) -> Diagnosis:
    conditions: list[Object] = job["status"].get("conditions") or []
    said = next((each for each in conditions if each.get("type") == "Failed"), {})
    pods = owned(snapshot.of("Pod"), job)
    source = None
    if pods:
        last = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))
        source = LogSource(pod=last["metadata"]["name"], container=last["spec"]["containers"][0]["name"])
    lines = tuple(event_line(event) for event in snapshot.events_of(job, *pods)[-_EVENTS:])
    verdict = f"{said.get('reason', 'Failed')}: {said.get('message', '')}"
    step = READ_LOG
    return Diagnosis(code="JOB_FAILED", subject=around, verdict=verdict, next_step=step, events=lines, source=source)


def _pending_services(snapshot: Snapshot) -> Iterator[Diagnosis]:
    """helm waits for the address of every load balancer."""
    for service in snapshot.of("Service"):
        ours = (service["metadata"].get("annotations") or {}).get("meta.helm.sh/release-name") == snapshot.release
        balanced = service.get("spec", {}).get("type") == "LoadBalancer"
        given = (service.get("status", {}).get("loadBalancer") or {}).get("ingress")
        if ours and balanced and not given and not is_terminating(service):
            name = service["metadata"]["name"]
            command = f"kubectl describe service {name} --namespace {snapshot.namespace}"
            lines = tuple(event_line(event) for event in snapshot.events_of(service)[-_EVENTS:])
            yield Diagnosis(
                code="LOAD_BALANCER",
                subject=f"Service {name}",
                verdict="it has no address yet",
                next_step=f"does its controller say why? {command}",
                events=lines,
            )
