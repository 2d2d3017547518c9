"""Objects of one release as Kubernetes shows them, and the rollout of each workload."""

from collections.abc import Iterable, Iterator
from typing import Any

from jetscale_cicd.decide.cluster.helm_marks import HOOK, RELEASE_NAME
from jetscale_cicd.model.diagnosis import WorkloadRow
from jetscale_cicd.model.record import frozen

Object = dict[str, Any]
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod")


@frozen(kw_only=True)
class Snapshot:
    """A namespace at one moment, as far as one release is concerned.

    Args:
        release, namespace: of the Helm release.
        objects: kind to the objects of that kind: workloads, ReplicaSets, Pods, Events, Services.
        since: when the deploy began (RFC 3339, the server's clock): older hooks are of another deploy.
        hooks: kind and name of the release's hooks; None takes every hook of the namespace for one, which is enough
            to show progress.
    """

    release: str
    namespace: str
    objects: dict[str, tuple[Object, ...]]
    since: str = ""
    hooks: frozenset[tuple[str, str]] | None = None

    def of(self, kind: str) -> tuple[Object, ...]:
        """All objects of a kind."""
        return self.objects.get(kind, ())

    def workloads(self) -> Iterator[tuple[str, Object]]:
        """Workloads of the release and its hooks, each with its kind; a Pod where it is its own."""
        for kind in _WORKLOADS:
            for each in self.of(kind):
                controlled = bool(each["metadata"].get("ownerReferences"))
                if not controlled and (_annotation(each, RELEASE_NAME) == self.release or self.is_hook(kind, each)):
                    yield kind, each

    def scheduled_jobs(self) -> Iterator[tuple[str, Object]]:
        """The newest Job of each CronJob of the release; older ones may be of an earlier deploy."""
        for each in self.of("CronJob"):
            jobs = owned(self.of("Job"), each) if _annotation(each, RELEASE_NAME) == self.release else []
            yield from (("Job", job) for job in sorted(jobs, key=_created)[-1:])

    def failed_jobs(self) -> Iterator[Object]:
        """Jobs of the release that failed."""
        return (job for kind, job in self.workloads() if kind == "Job" and condition(job, "Failed") == "True")

    def is_hook(self, kind: str, thing: Object) -> bool:
        """Whether an object is a hook of this deploy; the object itself does not name its release."""
        ours = self.hooks is None or (kind, thing["metadata"]["name"]) in self.hooks
        return ours and bool(_annotation(thing, HOOK)) and thing["metadata"].get("creationTimestamp", "") >= self.since

    def pods_of(self, kind: str, workload: Object) -> list[Object]:
        """Pods of a workload that are not being deleted; of a Deployment those of its newest ReplicaSet."""
        if kind == "Pod":
            return [workload]
        newest = self.newest(workload) if kind == "Deployment" else workload
        owners = [newest] if newest else []
        return [pod for owner in owners for pod in owned(self.of("Pod"), owner) if not is_terminating(pod)]

    def newest(self, deployment: Object) -> Object | None:
        """The newest ReplicaSet of a Deployment."""
        return max(owned(self.of("ReplicaSet"), deployment), key=_revision, default=None)

    def events_of(self, *objects: Object) -> list[Object]:
        """Events about these objects, newest last."""
        names = {each["metadata"].get("uid") for each in objects}
        found = (event for event in self.of("Event") if event.get("involvedObject", {}).get("uid") in names)
        return sorted(found, key=_when)


def owned(objects: Iterable[Object], owner: Object) -> list[Object]:
    """Those of the objects that an owner controls."""
    uid = owner["metadata"].get("uid")
    return [
        each for each in objects if any(ref.get("uid") == uid for ref in each["metadata"].get("ownerReferences") or ())
    ]


def is_terminating(thing: Object) -> bool:
    """Whether an object is being deleted."""
    return "deletionTimestamp" in thing["metadata"]


