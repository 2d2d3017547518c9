"""The lock, and what a run that died leaves: a Lease, a pending revision, a Service that is being deleted."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import LIVE, Stack, stack, store
from tests.support.command import command_environment
from tests.support.control_plane import Cluster
from tests.support.history import clone

LEASE = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
_MERGE = "application/merge-patch+json"


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    """0.1.0 is live, and new values are due."""
    made = stack(tmp_path, cluster, namespace, helm, timeout="4s")
    made.done()
    made.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    return made


def hold(live: Stack, renewed_ago: float, holder: str = "https://ci.example/runs/1 (process 1, aa)") -> None:
    """Somebody else's Lease."""
    stamp = (datetime.now(UTC) - timedelta(seconds=renewed_ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": stamp, "acquireTime": stamp}
    live.ask(f"{LEASE}/stage6-app", "PATCH", {"spec": spec}, _MERGE)


@contextmanager
def alive(live: Stack) -> Iterator[None]:
    """Somebody else who holds the Lease, and renews it."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(0.5):
            hold(live, renewed_ago=0)

    hold(live, renewed_ago=0)
    thread = threading.Thread(target=renew)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def lease(live: Stack) -> dict[str, Any]:
    spec = live.ask(f"{LEASE}/stage6-app")["spec"]
    assert isinstance(spec, dict)
    return spec


def test_the_lock_is_given_back(live: Stack) -> None:
    live.done()
    assert lease(live).get("holderIdentity", "") == ""


def test_a_lock_that_is_held_is_waited_for_and_its_holder_named(live: Stack) -> None:
    with alive(live):
        ended = live.run()
    assert "observing and planning again" not in ended.stderr  # it is waited for once
    assert ended.status == 7
    assert ended.json["error"]["code"] == "LOCKED"
    assert "by https://ci.example/runs/1 (process 1, aa)" in ended.json["error"]["message"]
    assert "waiting for the lock" in ended.stderr
    assert live.history() == [(1, "deployed")]
    assert lease(live)["holderIdentity"].startswith("https://ci.example/runs/1")


def test_the_lock_of_a_dead_holder_is_taken_over_once_it_has_expired(live: Stack) -> None:
    hold(live, renewed_ago=40)
    live.done()
    assert live.history()[-1] == (2, "deployed")


def test_the_lock_of_a_holder_that_died_just_now_is_waited_for_to_its_end(live: Stack) -> None:
    hold(live, renewed_ago=20)  # its end is later than that of the wait
    live.done()
    assert live.history()[-1] == (2, "deployed")


def test_while_a_run_is_at_work_nobody_calls_it_dead(live: Stack) -> None:
    store(live, 1, status="pending-upgrade", description="Preparing upgrade")
    with alive(live):
        (target,) = live.command("status", "--output=json").json["targets"]
    expected = {"revision": 1, "status": "pending-upgrade", "holder": "https://ci.example/runs/1 (process 1, aa)"}
    assert target["live"] == target["live"] | expected


def test_a_holder_that_gives_it_back_is_followed(live: Stack) -> None:
    hold(live, renewed_ago=1)
    threading.Timer(1.5, hold, (live, 1, "")).start()
    live.done()
    assert live.history()[-1] == (2, "deployed")


def test_a_lease_whose_times_nobody_can_read_is_held(live: Stack) -> None:
    live.ask(f"{LEASE}/stage6-app", "PATCH", {"spec": {"holderIdentity": "somebody", "renewTime": None}}, _MERGE)
    assert live.run().json["error"]["code"] == "LOCKED"


def test_a_run_whose_lock_is_taken_away_stops_helm_and_leaves_the_release_alone(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:60\n"})
    threading.Timer(5.0, hold, (live, 0)).start()
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (7, "LOCK_LOST"), ended.stderr
    assert "helm rollback" not in ended.stderr
    assert live.history() == [(1, "deployed"), (2, "failed")]
    assert lease(live)["holderIdentity"].startswith("https://ci.example/runs/1")


# What a run that died leaves


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-install"])
def test_a_revision_of_ours_that_is_pending_for_ever_is_marked_failed_and_gone_on_from(
    live: Stack, status: str
) -> None:
    uid, number = live.deployment()["metadata"]["uid"], 1
    if status == "pending-upgrade":
        live.done()
        number = 2
        store(live, 1, status="deployed")
        live.sample.edit("chore(live): more", LIVE, "size: 4", "size: 5")
    store(live, number, status=status, description="Preparing upgrade")
    said = live.done()
    # helm itself calls a first revision that failed superseded, once there is a second
    assert live.history()[-2:] == [(number, "failed" if number > 1 else "superseded"), (number + 1, "deployed")]
    assert [each["detail"] for each in said["steps"] if each["name"] == "recover"] == [
        f"revision {number} was {status}, and is marked failed"
    ]
    assert live.deployment()["metadata"]["uid"] == uid
    record, description = live.record(number), live.stored(number)["info"]["description"]
    assert (record["revision"], record["state"]) == (number, "interrupted")
    assert description.endswith(f" interrupted: its process ended while the release was {status}")
    assert f"commit={record['commit']}" in description


def test_a_rollback_that_died_is_finished_and_held(live: Stack) -> None:
    live.done()
    live.helm_plain("rollback", "app", "1")
    store(live, 3, status="pending-rollback")
    hold(live, renewed_ago=40)
    planned = live.command("plan")
    assert "the rollback of live is completed, and stays held" in planned.stdout
    said = live.done()
    assert (said["decision"], said["outcome"]) == ("nothing", "done")
    assert said["targets"][0]["held"]
    assert {each["name"]: each["result"] for each in said["steps"]}["recover"] == "done"
    assert live.history()[-2:] == [(3, "failed"), (4, "deployed")]
    assert live.record(4)["rollback"] == {"of": 3, "to": 1, "cause": "completion", "code": ""}
    said = live.done()
    assert said["targets"][0]["held"]
    assert said["outcome"] == "satisfied"


def test_a_helm_outside_stage_6_is_given_its_time(live: Stack) -> None:
    an_hour_behind = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    store(live, 1, status="pending-upgrade", config={}, updated=an_hour_behind)
    begun = time.monotonic()
    live.done()
    assert time.monotonic() - begun > 2  # of the timeout of 4 s, since its Secret was written
    assert live.history() == [(1, "superseded"), (2, "deployed")]


def test_a_first_install_that_failed_is_upgraded_in_place(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, timeout="3s", **{LIVE: "image: faults.invalid/crash\n"})
    ended = live.run()
    assert ended.json["error"]["code"] == "CRASH_LOOP"
    assert "it is left as it is: there is no good revision to go back to" in ended.json["error"]["details"]
    uid = live.deployment()["metadata"]["uid"]
    live.sample.commit("fix(live): a good image", {LIVE: "size: 3\n"})
    live.done()
    assert live.history()[-1] == (2, "deployed")
    assert live.deployment()["metadata"]["uid"] == uid
    live.sample.commit("chore(live): a bad one", {LIVE: "image: faults.invalid/crash\n"})
    live.run()
    assert live.history()[-1] == (4, "deployed")
    assert live.record(4)["rollback"]["to"] == 2  # never to the first


def test_a_service_that_is_being_deleted_is_waited_for(live: Stack) -> None:
    annotations = {"meta.helm.sh/release-name": "app", "meta.helm.sh/release-namespace": live.namespace}
    metadata = {"name": "gone", "finalizers": ["example.com/balancer"], "annotations": annotations}
    services = "/api/v1/namespaces/{}/services"
    live.ask(services, "POST", {"metadata": metadata, "spec": {"ports": [{"port": 80}]}})
    live.ask(f"{services}/gone", "DELETE")
    ended = live.run()
    assert ended.json["error"]["code"] == "OBJECT_TERMINATING"
    assert "example.com/balancer" in ended.json["error"]["message"]
    done: dict[str, Any] = {"metadata": {"finalizers": []}}
    threading.Timer(1.0, live.ask, (f"{services}/gone", "PATCH", done, _MERGE)).start()
    live.done()
    assert live.history()[-1] == (2, "deployed")


# Two at once


def start(live: Stack, repo: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "stage6", "--output=json"],
        cwd=repo,
        env={**command_environment(live.sample.helm), **live.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_deploys_of_two_commits_are_serialised_and_the_newer_one_stays(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    live.done()
    live.sample.edit("chore(live): four", LIVE, "size: 3", "size: 4")
    older = clone(live.sample.repo, tmp_path / "older")
    older.git("remote", "set-url", "origin", "../remote.git")
    newer = live.sample.edit("chore(live): five", LIVE, "size: 4", "size: 5")
    processes = [start(live, repo) for repo in (older.path, live.sample.repo.path)]
    ended = [(process.communicate(timeout=90), process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0], ended
    history = live.history()
    assert [status for _, status in history].count("deployed") == 1
    assert len(history) in (2, 3)
    assert live.stored(history[-1][0])["config"]["global"]["stage6"]["commit"] == newer


def test_two_deploys_of_one_commit_make_one_revision(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    live.done()
    live.sample.edit("chore(live): four", LIVE, "size: 3", "size: 4")
    processes = [start(live, live.sample.repo.path) for _ in range(2)]
    ended = [(process.communicate(timeout=90), process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0], ended
    assert sorted(json.loads(out[0])["decision"] for out, _ in ended) == ["nothing", "redeploy"]
    assert live.history() == [(1, "superseded"), (2, "deployed")]
