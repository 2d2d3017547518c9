"""A stub kubelet: one node, which gives each pod the status that a real one would, and shows faults when it is told to.

It runs nothing. What a pod needs is looked up for real: a Secret or ConfigMap that is not there blocks its container as
it does on a node. Every other fault is asked for by the name of the image, `faults.invalid/FAULT`. Reasons, messages
and events are those of Kubernetes 1.34 (pkg/kubelet/kuberuntime, images/types.go, events/event.go).
"""

import contextlib
import http.client
import http.server
import ssl
import sys
import threading
import time
import traceback
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.control_plane import Cluster
from tests.support.oci import authority

NODE = "stage6-stub"
FAULTS = "faults.invalid/"
_MERGE = "application/merge-patch+json"
_PAUSE = 0.05
_HEARTBEAT = 10

Pod = dict[str, Any]
Status = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What becomes of one container.

    Args:
        state: of the container, as in its status.
        ready: whether it passes its readiness probe.
        restarts: how often it was started again.
        last: the state before, where it crashed.
        event: reason and message of what a kubelet would tell, a warning; ("", "") where nothing.
        phase: of the pod.
    """

    state: dict[str, Any]
    ready: bool = False
    restarts: int = 0
    last: dict[str, Any] = field(default_factory=dict)
    event: tuple[str, str] = ("", "")
    phase: str = "Pending"


def _waiting(reason: str, message: str, event: str, **more: Any) -> Verdict:
    return Verdict({"waiting": {"reason": reason, "message": message}}, event=(event, message), **more)


def _running(*, ready: bool, event: tuple[str, str] = ("", "")) -> Verdict:
    return Verdict({"running": {"startedAt": _now()}}, ready=ready, event=event, phase="Running")


def _ended(code: int, reason: str) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": _now(), "finishedAt": _now()}}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _crash_loop(pod: Pod, code: int = 1, reason: str = "Error") -> Verdict:
    name = pod["metadata"]["name"]
    said = f"back-off 10s restarting failed container=main pod={name}_{pod['metadata']['namespace']}"
    return _waiting("CrashLoopBackOff", said, "BackOff", restarts=2, last=_ended(code, reason), phase="Running")


def _out_of_memory(pod: Pod) -> Verdict:
    return _crash_loop(pod, 137, "OOMKilled")


def _image_pull(pod: Pod) -> Verdict:
    """First the failure, and from the next look on the pause before the next attempt."""
    image = pod["spec"]["containers"][0]["image"]
    said = f'failed to pull and unpack image "{image}": not found'
    if not pod.get("status", {}).get("containerStatuses"):
        return _waiting("ErrImagePull", said, "Failed")
    return _waiting("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {said}', "BackOff")


def _slow(pod: Pod) -> Verdict:
    """Ready as many seconds after its creation as its tag says; no probe says why."""
    wanted = int(pod["spec"]["containers"][0]["image"].rpartition(":")[2])
    born = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    return _running(ready=(datetime.now(UTC) - born).total_seconds() > wanted)


def _unready(_: Pod) -> Verdict:
    return _running(ready=False, event=("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"))


SHOWN: dict[str, Callable[[Pod], Verdict]] = {
    "crash": _crash_loop,
    "no-image": _image_pull,
    "never-ready": _unready,
    "out-of-memory": _out_of_memory,
    "slow": _slow,
}


@dataclass
class Kubelet:
    """The node's agent; ``stopped`` ends it.

    Args:
        cluster: where it reports to.
    """

    cluster: Cluster
    stopped: threading.Event = field(default_factory=threading.Event)
    told: set[tuple[str, str]] = field(default_factory=set)

    def run(self) -> None:
        """Look at every pod, again and again."""
        beaten = time.monotonic()
        while not self.stopped.wait(_PAUSE):
            if time.monotonic() - beaten > _HEARTBEAT:  # or a real cluster finds the node dead after 40 s
                beaten = time.monotonic()
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self.cluster.ask(f"/api/v1/nodes/{NODE}/status", "PATCH", {"status": _alive()}, _MERGE)
            # The API server of a test may be down, slow or unwilling; a kubelet goes on, also after a pod that it does
            # not understand: without it, every later test of this worker would wait in vain.
            try:
                for pod in self.cluster.ask("/api/v1/pods")["items"]:
                    with contextlib.suppress(urllib.error.HTTPError):  # gone or changed meanwhile: the next look
                        self._look(pod)
            except (OSError, http.client.HTTPException):
                continue
            except Exception:  # noqa: BLE001 - a fault of the stub, told where it can be seen
                traceback.print_exc(file=sys.__stderr__)

    def _look(self, pod: Pod) -> None:
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if pod["metadata"].get("deletionTimestamp"):
            self.cluster.ask(path, "DELETE", {"gracePeriodSeconds": 0})
        elif not pod["spec"].get("nodeName"):
            self._bind(pod, path)
        elif pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
            self._report(pod, path)

    def _bind(self, pod: Pod, path: str) -> None:
        """As the scheduler does; a pod that asks for too much stays where it is, with the scheduler's own words."""
        if any(_fault(container) == "too-big" for container in pod["spec"]["containers"]):
            said = "0/1 nodes are available: 1 Insufficient memory."
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
            if condition not in _plain(pod):
                self.cluster.ask(f"{path}/status", "PATCH", {"status": {"conditions": [condition]}}, _MERGE)
                self._tell(pod, "FailedScheduling", said)
            return
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        self.cluster.ask(f"{path}/binding", "POST", {"metadata": {"name": pod["metadata"]["name"]}, "target": target})

    def _report(self, pod: Pod, path: str) -> None:
        verdicts = {each["name"]: self._verdict(pod, each) for each in pod["spec"]["containers"]}
        ready = all(verdict.ready for verdict in verdicts.values())
        phases = {verdict.phase for verdict in verdicts.values()}
        status = {
            "phase": next((phase for phase in ("Failed", "Pending", "Running") if phase in phases), "Succeeded"),
            "hostIP": "127.0.0.1",
            "podIP": "10.1.0.1",
            "conditions": [
                {"type": kind, "status": "True" if ready else "False"} for kind in ("ContainersReady", "Ready")
            ],
            "containerStatuses": [
                {
                    "name": each["name"],
                    "image": each["image"],
                    "imageID": "",
                    "ready": verdicts[each["name"]].ready,
                    "restartCount": verdicts[each["name"]].restarts,
                    "state": verdicts[each["name"]].state,
                    "lastState": verdicts[each["name"]].last,
                }
                for each in pod["spec"]["containers"]
            ],
        }
        if _without_times(status) != _without_times(_as_reported(pod, status)):
            self.cluster.ask(f"{path}/status", "PATCH", {"status": status}, _MERGE)
            for verdict in verdicts.values():
                if verdict.event[0]:
                    self._tell(pod, *verdict.event)

    def _verdict(self, pod: Pod, container: dict[str, Any]) -> Verdict:
        missing = self._missing(pod["metadata"]["namespace"], container)
        if missing:
            return _waiting("CreateContainerConfigError", missing, "Failed")
        if fault := SHOWN.get(_fault(container)):
            return fault(pod)
        if pod["spec"].get("restartPolicy") != "Always":  # a Job's
            failed = _fault(container) == "fails"
            return Verdict(
                _ended(int(failed), "Error" if failed else "Completed"), phase="Failed" if failed else "Succeeded"
            )
        return _running(ready=True)

    def _missing(self, namespace: str, container: dict[str, Any]) -> str:
        """What the container's environment needs and is not there, in the kubelet's words."""
        for kind, name in _needed(container):
            plural = {"secret": "secrets", "configmap": "configmaps"}[kind]
            try:
                self.cluster.ask(f"/api/v1/namespaces/{namespace}/{plural}/{name}")
            except urllib.error.HTTPError as answered:
                if answered.code == 404:
                    return f'{kind} "{name}" not found'
                raise
        return ""

    def _tell(self, pod: Pod, reason: str, message: str) -> None:
        """An event, once for each pod and reason."""
        uid, namespace = pod["metadata"]["uid"], pod["metadata"]["namespace"]
        if (uid, reason) in self.told:
            return
        self.told.add((uid, reason))
        involved = {"kind": "Pod", "apiVersion": "v1", "namespace": namespace, "name": pod["metadata"]["name"]}
        event = {
            "metadata": {"generateName": f"{pod['metadata']['name']}."},
            "involvedObject": {**involved, "uid": uid},
            "reason": reason,
            "message": message,
            "type": "Warning",
            "source": {"component": "kubelet", "host": NODE},
            "firstTimestamp": _now(),
            "lastTimestamp": _now(),
            "count": 1,
        }
        self.cluster.ask(f"/api/v1/namespaces/{namespace}/events", "POST", event)


