"""`status`: what is live against head, latest and published; and drift."""

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import CHART, LIVE, Stack, stack
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

_SCALE = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
POD = "spec.template.spec"
ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
"""
CLEAR = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: clear}
data: {login: {{ .Values.login | quote }}, size: {{ .Values.size | quote }}}
"""
# Adds a container before the others, and a variable.
EDITOR = f"""\
#!{sys.executable}
import sys, yaml
with open(sys.argv[1]) as file:
    thing = yaml.safe_load(file)
containers = thing["spec"]["template"]["spec"]["containers"]
containers[0]["env"].append({{"name": "EXTRA", "value": "x"}})
containers.insert(0, {{"name": "sidecar", "image": "registry.invalid/side"}})
with open(sys.argv[1], "w") as file:
    yaml.safe_dump(thing, file)
"""


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    secret = (
        'apiVersion: v1\nkind: Secret\nmetadata: {name: inner}\nstringData: {key: "{{ .Values.size }}-hush-hush"}\n'
    )
    made = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/secret.yaml": secret})
    made.done()
    return made


def status(live: Stack) -> dict[str, Any]:
    ended = live.command("status", "--output=json")
    assert ended.status == 0, ended.stderr
    (target,) = ended.json["targets"]
    assert isinstance(target, dict)
    return target


def kubectl(live: Stack, *words: str, **env: str) -> None:
    """A person's kubectl, in the namespace."""
    argv = ["kubectl", *words, *(() if "--namespace" in words else ("--namespace", live.namespace))]
    subprocess.run(argv, env={**command_environment(), **live.env, **env}, check=True, capture_output=True)


