"""`status`: what is live against head, latest and published; and drift."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster.stack import CHART, Stack, stack
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

_SCALE = "application/merge-patch+json"


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    secret = (
        'apiVersion: v1\nkind: Secret\nmetadata: {name: inner}\nstringData: {key: "{{ .Values.size }}-hush-hush"}\n'
    )
    made = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/secret.yaml": secret})
    made.done()
    return made


def status(live: Stack) -> dict[str, object]:
    ended = live.command("status", "--output=json")
    assert ended.status == 0, ended.stderr
    (target,) = ended.json["targets"]
    assert isinstance(target, dict)
    return target


def test_a_release_that_nobody_touched_has_no_drift(live: Stack) -> None:
    target = status(live)
    assert (target["drift"], target["unseen"]) == ([], [])
    shown = live.command("status").stdout
    assert "its objects are what the release says" in shown
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
        "live: what is deployed was not looked at (there is no kubeconfig), so a run that was lost is not made up for"
    )


def test_a_release_that_helm_keeps_elsewhere_is_not_taken_for_absent(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    argv: list[str | Path] = [helm, "install", "app", live.sample.repo.path / "charts/app", "--namespace", namespace]
    env = {**command_environment(), **live.env, "HELM_DRIVER": "configmap"}
    subprocess.run(argv, env=env, check=True, capture_output=True)
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (8, "RELEASE_STORED_ELSEWHERE")