def condition(thing: Object, kind: str) -> str:
    """``True``, ``False`` or ``Unknown``, as an object's status has it; "" where it has none of that kind."""
    conditions = thing.get("status", {}).get("conditions") or ()
    return next((str(each.get("status", "")) for each in conditions if each.get("type") == kind), "")


def event_line(event: Object) -> str:
    """An event on one line."""
    count = int(event.get("count") or 1)
    message = " ".join(str(event.get("message", "")).split())
    return f"{event.get('type', '')} {event.get('reason', '')}: {message}" + (f" ({count} times)" if count > 1 else "")


def workload_rows(snapshot: Snapshot) -> tuple[WorkloadRow, ...]:
    """The rollout of each workload, in the order of their kinds and names."""
    return tuple(_row(snapshot, kind, each) for kind, each in snapshot.workloads())


def _row(snapshot: Snapshot, kind: str, workload: Object) -> WorkloadRow:
    ready, wanted, complete = _progress(kind, workload)
    newest = snapshot.newest(workload) if kind == "Deployment" else None
    if newest:
        ready = int(newest.get("status", {}).get("readyReplicas") or 0)
    status = workload.get("status", {})
    serving = int(status.get("numberReady" if kind == "DaemonSet" else "readyReplicas") or 0)
    pods = snapshot.pods_of(kind, workload)
    events = snapshot.events_of(workload, *owned(snapshot.of("ReplicaSet"), workload), *pods)
    warnings = [event for event in events if event.get("type") == "Warning"]
    note = "" if complete else event_line((warnings or events)[-1]) if events else ""
    name = workload["metadata"]["name"]
    old = max(serving - ready, 0)
    return WorkloadRow(kind=kind, name=name, ready=ready, wanted=wanted, complete=complete, old=old, note=note)


def _progress(kind: str, workload: Object) -> tuple[int, int, bool]:
    """Ready pods of the newest revision, at most; pods that the spec asks for; whether the rollout is complete.

    It is complete as `kubectl rollout status` has it: all are updated and available, and none of an older revision is
    left.
    """
    spec, status = workload.get("spec", {}), workload.get("status", {})
    seen = int(status.get("observedGeneration") or 0) >= int(workload["metadata"].get("generation") or 0)
    strategy = spec.get("updateStrategy") or {}
    on_delete = strategy.get("type") == "OnDelete"  # a pod stays until it is deleted
    if kind == "Job":
        wanted, done = int(spec.get("completions") or 1), int(status.get("succeeded") or 0)
        return done, wanted, done >= wanted
    if kind == "Pod":
        done = status.get("phase") == "Succeeded" or condition(workload, "Ready") == "True"
        return int(done), 1, done
    if kind == "DaemonSet":
        wanted, ready = int(status.get("desiredNumberScheduled") or 0), int(status.get("numberReady") or 0)
        updated = wanted if on_delete else int(status.get("updatedNumberScheduled") or 0)
        available = int(status.get("numberAvailable") or 0)
        return min(ready, updated if seen else 0), wanted, seen and available >= wanted and updated >= wanted
    wanted = int(spec.get("replicas", 1))
    kept = int(strategy.get("rollingUpdate", {}).get("partition") or 0) if kind == "StatefulSet" else 0
    updated = wanted if on_delete else int(status.get("updatedReplicas") or 0) + kept
    ready = int(status.get("readyReplicas") or 0)
    available = int(status.get("availableReplicas") or 0)  # the API leaves a zero out
    old = kind == "Deployment" and int(status.get("replicas") or 0) > updated
    complete = seen and updated >= wanted and available >= wanted and not old
    return min(ready, updated if seen else 0), wanted, complete


def _created(thing: Object) -> str:
    return str(thing["metadata"].get("creationTimestamp", ""))


def _annotation(thing: Object, name: str) -> str:
    return str((thing["metadata"].get("annotations") or {}).get(name, ""))


def _revision(replicaset: Object) -> int:
    number = _annotation(replicaset, "deployment.kubernetes.io/revision")
    return int(number) if number.isdecimal() else 0


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")