def shown(drift: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    """Of each line what was done, by whom, and what a redeploy does."""
    return {(each["subject"], each["path"], each["change"], each["by"], each["redeploy"]) for each in drift}


def test_a_release_that_nobody_touched_has_no_drift(live: Stack) -> None:
    target = status(live)
    assert (target["drift"], target["unseen"]) == ([], [])
    shown = live.command("status").stdout
    assert "1 workload ready" in shown
    assert "no drift: " in shown
    assert f"0.1.0 with the values of {live.sample.repo.head[:12]}, revision 1 is deployed" in shown


def test_what_a_hand_changed_is_shown_with_both_values(live: Stack) -> None:
    live.ask("/apis/apps/v1/namespaces/{}/deployments/web", "PATCH", {"spec": {"replicas": 4}}, _SCALE)
    live.ask("/api/v1/namespaces/{}/secrets/inner", "PATCH", {"stringData": {"key": "other-hush"}}, _SCALE)
    live.ask("/api/v1/namespaces/{}/configmaps/app", "DELETE")
    found = status(live)["drift"]
    assert isinstance(found, list)
    assert {(each["subject"], each["path"], each["live"], each["wanted"]) for each in found} == {
        ("Deployment web", "spec.replicas", "4", "1"),
        ("Secret inner", "data.key", "(masked)", "(masked)"),
        ("ConfigMap app", "", "absent", "present"),
    }
    assert live.deployment()["spec"]["replicas"] == 4  # looked at, not mended


def test_what_people_add_is_shown_with_their_tool_and_kept_by_a_redeploy_until_the_command_takes_it_back(
    live: Stack, tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o700)
    kubectl(live, "edit", "deployment", "web", KUBE_EDITOR=str(editor))
    kubectl(live, "patch", "configmap", "app", "--patch", '{"data": {"extra": "y"}}')
    kubectl(live, "rollout", "restart", "deployment", "web")
    by_people = {
        ("ConfigMap app", "data.extra", "added", "kubectl-patch", "keeps"),
        ("Deployment web", f"{POD}.containers[main].env[EXTRA]", "added", "kubectl-edit", "keeps"),
        ("Deployment web", f"{POD}.containers[sidecar]", "added", "kubectl-edit", "keeps"),
    }
    assert shown(status(live)["drift"]) == by_people
    live.done("--redeploy")
    found = status(live)["drift"]
    assert shown(found) == by_people
    for command in {each["undo"] for each in found}:
        _kubectl, *words = shlex.split(command)
        kubectl(live, *words)
    assert status(live)["drift"] == []


def test_rules_that_people_add_are_taken_back_by_a_redeploy(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/role.yaml": ROLE})
    live.done()
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    patch = json.dumps([{"op": "add", "path": "/rules/-", "value": rule}])
    kubectl(live, "patch", "role", "web", "--type=json", "--patch", patch)
    assert shown(status(live)["drift"]) == {("Role web", "rules.1", "added", "kubectl-patch", "restores")}
    live.done("--redeploy")
    assert status(live)["drift"] == []


def test_a_custom_resource_that_people_changed_is_restored_by_helm_4_alone(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    group = f"{namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Thing", "plural": "things"}
    definition = {"group": group, "names": names, "scope": "Namespaced", "versions": [version]}
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    cluster.ask(path, "POST", {"metadata": {"name": f"things.{group}"}, "spec": definition})
    cluster.until(f"/apis/{group}/v1/namespaces/{namespace}/things")
    thing = f"apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: one}}\nspec: {{size: 1}}\n"
    live = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/thing.yaml": thing})
    live.done()
    kubectl(live, "patch", f"things.{group}", "one", "--type=merge", "--patch", '{"spec": {"size": 2}}')
    changed = ("Thing one", "spec.size", "changed", "kubectl-patch", "helm 4 restores")
    assert shown(status(live)["drift"]) == {changed}
    live.done("--redeploy")
    assert shown(status(live)["drift"]) == (set() if helm.name == "helm4" else {changed})
    cluster.ask(f"{path}/things.{group}", "DELETE")


def test_what_another_program_adds_is_named_and_no_drift(live: Stack) -> None:
    path = "/apis/apps/v1/namespaces/{}/deployments/web?fieldManager=mesh-operator"
    live.ask(path, "PATCH", {"metadata": {"labels": {"mesh": "on"}}}, _SCALE)
    target = status(live)
    assert target["drift"] == []
    assert shown(target["others"]) == {("Deployment web", "metadata.labels.mesh", "added", "mesh-operator", "keeps")}
    assert "1 by mesh-operator" in live.command("status").stdout


def test_where_values_come_from_the_environment_only_those_are_masked(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    keys = "    secrets: {login: LOGIN}"
    live = stack(tmp_path, cluster, namespace, helm4, more=keys, **{"charts/app/templates/clear.yaml": CLEAR})
    live.done(LOGIN="lion-and-witch")
    kubectl(live, "scale", "deployment", "web", "--replicas=4")
    kubectl(live, "patch", "configmap", "clear", "--patch", '{"data": {"login": "nobody", "size": "9", "more": "z"}}')
    environments: list[dict[str, str]] = [{}, {"LOGIN": "lion-and-witch"}, {"LOGIN": "another-since"}]
    for env in environments:
        ended = live.command("status", "--output=json", **env)
        assert {(each["path"], each["live"], each["wanted"]) for each in ended.json["targets"][0]["drift"]} == {
            ("data.login", "(masked)", "(masked)"),
            ("data.more", '"z"', "absent"),
            ("data.size", '"9"', '"3"'),
            ("spec.replicas", "4", "1"),
        }
        assert "witch" not in ended.stdout + ended.stderr


def test_what_a_pods_environment_calls_a_secret_is_not_shown(live: Stack) -> None:
    env = [{"name": "DB_PASSWORD", "value": "hand-made-hunter3"}]
    template = {"spec": {"containers": [{"name": "main", "env": env, "image": "hand-made-hunter3"}]}}
    live.ask("/apis/apps/v1/namespaces/{}/deployments/web", "PATCH", {"spec": {"template": template}}, _STRATEGIC)
    ended = live.command("status")
    assert "drift: Deployment web spec.template.spec.containers[main].image" in ended.stdout
    assert "hunter3" not in ended.stdout + ended.stderr


def test_what_does_not_work_is_shown_with_its_cause(live: Stack) -> None:
    template = {"spec": {"containers": [{"name": "main", "image": "faults.invalid/crash"}]}}
    live.ask("/apis/apps/v1/namespaces/{}/deployments/web", "PATCH", {"spec": {"template": template}}, _STRATEGIC)
    deadline = time.monotonic() + 20
    while (target := status(live))["fault"] is None or target["fault"]["code"] != "CRASH_LOOP":
        assert time.monotonic() < deadline, target
    (row,) = target["workloads"]
    assert (row["name"], row["ready"], row["old"], row["complete"]) == ("web", 0, 1, False)
    shown = live.command("status").stdout
    assert "Deployment web: 0/1 new ready, 1 old" in shown
    assert "CRASH_LOOP pod web-" in shown


def test_objects_that_are_gone_are_brought_back_by_a_redeploy(live: Stack) -> None:
    live.ask("/apis/apps/v1/namespaces/{}/deployments/web", "DELETE")
    assert live.done()["decision"] == "nothing"
    said = live.done("--redeploy")
    assert (said["decision"], said["version"], live.history()[-1]) == ("redeploy", "0.1.0", (2, "deployed"))
    assert live.deployment()["status"]["readyReplicas"] == 1


def test_what_is_live_is_shown_while_a_new_version_is_due(live: Stack) -> None:
    live.sample.edit("feat: more room", CHART, "replicas: 1", "replicas: 2")
    ended = live.command("status", "--output=json")
    assert ended.json["next"]["decision"] == "publish"
    assert ended.json["targets"][0]["live"]["version"] == "0.1.0"
    assert "publish is due" in live.command("status").stdout


def test_before_the_first_deploy_nothing_is_live(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    assert status(stack(tmp_path, cluster, namespace, helm4))["live"] == {"state": "absent"}


def test_without_a_cluster_it_says_that_nobody_looked(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    made = stack(tmp_path, cluster, namespace, helm4)
    ended = made.sample.command("status", "--output=json")
    assert ended.json["targets"][0]["live"] == {"state": "unknown", "why": "there is no kubeconfig"}


def test_a_run_that_cannot_look_says_what_it_may_miss(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    (note,) = live.sample.run().json["notes"][:1]
    assert note == (
        "live: what is deployed was not observed (there is no kubeconfig), so a lost run cannot be detected"
    )
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    assert "(there is no kubeconfig), so a run would stop" in live.sample.command("plan").stdout


def test_a_plan_that_could_only_fail_is_refused(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.sample.edit("chore: elsewhere", ".stage6.yaml", namespace.partition("-")[2], "nowhere")
    assert live.command("plan").status == 3
    ended = live.command("status", "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (3, "NAMESPACE_MISSING")


def test_a_login_that_is_not_accepted_is_no_missing_right(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    document = json.loads(cluster.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": "expired"}
    file = tmp_path / "expired.kubeconfig"
    file.write_text(json.dumps(document))
    ended = live.run(KUBECONFIG=str(file))
    assert (ended.status, ended.json["error"]["code"]) == (8, "CLUSTER_UNAUTHORIZED")


def test_a_release_that_helm_keeps_elsewhere_is_not_taken_for_absent(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    argv: list[str | Path] = [helm, "install", "app", live.sample.repo.path / "charts/app", "--namespace", namespace]
    env = {**command_environment(), **live.env, "HELM_DRIVER": "configmap"}
    subprocess.run(argv, env=env, check=True, capture_output=True)
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (8, "RELEASE_STORED_ELSEWHERE")
