"""The workloads of a namespace, their pods and events, and the log of a container."""

from jetscale_cicd.decide.cluster.workloads import Object, Snapshot
from jetscale_cicd.model.diagnosis import LogSource
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_PROGRESS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Event": "/api/v1/namespaces/{}/events",
}
_ALL = {
    **_PROGRESS,
    "Service": "/api/v1/namespaces/{}/services",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
}
NO_HOOKS = "9"  # a time that never comes, so that no hook is of this deploy
# Kubernetes API concepts, "The resourceVersion parameter": any that the server has cached, without a read from etcd.
_CACHED = {"resourceVersion": "0"}
_LOG_LINES = 20
_LOG_BYTES = 16 << 10


def see_workloads(
    api: Kubernetes,
    target: Target,
    since: str,
    *,
    hooks: frozenset[tuple[str, str]] | None = None,
    all_kinds: bool = False,
    fresh: bool = True,
) -> Snapshot:
    """The namespace as it is now; a kind that this run may not list is left out.

    Args:
        since: when the deploy began.
        hooks: kind and name of the release's hooks, where they are known.
        all_kinds: also the kinds besides workloads for which helm waits, and CronJobs.
        fresh: as it is now; else as the API server has it cached, which costs it less.

    Raises:
        ApiFailure: the API server does not answer.
    """
    seen: dict[str, tuple[Object, ...]] = {}
    for kind, path in (_ALL if all_kinds else _PROGRESS).items():
        try:
            seen[kind] = tuple(api.items(path.format(target.namespace), **({} if fresh else _CACHED)))
        except ApiFailure as failed:
            if failed.status not in (403, 404):
                raise
    return Snapshot(release=target.release, namespace=target.namespace, objects=seen, since=since, hooks=hooks)


def read_log(api: Kubernetes, namespace: str, source: LogSource) -> tuple[str, ...]:
    """The last lines of a container's log, redacted and bounded; none where the node returns none."""
    path = f"/api/v1/namespaces/{namespace}/pods/{source.pod}/log"
    options: dict[str, str | int] = {"container": source.container, "tailLines": _LOG_LINES, "limitBytes": _LOG_BYTES}
    if source.previous:
        options["previous"] = "true"
    try:
        return tuple(api.text(path, **options).splitlines()[-_LOG_LINES:])
    except ApiFailure:
        return ()
