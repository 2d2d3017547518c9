"""What keeps one pod from becoming ready: its containers, its volumes, its node, its probes and gates."""

import re
from collections.abc import Iterator, Sequence

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.fields import Object, condition_of, part, parts, text, whole
from jetscale_cicd.decide.objects.snapshot import Snapshot, condition, count, event_lines, name_of, warnings
from jetscale_cicd.model.diagnosis import Diagnosis, LogSource
from jetscale_cicd.model.record import replace

READ_LOG = "its log shows more; rollback: false keeps its pod for inspection"
_SLOW = "if it is only slow, raise the target's timeout"
_NOT_FOUND = re.compile(
    r"(secret|configmap) \"([^\"]{1,253})\" not found"
    r"|couldn't find key (\S{1,253}) in (Secret|ConfigMap) (\S{1,600})"
    r"|references non-existent (secret|config) key: (\S{1,253})"
)
# Kubernetes, pkg/kubelet/images/types.go and pkg/kubelet/kuberuntime: why a container waits.
_IMAGE = (
    *("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"),
    *("RegistryUnavailable", "SignatureValidationFailed"),
)
_START = ("CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError", "StartError")
_SANDBOX = ("FailedCreatePodSandBox", "FailedCreatePodContainer")


def pod_fault(around: Snapshot, pod: Object, owner: str) -> Diagnosis | None:
    """What keeps a pod from becoming ready; None where it is, or has done its work.

    Args:
        owner: the workload, as it is shown; the pod itself where it is its own.
    """
    if text(pod, "status", "phase") == "Succeeded" or condition(pod, "Ready") == "True":
        return None
    events = around.events_of(pod)
    found = next(_faults(around, pod, events))
    return replace(
        found,
        subject=f"pod {name_of(pod)} ({owner})",
        events=event_lines(events),
        read_log=found.code == FaultCode.CRASH_LOOP,
    )


def _fault(
    code: FaultCode,
    verdict: str,
    next_step: str,
    source: LogSource | None = None,
    waits_for: tuple[tuple[str, str], ...] = (),
) -> Diagnosis:
    """A fault of a pod, before it is told whose pod it is."""
    return Diagnosis(code=code, subject="", verdict=verdict, next_step=next_step, source=source, waits_for=waits_for)


def _faults(around: Snapshot, pod: Object, events: Sequence[Object]) -> Iterator[Diagnosis]:
    """Everything that shows what is wrong, what causes the rest first; at last that nothing does."""
    waiting = [each for each in _containers(pod) if not _is_done(each)]
    for container in waiting:
        yield from _of_container(around, pod, container)
    if text(pod, "status", "phase") in ("", "Pending"):
        yield from _of_volumes(around, events)
        yield from _of_node(pod)
        for event in warnings(events, *_SANDBOX):
            yield _fault(
                FaultCode.POD_SANDBOX,
                verdict=_one_line(text(event, "message")),
                next_step="it is the node's network or runtime: does its plugin work there?",
            )
    if text(pod, "status", "phase") == "Failed":
        why = _one_line(f"{text(pod, 'status', 'reason')}: {text(pod, 'status', 'message')}").strip(": ")
        yield _fault(FaultCode.POD_FAILED, verdict=f"it failed ({why})" if why else "it failed", next_step=_SLOW)
    yield from _of_readiness(pod, waiting, events)


def _containers(pod: Object) -> list[Object]:
    status = part(pod, "status")
    return [*parts(status, "initContainerStatuses"), *parts(status, "containerStatuses")]


def _is_done(container: Object) -> bool:
    """Whether a container is ready, or has done its work, as an init container does."""
    ended = part(container, "state", "terminated")
    return container.get("ready") is True or (bool(ended) and count(ended, "exitCode") == 0)


def _of_container(around: Snapshot, pod: Object, container: Object) -> Iterator[Diagnosis]:
    waiting = part(container, "state", "waiting")
    reason, message = text(waiting, "reason"), _one_line(text(waiting, "message"))
    if reason == "CreateContainerConfigError":
        step = "correct the container's environment"
        yield _missing(message, around) or _fault(FaultCode.CONTAINER_CONFIG, verdict=message, next_step=step)
    if reason in _IMAGE:
        image = text(container, "image")
        step = f"is {image} pushed, and may the namespace's pull secret read it?"
        yield _fault(FaultCode.IMAGE_PULL, verdict=f"{reason}: {message or image}", next_step=step)
    ended = part(container, "state", "terminated") or part(container, "lastState", "terminated")
    # CrashLoopBackOff is also of a container that ends with 0 and should not end.
    if ended and (reason == "CrashLoopBackOff" or count(ended, "exitCode") != 0):
        yield _crashed(pod, container, ended, is_waiting=bool(waiting))
    if reason in _START:
        yield _fault(
            FaultCode.CONTAINER_START,
            verdict=f"{reason}: {message}",
            next_step="correct the container's command",
        )