def _alive() -> Status:
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": _now()}
    return {"conditions": [ready]}


def _needed(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom", ()):
        for kind in ("secret", "configmap"):
            reference = source.get({"secret": "secretRef", "configmap": "configMapRef"}[kind])
            if reference and not reference.get("optional"):
                yield kind, reference["name"]
    for variable in container.get("env", ()):
        for kind in ("secret", "configmap"):
            key = {"secret": "secretKeyRef", "configmap": "configMapKeyRef"}[kind]
            reference = variable.get("valueFrom", {}).get(key)
            if reference and not reference.get("optional"):
                yield kind, reference["name"]


def _fault(container: dict[str, Any]) -> str:
    """What the image asks to be shown."""
    image = str(container["image"])
    return image.removeprefix(FAULTS).partition(":")[0] if image.startswith(FAULTS) else ""


def _plain(pod: Pod) -> list[dict[str, Any]]:
    keys = ("type", "status", "reason", "message")
    return [{key: each[key] for key in keys if key in each} for each in pod.get("status", {}).get("conditions", ())]


def _as_reported(pod: Pod, like: Status) -> Status:
    """The part of a pod's status that we would write."""
    held = pod.get("status", {})
    conditions = [each for each in _plain(pod) if each["type"] in ("ContainersReady", "Ready")]
    return {key: conditions if key == "conditions" else held.get(key) for key in like}


def _without_times(status: Any) -> Any:
    if isinstance(status, dict):
        times = ("startedAt", "finishedAt")
        return {
            key: _without_times(value)
            for key, value in status.items()
            if key not in times and value not in ("", {}, None) and key != "started"
        }
    return [_without_times(item) for item in status] if isinstance(status, list) else status


@contextlib.contextmanager
def node(cluster: Cluster, directory: Path) -> Iterator[Kubelet]:
    """A node with its kubelet, until the end."""
    cluster.ask("/api/v1/nodes", "POST", {"metadata": {"name": NODE}})
    with _logs(directory) as port:
        status = {
            **_alive(),
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        }
        cluster.ask(f"/api/v1/nodes/{NODE}/status", "PATCH", {"status": status}, _MERGE)
        kubelet = Kubelet(cluster)
        thread = threading.Thread(target=kubelet.run, daemon=True)
        thread.start()
        try:
            yield kubelet
        finally:
            kubelet.stopped.set()
            thread.join(10)
            cluster.ask(f"/api/v1/nodes/{NODE}", "DELETE")


class _Logs(http.server.BaseHTTPRequestHandler):
    """What containers said, as the API server asks a node for it: /containerLogs/NAMESPACE/POD/CONTAINER."""

    def do_GET(self) -> None:
        """The log; of a container that crashes, what it said last."""
        path, _, query = self.path.partition("?")
        before = "previous=true" in query
        body = f"{path.rpartition('/')[2]}: {'panic: no route to the database' if before else 'starting'}\n".encode()
        self.send_response(200 if path.startswith("/containerLogs/") else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the standard library
        """Nobody reads it."""


@contextlib.contextmanager
def _logs(directory: Path) -> Iterator[int]:
    """A node's port, with TLS, for an API server asks no other."""
    keys = authority(directory / "kubelet", "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(keys.certificate, keys.key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Logs)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
