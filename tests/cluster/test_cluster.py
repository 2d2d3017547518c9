"""The test cluster itself: a real API server, and pods whose status is that of a real node's."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import command_environment
from tests.support.control_plane import Cluster

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: proof\nversion: 0.1.0\n",
    "templates/all.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: proof}\n"
        "data: {kubernetes: {{ .Capabilities.KubeVersion.Version | quote }}}\n"
    ),
}


def workload(image: str, **container: Any) -> dict[str, Any]:
    """A Deployment of one pod."""
    labels = {"app": "web"}
    pod = {"containers": [{"name": "main", "image": image, **container}]}
    return {
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def pod_of(cluster: Cluster, namespace: str, told: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The namespace's pod, once its status is as told."""
    deadline = time.monotonic() + 20
    while True:
        pods = cluster.ask(f"/api/v1/namespaces/{namespace}/pods")["items"]
        found = next((pod for pod in pods if told(pod["status"])), None)
        if found:
            assert isinstance(found, dict)
            return found
        assert time.monotonic() < deadline, json.dumps([pod["status"] for pod in pods], indent=1)
        time.sleep(0.05)


def deployed(cluster: Cluster, namespace: str, image: str, **container: Any) -> None:
    cluster.ask(f"/apis/apps/v1/namespaces/{namespace}/deployments", "POST", workload(image, **container))


def waiting(status: dict[str, Any]) -> dict[str, str]:
    """Why the first container waits."""
    first = (status.get("containerStatuses") or [{}])[0]
    found: dict[str, str] = first.get("state", {}).get("waiting", {})
    return found


def events(cluster: Cluster, namespace: str) -> list[str]:
    return [
        event["reason"]
        for event in cluster.ask(f"/api/v1/namespaces/{namespace}/events")["items"]
        if event["type"] == "Warning"
    ]


def test_it_is_a_kubernetes_of_today(cluster: Cluster) -> None:
    assert cluster.ask("/version")["gitVersion"].startswith("v1.")
    assert int(cluster.ask("/version")["minor"]) >= 33


def test_a_deployment_gets_ready(cluster: Cluster, namespace: str) -> None:
    deployed(cluster, namespace, "registry.invalid/web")
    pod_of(cluster, namespace, lambda status: status["phase"] == "Running")
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    deadline = time.monotonic() + 20
    while cluster.ask(path)["status"].get("readyReplicas") != 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("fault", "reason", "event"),
    [
        ("crash", "CrashLoopBackOff", "BackOff"),
        ("no-image", "ImagePullBackOff", "Failed"),
    ],
)
def test_a_fault_looks_as_on_a_node(cluster: Cluster, namespace: str, fault: str, reason: str, event: str) -> None:
    deployed(cluster, namespace, f"faults.invalid/{fault}")
    pod_of(cluster, namespace, lambda status: waiting(status).get("reason") == reason)
    assert event in events(cluster, namespace)


def test_a_secret_that_is_not_there_blocks_and_one_that_comes_frees(cluster: Cluster, namespace: str) -> None:
    deployed(cluster, namespace, "registry.invalid/web", envFrom=[{"secretRef": {"name": "db"}}])
    blocked = pod_of(cluster, namespace, lambda status: bool(waiting(status)))
    assert waiting(blocked["status"]) == {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    cluster.ask(f"/api/v1/namespaces/{namespace}/secrets", "POST", {"metadata": {"name": "db"}})
    pod_of(cluster, namespace, lambda status: status["phase"] == "Running")


def test_a_pod_that_asks_for_too_much_stays_pending(cluster: Cluster, namespace: str) -> None:
    deployed(cluster, namespace, "faults.invalid/too-big")
    pod = pod_of(cluster, namespace, lambda status: bool(status.get("conditions")))
    assert [each["reason"] for each in pod["status"]["conditions"]] == ["Unschedulable"]
    deadline = time.monotonic() + 20
    while "FailedScheduling" not in events(cluster, namespace):  # which the scheduler tells after the condition
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("image", "phase"), [("registry.invalid/once", "succeeded"), ("faults.invalid/fails", "failed")]
)
def test_a_job_ends(cluster: Cluster, namespace: str, image: str, phase: str) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}
    job = {"metadata": {"name": "once"}, "spec": {"backoffLimit": 0, "template": {"spec": pod}}}
    cluster.ask(f"/apis/batch/v1/namespaces/{namespace}/jobs", "POST", job)
    deadline = time.monotonic() + 20
    while cluster.ask(f"/apis/batch/v1/namespaces/{namespace}/jobs/once")["status"].get(phase) != 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_helm_installs_and_removes(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> None:
    for name, text in CHART.items():
        (tmp_path / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "chart" / name).write_text(text)
    env = {**command_environment(), "KUBECONFIG": str(cluster.kubeconfig)}
    for words in (("install", "proof", "chart", "--wait"), ("uninstall", "proof")):
        subprocess.run([helm, *words, "--namespace", namespace], cwd=tmp_path, env=env, check=True, capture_output=True)
        if words[0] == "install":
            data = cluster.ask(f"/api/v1/namespaces/{namespace}/configmaps/proof")["data"]
            assert data == {"kubernetes": cluster.ask("/version")["gitVersion"]}
