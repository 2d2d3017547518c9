"""People at the same release: what they decided is respected, what they are doing is not disturbed."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.cluster.stack import CHART, LIVE, Stack, stack
from tests.support.command import command_environment
from tests.support.control_plane import Cluster


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    """0.1.0 is revision 1, 0.2.0 with two replicas is revision 2."""
    made = stack(tmp_path / "stack", cluster, namespace, helm, timeout="15s")
    made.done()
    made.sample.edit("feat: two", CHART, "replicas: 1", "replicas: 2")
    made.done()
    return made


def by_hand(live: Stack, *words: str) -> "subprocess.Popen[str]":
    """A person's helm, at work."""
    assert live.sample.helm
    wait = "--wait" if live.sample.helm.name == "helm3" else "--wait=legacy"
    argv: list[str | Path] = [live.sample.helm, *words, wait, "--namespace", live.namespace]
    env = {**command_environment(), **live.env}
    return subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_rollback_by_hand_that_failed_is_finished_and_held(live: Stack) -> None:
    process = by_hand(live, "rollback", "app", "1", "--timeout", "1ms")
    process.communicate(timeout=30)
    assert process.returncode == 1
    assert live.history()[-1] == (3, "failed")
    said = live.done()
    assert said["decision"] == "nothing"
    assert "HELD: revision 4 is a rollback to 1" in said["targets"][0]["ignored"][-1]["why"]
    assert live.deployment()["spec"]["replicas"] == 1


def test_a_new_version_is_not_kept_back_by_a_rollback_that_failed(live: Stack) -> None:
    by_hand(live, "rollback", "app", "1", "--timeout", "1ms").communicate(timeout=30)
    live.sample.edit("feat: three", CHART, "replicas: 2", "replicas: 3")
    said = live.done()
    assert (said["decision"], said["version"]) == ("publish", "0.3.0")
    assert live.history()[-1] == (4, "deployed")


@pytest.mark.parametrize("what", ["rollback", "upgrade"])
def test_a_helm_that_is_at_work_by_hand_is_not_disturbed(live: Stack, what: str) -> None:
    slow = ["--set", "image=faults.invalid/slow:8", "--reuse-values"]
    chart = str(live.sample.repo.path / "charts" / "app")
    if what == "rollback":
        live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:5\n"})
        live.done()
        live.sample.commit("chore(live): quick", {LIVE: "size: 5\n"})
        live.done()
        process = by_hand(live, "rollback", "app", "3", "--timeout", "60s")
    else:
        process = by_hand(live, "upgrade", "app", chart, *slow, "--timeout", "60s")
    live.sample.edit("chore(live): more", LIVE, "size:", "# more\nsize:")
    deadline = time.monotonic() + 10
    while not live.history()[-1][1].startswith("pending-"):
        assert time.monotonic() < deadline
    number = live.history()[-1][0]
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (7, "RELEASE_BUSY"), ended.stderr
    said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert live.history()[-1] == (number, "deployed")


def test_what_a_person_rolled_back_after_a_deploy_of_his_own_is_held(live: Stack) -> None:
    live.helm_plain("upgrade", "app", str(live.sample.repo.path / "charts" / "app"), "--set", "size=99")
    live.helm_plain("rollback", "app", "1")
    said = live.done()
    assert said["decision"] == "nothing"
    assert "took back 0.2.0" in said["targets"][0]["ignored"][-1]["why"]


def test_an_older_commit_does_not_replace_a_newer_that_a_person_changed(live: Stack) -> None:
    older = live.sample.edit("chore(live): four", LIVE, "size: 3", "size: 4")
    live.sample.edit("chore(live): five", LIVE, "size: 4", "size: 5")
    live.done()
    chart = str(live.sample.repo.path / "charts" / "app")
    live.helm_plain("upgrade", "app", chart, "--reuse-values", "--set", "replicas=1")
    said = live.done(f"--head={older}")
    assert (said["decision"], live.history()[-1]) == ("nothing", (4, "deployed"))
    assert "superseded" in said["targets"][0]["ignored"][-1]["why"]
    said = live.done()
    assert (said["decision"], live.history()[-1]) == ("redeploy", (5, "deployed"))
    assert "by other hands" in said["targets"][0]["reasons"][-1]["why"]


def test_rollbacks_never_bring_back_what_was_taken_back(live: Stack) -> None:
    assert live.command("rollback").status == 0  # 3, back to 1
    live.sample.edit("feat: three", CHART, "image: registry.invalid/web", "image: faults.invalid/crash")
    assert live.run().json["error"]["code"] == "CRASH_LOOP"  # 4 failed, 5 is back to 3
    ended = live.command("rollback")
    assert (ended.status, live.history()[-1]) == (3, (5, "deployed")), ended.stderr
    assert "NOTHING_TO_ROLL_BACK" in ended.stderr


def test_what_was_deployed_and_not_verified_stays_red(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.sample.edit("chore: contract", ".stage6.yaml", "required_secrets: []", "required_secrets: [db]")
    for _ in range(2):
        ended = live.run()
        assert (ended.status, ended.json["error"]["code"]) == (6, "REQUIRED_SECRET_MISSING")
    live.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "db"}})
    live.done()
    assert live.done()["decision"] == "nothing"


# Which cluster


def test_a_kubeconfig_that_is_not_there_is_no_nowhere(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    ended = live.command("plan", "--output=json", KUBECONFIG=str(tmp_path / "gone"))
    assert (ended.status, ended.json["error"]["code"]) == (3, "KUBECONFIG_MISSING")


def test_a_kubeconfig_may_be_relative_and_a_context_be_named(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4, more="    context: test\n")
    (live.sample.directory / "kubeconfig").write_bytes(cluster.kubeconfig.read_bytes())
    live.done(KUBECONFIG="../kubeconfig")
    live.sample.edit("chore: elsewhere", ".stage6.yaml", "context: test", "context: other")
    ended = live.run()
    assert ended.status == 8
    assert 'context "other" does not exist' in ended.json["error"]["message"]
