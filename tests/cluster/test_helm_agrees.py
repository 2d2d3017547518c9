"""What is refused before a deploy is what helm fails at, helm 3 and 4 each by its own rules."""

import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.observe.cluster.dry_run import check_policy
from tests.cluster.stack import bare_chart
from tests.support.accounts import connected
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

MERGE = "application/merge-patch+json"
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: once, annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: POLICY}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: registry.invalid/once}]}}}
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: once, annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: POLICY}}
data: {key: value}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: once, annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: before-hook-creation}}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: NODEPORT}]}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.NAMESPACE.test, annotations: {helm.sh/hook: pre-upgrade}}
spec:
  group: NAMESPACE.test
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
API_SERVICE = """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.NAMESPACE.test, annotations: {helm.sh/hook: pre-upgrade}}
spec: {group: NAMESPACE.test, version: v1, groupPriorityMinimum: 100, versionPriority: 10}
"""
FAILED = {
    "conditions": [
        {"type": each, "status": "True", "reason": "BackoffLimitExceeded"} for each in ("FailureTarget", "Failed")
    ]
}
OVER = {"active": 0, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}
DONE = {
    "conditions": [{"type": each, "status": "True"} for each in ("SuccessCriteriaMet", "Complete")],
    "succeeded": 1,
    "completionTime": "2100-01-01T00:00:00Z",
}


class Case(NamedTuple):
    """An object that a change adds, and what was there before.

    Args:
        there: an earlier deploy left the same object.
        refused: code of each helm's refusal; "" where it deploys.
        status: of the object that is there.
        drift: a change that the object has got since then, by another manager.
    """

    document: str
    there: bool
    refused: dict[str, str]
    status: dict[str, Any] | None = None
    drift: dict[str, Any] | None = None


def both(code: str) -> dict[str, str]:
    return {"helm3": code, "helm4": code}


def only(helm: str, code: str) -> dict[str, str]:
    return both("") | {helm: code}


BEFORE, LATER = "before-hook-creation", "hook-succeeded"
GENERATED, IN_THE_WAY = "NAME_GENERATED", "HOOK_IN_THE_WAY"
OBJECT = CONFIG.replace(", annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: POLICY}", "")
CASES = {
    "an object with a generated name": Case(OBJECT.replace("name:", "generateName:"), False, both(GENERATED)),
    "an object with both names": Case(
        OBJECT.replace("{name:", "{generateName: o-, name:"), False, only("helm4", GENERATED)
    ),
    "a hook with a generated name": Case(
        CONFIG.replace("name:", "generateName:").replace("POLICY", BEFORE), False, both(GENERATED)
    ),
    "a hook with a generated name that is deleted after": Case(
        CONFIG.replace("name:", "generateName:").replace("POLICY", LATER), False, both(GENERATED)
    ),
    "a hook with a generated name that is deleted where it fails": Case(
        CONFIG.replace("name:", "generateName:").replace("POLICY", "hook-failed"), False, only("helm4", GENERATED)
    ),
    "a hook with both names": Case(
        CONFIG.replace("{name:", "{generateName: o-, name:").replace("POLICY", BEFORE), False, both("")
    ),
    "a Job that failed": Case(JOB.replace("POLICY", LATER), True, both(IN_THE_WAY), FAILED),
    "a Job that is deleted before": Case(JOB.replace("POLICY", BEFORE), True, both(""), FAILED),
    "a Job that is done": Case(JOB.replace("POLICY", LATER), True, only("helm3", IN_THE_WAY), DONE),
    "a ConfigMap": Case(CONFIG.replace("POLICY", LATER), True, only("helm3", IN_THE_WAY)),
    "a ConfigMap that somebody changed": Case(
        CONFIG.replace("POLICY", LATER), True, both(IN_THE_WAY), drift={"data": {"key": "other"}}
    ),
    "a Service with a port of the node": Case(SERVICE, True, both("")),
    "a kind": Case(CRD, True, only("helm3", IN_THE_WAY)),
    "an API": Case(API_SERVICE, True, both("")),
}


def place(namespace: str, document: Any) -> str:
    """The path of an object's collection."""
    group, _, version = document["apiVersion"].rpartition("/")
    base = f"/apis/{group}/{version}" if group else f"/api/{version}"
    of_cluster = document["kind"] in ("CustomResourceDefinition", "APIService")
    within = base if of_cluster else f"{base}/namespaces/{namespace}"
    return f"{within}/{document['kind'].lower()}s"


def leave(cluster: Cluster, case: Case, collection: str, document: Any) -> str:
    """Make what an earlier deploy left, and give its path."""
    path = f"{collection}/{document['metadata']['name']}"
    cluster.ask(f"{collection}?fieldManager=helm", "POST", document)
    if case.status:
        begun = until(lambda: cluster.ask(path).get("status", {}).get("startTime"))
        cluster.ask(f"{path}/status", "PATCH", {"status": {**case.status, **OVER, "startTime": begun}}, MERGE)
    if case.drift:
        cluster.ask(f"{path}?fieldManager=somebody", "PATCH", case.drift, MERGE)
    return path


def until(ask: Callable[[], Any]) -> Any:
    """What a controller writes, as soon as it has."""
    deadline = time.monotonic() + 15
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def deploy(helm: Path, cluster: Cluster, namespace: str, chart: Path) -> bool:
    """Whether the real helm deploys a chart, with the options of a run."""
    applies = ("--server-side=true", "--force-conflicts") if helm.name == "helm4" else ()
    words = (helm, "upgrade", "--install", "app", chart, "--namespace", namespace, "--timeout=8s", *applies)
    env = {**command_environment(), "KUBECONFIG": str(cluster.kubeconfig)}
    return subprocess.run(words, env=env, capture_output=True).returncode == 0


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_deploy_is_refused_where_helm_fails(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, case: Case
) -> None:
    chart = bare_chart(tmp_path / "app")
    assert deploy(helm, cluster, namespace, chart)
    text = case.document.replace("NAMESPACE", namespace).replace("NODEPORT", str(node_port(namespace)))
    document = yaml.safe_load(text)
    collection = place(namespace, document)
    left = leave(cluster, case, collection, document) if case.there else ""
    (chart / "templates" / "all.yaml").write_text(text)
    scope = DeployScope(namespace=namespace, release="app", installs=False, applies=helm.name == "helm4")
    objects = parse_manifests(f"# Source: app/templates/all.yaml\n{text}".encode(), "test")
    try:
        with connected(cluster.kubeconfig, tmp_path) as api:
            found = check_policy(api, scope, objects)
        deployed = deploy(helm, cluster, namespace, chart)
    finally:
        if left and namespace in document["metadata"]["name"]:
            cluster.ask(left, "DELETE")
    expected = case.refused[helm.name]
    assert ([each.code for each in found.refused], deployed) == ([expected] if expected else [], not expected)


def node_port(namespace: str) -> int:
    """A port of the nodes that no other test takes."""
    return 30000 + zlib.crc32(namespace.encode()) % 2700
