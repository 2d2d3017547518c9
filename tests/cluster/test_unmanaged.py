"""A release that is also changed outside Stage 6: such a change is recognised, respected and not disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cluster.stack import CHART, LIVE, SOFT, Stack, stack, store
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

# The driver of tests/cluster/test_killed.py, which ends nothing: it receives SIGINT even in a background job.
DRIVER = Path(__file__).parent.parent / "support" / "killed.py"


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    """0.1.0 is revision 1, 0.2.0 with two replicas is revision 2."""
    made = stack(tmp_path / "stack", cluster, namespace, helm, timeout="15s")
    made.done()
    made.sample.edit("feat: two", CHART, "replicas: 1", "replicas: 2")
    made.done()
    return made


def helm_outside(live: Stack, *arguments: str) -> "subprocess.Popen[str]":
    """A helm outside Stage 6, at work."""
    assert live.sample.helm
    wait = "--wait" if live.sample.helm.name == "helm3" else "--wait=legacy"
    argv: list[str | Path] = [live.sample.helm, *arguments, wait, "--namespace", live.namespace]
    env = {**command_environment(), **live.env}
    return subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_unmanaged_rollback_that_failed_is_completed_and_held(live: Stack) -> None:
    process = helm_outside(live, "rollback", "app", "1", "--timeout", "1ms")
    process.communicate(timeout=30)
    assert process.returncode == 1
    assert live.history()[-1] == (3, "failed")
    said = live.done()
    assert (said["decision"], live.history()[-1]) == ("nothing", (4, "deployed"))
    assert said["targets"][0]["held"]
    assert live.done()["targets"][0]["held"]
    assert live.record(4)["rollback"] == {"of": 3, "to": 1, "cause": "completion", "code": ""}
    assert live.deployment()["spec"]["replicas"] == 1


def test_a_new_version_is_not_kept_back_by_a_rollback_that_failed(live: Stack) -> None:
    helm_outside(live, "rollback", "app", "1", "--timeout", "1ms").communicate(timeout=30)
    live.sample.edit("feat: three", CHART, "replicas: 2", "replicas: 3")
    said = live.done()
    assert (said["decision"], said["version"]) == ("publish", "0.3.0")
    assert live.history()[-1] == (4, "deployed")


@pytest.mark.parametrize("what", ["rollback", "upgrade"])
def test_a_helm_outside_stage_6_that_is_at_work_is_waited_for_and_deployed_over(live: Stack, what: str) -> None:
    slow = ["--set", "image=faults.invalid/slow:4", "--reuse-values"]
    chart = str(live.sample.repo.path / "charts" / "app")
    if what == "rollback":
        live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:5\n"})
        live.done()
        live.sample.commit("chore(live): quick", {LIVE: "size: 5\n"})
        live.done()
        process = helm_outside(live, "rollback", "app", "3", "--timeout", "60s")
    else:
        process = helm_outside(live, "upgrade", "app", chart, *slow, "--timeout", "60s")
    live.sample.edit("chore(live): more", LIVE, "size:", "# more\nsize:")
    deadline = time.monotonic() + 10
    while not live.history()[-1][1].startswith("pending-"):
        assert time.monotonic() < deadline
    number = live.history()[-1][0]
    ended = live.run()
    assert ended.status == 0, ended.stderr
    said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert live.history()[-2:] == [(number, "superseded"), (number + 1, "deployed")]


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
    live = stack(tmp_path, cluster, namespace, helm4, SOFT)
    live.sample.edit("chore: contract", ".stage6.yaml", "required_secrets: []", "required_secrets: [db]")
    audit = tmp_path / "audit.jsonl"
    for _ in range(2):
        ended = live.run(f"--audit={audit}")
        assert (ended.status, ended.json["error"]["code"]) == (6, "REQUIRED_SECRET_MISSING")
    live.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "db"}})
    said = live.done(f"--audit={audit}")
    assert (said["decision"], said["outcome"], live.history()) == ("nothing", "done", [(1, "deployed")])
    assert live.done()["outcome"] == "satisfied"
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [each["result"] for each in entries] == ["unverified", "unverified", "verified"]
    assert {each["revision"] for each in entries} == {1}


def test_a_rollback_to_what_a_person_deployed_is_no_record_of_ours(live: Stack) -> None:
    chart = str(live.sample.repo.path / "charts" / "app")
    live.helm_plain("upgrade", "app", chart, "--reuse-values", "--set", "size=99")  # 3, with our record in its values
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    live.done()  # 4
    ended = live.command("rollback", "--to=3", "--output=json")
    for found in (ended.json["live"], live.command("status", "--output=json").json["targets"][0]["live"]):
        assert (found["revision"], found["version"], found["commit"]) == (5, "0.0.0", None), ended.stderr


def test_a_rollback_to_what_head_wants_holds_nothing(live: Stack) -> None:
    for number in ("1", "2"):
        assert live.command("rollback", f"--to={number}").status == 0
    said = live.done()
    assert (said["decision"], said["targets"][0]["held"]) == ("nothing", False)
    assert said["targets"][0]["ignored"][-1]["why"] == "0.2.0 with these values is deployed"


# What a person writes with --description


@pytest.mark.parametrize(
    "description",
    [
        "Release 2025-11 of the shop",
        "Rollback of the experiment",
        "Rollback to 1: no",
        'Release "app" failed: not at all',
    ],
)
def test_no_description_of_an_upgrade_that_succeeded_makes_it_a_rollback(live: Stack, description: str) -> None:
    chart = str(live.sample.repo.path / "charts" / "app")
    live.helm_plain("upgrade", "app", chart, "--set", "size=99", "--description", description)
    planned = live.command("plan", "--output=json").json
    (target,) = planned["targets"]
    assert (target["decision"], target["held"]) == ("redeploy", False)
    assert live.done()["decision"] == "redeploy"
    assert live.history()[-1] == (4, "deployed")


@pytest.mark.parametrize("begin", ["stage6 was down: deployed with helm", ""])
def test_no_description_makes_copied_values_a_record_of_ours(live: Stack, begin: str) -> None:
    chart = str(live.sample.repo.path / "charts" / "app")
    description = begin or live.stored(2)["info"]["description"]  # word for word that of revision 2
    live.helm_plain("upgrade", "app", chart, "--reuse-values", "--set", "replicas=1", "--description", description)
    assert live.record(3)["revision"] == 2
    assert live.command("status", "--output=json").json["targets"][0]["live"]["commit"] is None
    said = live.done()
    assert (said["decision"], live.history()[-1]) == ("redeploy", (4, "deployed"))
    assert live.deployment()["spec"]["replicas"] == 2


def test_a_good_revision_is_brought_back_whatever_its_description(live: Stack) -> None:
    chart = str(live.sample.repo.path / "charts" / "app")
    live.helm_plain("upgrade", "app", chart, "--set", "size=99", "--description", "corrects what failed: the timeout")
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    live.done()  # 4
    ended = live.command("rollback", "--output=json")
    assert (ended.status, ended.json["to"]) == (0, 3), ended.stderr


def test_what_failed_and_was_superseded_is_not_brought_back(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    chart = str(live.sample.repo.path / "charts" / "app")
    wait = "--wait" if helm.name == "helm3" else "--wait=legacy"
    with pytest.raises(subprocess.CalledProcessError):
        live.helm_plain("install", "app", chart, "--set", "image=faults.invalid/crash", wait, "--timeout", "2s")
    live.done()  # 2
    assert live.history() == [(1, "superseded"), (2, "deployed")]
    assert live.stored(1)["info"]["description"].startswith('Release "app" failed: ')
    ended = live.command("rollback")
    assert ended.status == 3, ended.stdout
    assert "NOTHING_TO_ROLL_BACK" in ended.stderr


def test_a_record_is_bound_to_its_revision_and_repeated_in_labels(live: Stack) -> None:
    for number in (1, 2):
        labels = live.ask(f"/api/v1/namespaces/{{}}/secrets/sh.helm.release.v1.app.v{number}")["metadata"]["labels"]
        found = (labels["stage6.jetscale.ai/revision"], labels["stage6.jetscale.ai/state"])
        assert found == (str(number), "verified")
        record = live.record(number)
        assert (record["schema"], record["revision"], record["state"]) == (1, number, "verified")
    assert live.helm_plain("list", "--selector", "stage6.jetscale.ai/state=verified", "--short").split() == ["app"]
    assert live.helm_plain("list", "--selector", "stage6.jetscale.ai/state=failed", "--short").split() == []


# Records of an earlier version, which kept the state in the description


def make_legacy(live: Stack, revision: int, after: str = "") -> None:
    """The record and the description of a revision as the version before records had a schema wrote them."""
    names = ("version", "commit", "digest", "values", "run", "deploy")
    fields = {name: live.record(revision)[name] for name in names}
    line = " ".join([f"stage6 {fields['version']}", *(f"{name}={fields[name]}" for name in names[1:4])])
    config = {**live.stored(revision)["config"], "global": {"stage6": fields}}
    store(live, revision, config=config, description=f"{line}{after}")


def test_a_release_of_an_earlier_version_is_understood(live: Stack) -> None:
    for number in (1, 2):
        make_legacy(live, number)
    assert live.done()["outcome"] == "satisfied"
    make_legacy(live, 2, " unverified: nobody has looked yet")
    said = live.done()
    assert (said["decision"], said["outcome"], live.history()[-1]) == ("nothing", "done", (2, "deployed"))
    assert (live.record(2)["schema"], live.record(2)["state"]) == (1, "verified")
    live.helm_plain("rollback", "app", "1")
    assert live.done()["targets"][0]["held"]
    assert live.command("status", "--output=json").json["targets"][0]["live"]["commit"] == live.record(1)["commit"]


def test_what_an_earlier_version_recorded_as_failed_is_not_brought_back(live: Stack) -> None:
    make_legacy(live, 1, " failed: CRASH_LOOP pod web")
    assert "NOTHING_TO_ROLL_BACK" in live.command("rollback").stderr


def start(live: Stack, *words: str | Path) -> "subprocess.Popen[str]":
    """Python with these words, in the stack's clone, against its cluster."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=live.sample.repo.path,
        env={**command_environment(live.sample.helm), **live.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def while_it_waits(live: Stack, *words: str) -> "subprocess.Popen[str]":
    """A command whose helm has written its revision, and waits."""
    number = live.history()[-1][0]
    process = start(live, "-m", "jetscale_cicd", *words)
    deadline = time.monotonic() + 30
    while live.history()[-1][0] == number:
        assert time.monotonic() < deadline
    return process


def test_a_run_does_not_claim_the_revision_of_a_person_who_came_after_it(live: Stack, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:5\n"})
    process = while_it_waits(live, "stage6", "--output=json", f"--audit={audit}")
    live.helm_plain("rollback", "app", "1")
    said, errors = process.communicate(timeout=60)
    assert process.returncode in (0, 5), errors
    ended = json.loads(said)
    entry = json.loads(audit.read_text().splitlines()[0])
    assert (entry["revision"], entry["rollback"]) == (3, None)
    assert live.history()[-1] == (4, "deployed")  # and the person's rollback stays
    if process.returncode == 0:  # helm was content with its own revision before the person's took its pods away
        assert ended["attempts"][0]["error"]["code"] == "RELEASE_MOVED"
        assert entry["result"] == "superseded"
        assert ended["targets"][0]["held"]
    else:
        assert "revision 4 came after it, by a helm outside Stage 6" in ended["error"]["details"][0]
        assert entry["result"] == "failed"


def test_a_rollback_does_not_claim_the_rollback_of_a_person_who_came_after_it(live: Stack) -> None:
    live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:6\n"})
    live.done()  # 3
    live.sample.commit("chore(live): quick", {LIVE: "size: 5\n"})
    live.done()  # 4
    process = while_it_waits(live, "rollback", "--to=3")  # 5
    live.helm_plain("rollback", "app", "1")
    _, said = process.communicate(timeout=60)
    assert process.returncode in (5, 7), said  # 5 where its own pods went before helm was content
    (description,) = [each["description"] for each in live.helm("history", "app") if each["revision"] == 6]
    assert description == "Rollback to 1"
    live.done()  # whichever helm ended last, the person's rollback is completed
    assert live.history()[-1][1] == "deployed"
    assert live.stored(live.history()[-1][0])["info"]["description"].startswith("Rollback to 1")


def test_a_rollback_that_has_nothing_to_go_to_is_red_and_names_the_way_out(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    live.done()
    store(live, 1, status="failed", description='Rollback "app" failed: no reason', config={})
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "NOTHING_TO_ROLL_BACK"), ended.stderr
    assert "--release-hold" in ended.json["error"]["hint"]
    assert live.done("--release-hold")["decision"] == "redeploy"


def test_an_install_after_an_uninstallation_that_fails_is_known_as_one(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, timeout="4s")
    live.done()
    live.helm_plain("uninstall", "app", "--keep-history")
    live.sample.commit("chore(live): bad", {LIVE: "size: 4\nimage: faults.invalid/crash\n"})
    ended = live.run()
    assert ended.json["error"]["code"] == "CRASH_LOOP", ended.stderr
    assert (live.record(2)["state"], live.record(2)["code"]) == ("failed", "CRASH_LOOP")
    live.sample.commit("fix(live): good", {LIVE: "size: 4\n"})
    assert live.done()["decision"] == "redeploy"
    assert live.history()[-1] == (3, "deployed")


def test_a_person_who_uninstalls_is_given_time_and_what_died_of_it_is_deployed_over(live: Stack) -> None:
    store(live, 2, status="uninstalling", deleted=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    begun = time.monotonic()
    live.done()
    assert time.monotonic() - begun > 10  # of the timeout of 15 s, by the server's clock
    assert live.history()[-1] == (3, "deployed")
    assert live.record(2)["state"] == "interrupted"  # whatever helm's status for it is, once there is a third


def test_what_a_rollback_took_back_is_not_deployed_by_redeploy(live: Stack) -> None:
    assert live.command("rollback").status == 0
    ended = live.run("--redeploy")
    assert (ended.status, ended.json["error"]["code"]) == (3, "REDEPLOY_HELD")
    assert "rollback --target live --to N" in ended.json["error"]["hint"]
    assert live.history()[-1] == (3, "deployed")


def test_a_rollback_that_waited_for_a_run_judges_anew(live: Stack) -> None:
    live.sample.commit("chore(live): bad", {LIVE: "size: 4\nimage: faults.invalid/crash\n"})
    process = while_it_waits(live, "stage6")
    time.sleep(8)  # or it would wait in vain: for no longer than one timeout
    ended = live.command("rollback", "--output=json")
    process.communicate(timeout=60)
    assert process.returncode == 5
    assert (ended.status, ended.json["error"]["code"]) == (7, "RELEASE_MOVED"), ended.stderr
    assert "revision 4 (0.2.0) became the newest: Rollback to 2: revision 3 failed with CRASH_LOOP" in ended.stderr
    assert live.history()[-1] == (4, "deployed")


def test_fields_that_others_changed_keep_nothing_from_being_deployed(live: Stack) -> None:
    scale = {"spec": {"replicas": 5}}
    path = "/apis/apps/v1/namespaces/{}/deployments/web"
    live.ask(f"{path}?fieldManager=kubectl-edit", "PATCH", scale, "application/merge-patch+json")
    live.ask(f"{path}/scale?fieldManager=autoscaler", "PATCH", scale, "application/merge-patch+json")
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    live.done()
    assert live.deployment()["spec"]["replicas"] == 2
    assert live.command("rollback").status == 0


@pytest.mark.parametrize(("first", "then"), [("helm3", "helm4"), ("helm4", "helm3")])
def test_a_release_goes_on_with_another_helm(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, first: str, then: str
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4.with_name(first))
    live.done()
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    other = Stack(replace(live.sample, helm=helm4.with_name(then)), cluster, namespace)
    other.done()
    other.sample.edit("chore(live): more", LIVE, "size: 4", "size: 5")
    live.done()
    assert other.command("rollback").status == 0
    assert live.history()[-1] == (4, "deployed")


def interrupted(live: Stack, process: "subprocess.Popen[str]", after: str) -> str:
    """The output of a process that is interrupted once it has printed this, and helm is at work."""
    assert process.stderr
    said = ""
    while after not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    deadline = time.monotonic() + 15
    while not live.history()[-1][1].startswith("pending-"):
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    return said + process.communicate(timeout=60)[1]


def test_a_rollback_that_is_interrupted_blocks_nothing(live: Stack) -> None:
    live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:6\n"})
    live.done()  # 3
    live.sample.commit("chore(live): quick", {LIVE: "size: 5\n"})
    live.done()  # 4
    process = start(live, DRIVER, os.devnull, "0", "none", "rollback", "--to=3")
    said = interrupted(live, process, "$ helm rollback")
    assert process.returncode == 130, said
    assert live.history()[-1] == (5, "failed")
    assert live.record(5) | {
        "state": "interrupted",
        "rollback": {"of": 4, "to": 3, "cause": "requested", "code": ""},
    } == (live.record(5))
    planned = live.command("plan", "--output=json").json
    assert {each["name"]: each["state"] for each in planned["steps"]}["recover"] == "needed"
    assert planned["targets"][0]["held"]
    live.done()
    assert live.history()[-1] == (6, "deployed")
    assert live.done()["targets"][0]["held"]


def test_a_helm_of_a_person_that_was_faster_is_not_taken_for_ours(live: Stack) -> None:
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    assert live.sample.helm
    slow = live.sample.directory / "slow" / live.sample.helm.name
    slow.parent.mkdir()
    # a helm outside Stage 6 begins after the run has observed the release, and before its own helm has
    outside = f"{live.sample.helm} upgrade app {live.sample.repo.path}/charts/app --namespace {live.namespace}"
    wait = "--wait" if live.sample.helm.name == "helm3" else "--wait=legacy"
    slow.write_text(
        f"#!/bin/sh\ncase $1 in upgrade) setsid {outside} --reuse-values --set image=faults.invalid/slow:5 {wait} "
        f'>/dev/null 2>&1 & sleep 3;; esac\nexec {live.sample.helm} "$@"\n'
    )
    slow.chmod(0o755)
    ended = Stack(replace(live.sample, helm=slow), live.cluster, live.namespace).run()
    assert ended.json["error"]["code"] == "OPERATION_IN_PROGRESS", ended.stderr
    assert ended.json["error"]["details"][0] == "nothing was changed"
    assert "helm rollback" not in ended.stderr
    deadline = time.monotonic() + 30
    while live.history()[-1] != (3, "deployed"):
        assert time.monotonic() < deadline, live.history()


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


def test_an_installation_by_a_person_with_the_values_of_ours_is_deployed_over(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    live.done()
    assert live.record(1)["state"] == "verified"
    values = tmp_path / "values.yaml"
    values.write_text(live.helm_plain("get", "values", "app", "--output", "yaml"))
    live.helm_plain("uninstall", "app", "--wait")
    chart = str(live.sample.repo.path / "charts/app")
    live.helm_plain("install", "app", chart, "--values", str(values), "--set", "replicas=3")
    assert live.history()[-1] == (1, "deployed")
    assert live.done()["decision"] == "redeploy"
    assert live.history()[-1] == (2, "deployed")
