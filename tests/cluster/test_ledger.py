"""Verified is every object seen to be what the commit says, with helm 3 and helm 4."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import LIVE, SOFT, Stack, stack
from tests.support.command import Ended
from tests.support.control_plane import EXISTING, Cluster

_MERGE = "application/merge-patch+json"
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: seed, annotations: ANNOTATIONS}
spec:
  backoffLimit: 0
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: {{ .Values.seed | quote }}}]}}
"""
SEED = "charts/app/templates/seed.yaml"
MAPS = "/api/v1/namespaces/{}/configmaps"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""


def job(**annotations: str) -> str:
    return JOB.replace("ANNOTATIONS", str({f"helm.sh/{key}": value for key, value in annotations.items()}))


def seeding(image: str, **values: str) -> dict[str, str]:
    """The files of a chart with a Job of this image."""
    return {SEED: job(**values), LIVE: f"size: 3\nseed: {image}\n"}


def states(target: dict[str, Any]) -> dict[str, str]:
    """State of each object of a target, by its name."""
    return {each["name"]: each["state"] for each in target["objects"]}


def code(ended: Ended) -> tuple[int, str]:
    return ended.status, ended.json["error"]["code"]


@pytest.mark.parametrize(
    ("image", "cause"), [("faults.invalid/no-image:1", "IMAGE_PULL"), ("faults.invalid/fails", "ended with status 1")]
)
def test_a_job_of_the_chart_is_waited_for(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, image: str, cause: str
) -> None:
    ended = stack(tmp_path, cluster, namespace, helm, timeout="4s", **seeding(image)).run()
    assert code(ended) == (6, "WORKLOAD_NOT_READY")
    assert "Job seed" in ended.json["error"]["message"]
    assert cause in ended.json["error"]["message"]