def _crashed(pod: Object, container: Object, ended: Object, *, is_waiting: bool) -> Diagnosis:
    name, restarts = text(container, "name"), count(container, "restartCount")
    running = bool(part(container, "state", "running"))
    source = LogSource(pod=name_of(pod), container=name, previous=is_waiting or running)
    verdict = f"container {name} ended with status {count(ended, 'exitCode')} ({text(ended, 'reason') or 'Error'})"
    verdict += f", started again {restarts} time{'' if restarts == 1 else 's'}" if restarts else ""
    if text(ended, "reason") == "OOMKilled":
        step = "raise its memory limit, or find the leak"
        return _fault(FaultCode.OUT_OF_MEMORY, verdict=verdict, next_step=step, source=source)
    return _fault(FaultCode.CRASH_LOOP, verdict=verdict, next_step=READ_LOG, source=source)


def _of_volumes(around: Snapshot, events: Sequence[Object]) -> Iterator[Diagnosis]:
    for event in reversed(tuple(warnings(events, "FailedMount", "FailedAttachVolume"))):
        message = _one_line(text(event, "message"))
        if missing := _missing(message, around):
            yield missing
        elif text(event, "reason") == "FailedAttachVolume":
            step = "another pod has it: is that one leaving, or of another node? kubectl get volumeattachments"
            yield _fault(FaultCode.VOLUME_ATTACH, verdict=message, next_step=step)
        elif "timed out waiting for the condition" not in message:  # which only repeats that it waits
            step = "does its driver run on the node, and is what it mounts there?"
            yield _fault(FaultCode.VOLUME_MOUNT, verdict=message, next_step=step)


def _of_node(pod: Object) -> Iterator[Diagnosis]:
    scheduled = condition_of(pod, "PodScheduled")
    if text(scheduled, "reason") == "Unschedulable":
        claims = (text(each, "persistentVolumeClaim", "claimName") for each in parts(pod, "spec", "volumes"))
        yield _fault(
            FaultCode.UNSCHEDULABLE,
            verdict=text(scheduled, "message"),
            next_step="add a node that fits, or request less",
            waits_for=tuple(("PersistentVolumeClaim", name) for name in claims if name),
        )
    if text(scheduled, "reason") == "SchedulingGated":
        gates = ", ".join(text(each, "name") for each in parts(pod, "spec", "schedulingGates"))
        step = "whoever set them takes them off: is that controller at work?"
        yield _fault(FaultCode.UNSCHEDULABLE, verdict=f"its scheduling gates are closed: {gates}", next_step=step)


def _of_readiness(pod: Object, waiting: Sequence[Object], events: Sequence[Object]) -> Iterator[Diagnosis]:
    name = next((text(each, "name") for each in waiting), "")
    source = LogSource(pod=name_of(pod), container=name) if name else None
    for event in reversed(tuple(warnings(events, "Unhealthy"))):
        step = "does it listen where its probe connects, and are its dependencies available?"
        message = _one_line(text(event, "message"))
        yield _fault(FaultCode.PROBE_FAILED, verdict=message, next_step=step, source=source)
    gates = [text(each, "conditionType") for each in parts(pod, "spec", "readinessGates")]
    if closed := [gate for gate in gates if condition(pod, gate) != "True"]:
        verdict = f"its readiness gate {', '.join(closed)} is not open"
        why = ", ".join(filter(None, (_one_line(text(condition_of(pod, gate), "message")) for gate in closed)))
        step = "a controller opens it, of a load balancer as a rule: does it run, and is the target healthy?"
        yield _fault(FaultCode.READINESS_GATE, verdict=f"{verdict}: {why}" if why else verdict, next_step=step)
    newest = next(reversed(tuple(warnings(events))), None)
    said = f": {_one_line(text(newest, 'message'))}" if newest else ""
    verdict = f"it is {text(pod, 'status', 'phase') or 'Pending'}, and not ready{said}"
    yield _fault(FaultCode.TIMEOUT, verdict=verdict, next_step=_SLOW, source=source)


def _missing(message: str, around: Snapshot) -> Diagnosis | None:
    """What a message of the kubelet says is not there."""
    match = _NOT_FOUND.search(message)
    if match is None:
        return None
    kind, name, key = _named(match)
    if not name:
        return None
    what = f'{kind} "{name}" has no key {key}' if key else f'{kind} "{name}" does not exist'
    if kind == "secret":
        command = f"kubectl describe externalsecret {name} --namespace {around.namespace}"
        step = f"create it; where an ExternalSecret should have, its status shows why it did not: {command}"
        return _fault(FaultCode.MISSING_SECRET, verdict=what, next_step=step, waits_for=(("Secret", name),))
    step = "let the chart create it, or create it with kubectl"
    return _fault(FaultCode.MISSING_CONFIGMAP, verdict=what, next_step=step, waits_for=(("ConfigMap", name),))


def _named(match: "re.Match[str]") -> tuple[str, str, str]:
    """Kind, name and key of what is missing; a volume names no object."""
    if match[1]:
        return match[1], match[2], ""
    if match[3]:
        return match[4].lower(), match[5].rpartition("/")[2], match[3]
    return "", "", match[7]


def restarts(pod: Object) -> int:
    """How often containers of a pod were started again."""
    return sum(whole(each, "restartCount") or 0 for each in parts(pod, "status", "containerStatuses"))


def _one_line(message: str) -> str:
    return " ".join(message.split())