def test_a_job_that_is_done_is_verified_and_one_that_was_removed_then_is_no_drift(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    files = seeding("registry.invalid/seed")
    files[SEED] = files[SEED].replace("spec:\n", "spec:\n  ttlSecondsAfterFinished: 2\n", 1)
    live = stack(tmp_path, cluster, namespace, helm, **files)
    live.done()
    deadline = time.monotonic() + 20
    while live.ask("/apis/batch/v1/namespaces/{}/jobs")["items"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (target,) = live.command("status", "--output=json").json["targets"]
    assert target["drift"] == []
    assert states(target) == {"app": "ready", "web": "ready", "seed": "ready"}
    shown = live.command("status").stdout
    assert "Job seed: it ended, and was removed, as its ttlSecondsAfterFinished says" in shown
    assert "no drift: " in shown


def test_a_job_that_failed_and_was_removed_while_helm_waited_is_not_verified_by_any_run(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    files = {SEED: job(), LIVE: "size: 3\nseed: faults.invalid/fails\nimage: faults.invalid/slow:9\n"}
    files[SEED] = files[SEED].replace("spec:\n", "spec:\n  ttlSecondsAfterFinished: 3\n", 1)
    live = stack(tmp_path, cluster, namespace, helm, **files)
    ended = live.run()
    assert live.ask("/apis/batch/v1/namespaces/{}/jobs")["items"] == []
    assert code(ended) == (6, "OBJECT_NOT_READY")
    assert "Job seed" in ended.json["error"]["message"]
    assert code(live.run()) == (6, "OBJECT_NOT_READY")
    (target,) = live.command("status", "--output=json").json["targets"]
    assert states(target)["seed"] == "failed"


def test_a_hook_that_a_failed_install_left_out_is_named_until_somebody_runs_it(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(
        tmp_path, cluster, namespace, helm, timeout="5s", **seeding("faults.invalid/fails", hook="post-install")
    )
    assert code(live.run()) == (5, "HOOK_FAILED")
    ended = live.run()  # helm upgrades what failed, and runs no hook of an install
    assert live.history()[-1] == (2, "deployed")
    assert code(ended) == (6, "HOOK_NOT_RUN")
    assert "Job seed" in ended.json["error"]["message"]
    assert code(live.run()) == (6, "HOOK_NOT_RUN")
    run_by_hand(live)
    deadline = time.monotonic() + 20
    while live.run().status:
        assert time.monotonic() < deadline


def run_by_hand(live: Stack) -> None:
    """The hook, made by somebody, with an image that works."""
    jobs = "/apis/batch/v1/namespaces/{}/jobs"
    live.ask(f"{jobs}/seed", "DELETE", {"propagationPolicy": "Background"})
    deadline = time.monotonic() + 10
    while live.ask(jobs)["items"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    pods = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.invalid/x"}]}
    live.ask(jobs, "POST", {"metadata": {"name": "seed"}, "spec": {"template": {"spec": pods}}})


def test_what_a_failed_revision_left_is_named_and_nothing_is_verified_beside_it(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    more = "    rollback: false"
    live = stack(tmp_path, cluster, namespace, helm, more, timeout="4s")
    live.done()
    extra = "charts/app/templates/extra.yaml"
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n"
    live.sample.commit("feat: more", {extra: config, LIVE: "size: 3\nimage: faults.invalid/crash\n"})
    assert code(live.run()) == (5, "CRASH_LOOP")
    live.sample.commit("fix: less", {extra: None, LIVE: "size: 3\n"})
    ended = live.run()
    assert code(ended) == (6, "OBJECT_NOT_READY")
    assert "ConfigMap extra" in ended.json["error"]["message"]
    (target,) = live.command("status", "--output=json").json["targets"]
    assert states(target) == {"app": "ready", "web": "ready", "extra": "left over"}
    live.sample.edit("chore: prune", ".stage6.yaml", "rollback: false", "rollback: false\n    prune: true")
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    said = live.done()
    assert "ConfigMap extra is removed" in next(each["detail"] for each in said["steps"] if each["name"] == "verify")
    names = [each["metadata"]["name"] for each in live.ask(MAPS)["items"]]
    assert "app" in names
    assert "extra" not in names


def test_what_is_being_deleted_is_waited_for_before_a_deploy(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, SOFT, timeout="6s", **{"charts/app/templates/web.yaml": INGRESS})
    live.done()
    held: dict[str, Any] = {"metadata": {"finalizers": ["example.com/balancer"]}}
    live.ask(f"{INGRESSES}/web", "PATCH", held, _MERGE)
    live.ask(f"{INGRESSES}/web", "DELETE")
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    assert code(live.run()) == (5, "OBJECT_TERMINATING")
    threading.Timer(1.0, live.ask, (f"{INGRESSES}/web", "PATCH", {"metadata": {"finalizers": []}}, _MERGE)).start()
    live.done()
    assert "deletionTimestamp" not in live.ask(f"{INGRESSES}/web")["metadata"]


def test_what_is_paused_or_scaled_to_nothing_is_verified_with_a_note(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live: Stack = stack(tmp_path, cluster, namespace, helm, **{LIVE: "size: 3\nreplicas: 0\n"})
    said = live.done()
    assert "scaled to 0" in next(each["detail"] for each in said["steps"] if each["name"] == "verify")
    live.sample.edit(
        "feat: wait", "charts/app/templates/workload.yaml", "spec:\n  replicas", "spec:\n  paused: true\n  replicas"
    )
    said = live.done()
    assert "paused" in next(each["detail"] for each in said["steps"] if each["name"] == "verify")
    (target,) = live.command("status", "--output=json").json["targets"]
    assert states(target) == {"app": "ready", "web": "suspended"}


@pytest.mark.parametrize("policy", ["hook-failed", "before-hook-creation"])
def test_the_log_of_a_hook_is_read_while_it_is_there(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, policy: str
) -> None:
    files = seeding("faults.invalid/fails", hook="pre-install", **{"hook-delete-policy": policy})
    ended = stack(tmp_path, cluster, namespace, helm, timeout="8s", **files).run()
    assert code(ended) == (5, "HOOK_FAILED")
    assert "container main ended with status 1" in ended.json["error"]["message"]
    if not EXISTING:  # whose API server does not reach the stub node for a log
        assert any(line.startswith("log: ") for line in ended.json["error"]["details"])


def test_a_secret_that_only_a_hook_after_the_release_makes_is_told_as_that(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    made = "apiVersion: v1\nkind: Secret\nmetadata: {name: late, annotations: {helm.sh/hook: post-install}}\n"
    files = {"charts/app/templates/late.yaml": made, LIVE: "size: 3\nenvFrom: [{secretRef: {name: late}}]\n"}
    ended = stack(tmp_path, cluster, namespace, helm, SOFT, timeout="4s", **files).run()
    assert code(ended) == (5, "MISSING_SECRET")
    assert "post-install" in ended.json["error"]["hint"]
