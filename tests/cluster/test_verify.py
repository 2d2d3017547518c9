"""What has to hold after a deploy: Secrets, External Secrets, an address, the chart's own tests."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import SOFT, Stack, stack
from tests.support.command import Ended
from tests.support.control_plane import Cluster
from tests.support.sample import step_results
from tests.support.secrets_operator import SecretsOperator
from tests.tools.test_process import ended as is_gone

TEST_POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: check, annotations: {helm.sh/hook: test}}\n"
    "spec: {restartPolicy: Never, containers: [{name: main, image: {{ .Values.check }}}]}\n"
)
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: seed}\nspec: {backoffLimit: 0, template: {spec: "
    "{restartPolicy: Never, containers: [{name: main, image: faults.invalid/fails}]}}}\n"
)
EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec: {secretStoreRef: {kind: SecretStore, name: aws}, data: [{secretKey: URL, remoteRef: {key: KEY}}]}
"""


def test_a_required_secret_that_is_missing_fails_the_run_and_undoes_nothing(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    """Where its precondition only warns; else nothing is deployed (tests/cluster/test_contract.py)."""
    live = stack(tmp_path, cluster, namespace, helm4, SOFT)
    live.sample.edit("chore: contract", ".stage6.yaml", "required_secrets: []", "required_secrets: [db, redis]")
    live.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "redis"}})
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (6, "REQUIRED_SECRET_MISSING")
    assert ended.json["error"]["message"] == "required, and not there: Secret db"
    assert step_results(ended)["record live"] == "done"
    assert live.history() == [(1, "deployed")]


@pytest.mark.parametrize("required", [True, False], ids=["of the contract", "of the chart alone"])
def test_an_external_secret_has_to_be_synced_though_helm_waits_for_none(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, secrets_operator: SecretsOperator, required: bool
) -> None:
    key = f"{namespace}-db"
    files = {"charts/app/templates/external.yaml": EXTERNAL.replace("KEY", key)}
    contract = "    required_external_secrets: [db]\n" if required else ""
    live = stack(tmp_path, cluster, namespace, helm, f"{contract}{SOFT}", timeout="5s", **files)
    ended = live.run()  # helm waits for none, and ended well
    assert (ended.status, ended.json["error"]["code"]) == (6, "EXTERNAL_SECRET_NOT_READY")
    assert live.history() == [(1, "deployed")]
    secrets_operator.moto.put(key, "x")
    secrets_operator.store(namespace)
    secrets_operator.until(namespace, "db", "SecretSynced")  # it asks again later each time, beyond this timeout
    said = live.done()
    detail = next(each["detail"] for each in said["steps"] if each["name"] == "verify")
    assert "1 ExternalSecrets are ready" in detail


def test_a_job_of_the_chart_that_failed_is_not_taken_for_ready(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, **{"charts/app/templates/job.yaml": JOB})
    live.run()
    deadline = time.monotonic() + 20
    while not (job := live.ask("/apis/batch/v1/namespaces/{}/jobs/seed")["status"]).get("failed"):
        assert time.monotonic() < deadline, job
        time.sleep(0.2)
    live.sample.edit("chore(live): more", "envs/live/values.yaml", "size: 3", "size: 4")
    failed = live.run()
    assert (failed.status, failed.json["error"]["code"]) == (6, "WORKLOAD_NOT_READY")
    assert "(Job seed): container main ended with status 1" in failed.json["error"]["message"]


def test_a_pod_of_a_job_that_lacks_a_secret_is_not_taken_for_ready(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    lacking = JOB.replace("image: faults.invalid/fails", "image: x, envFrom: [{secretRef: {name: nope}}]")
    files = {"charts/app/templates/job.yaml": lacking}
    ended = stack(tmp_path, cluster, namespace, helm4, SOFT, timeout="5s", **files).run()
    assert (ended.status, ended.json["error"]["code"]) == (6, "WORKLOAD_NOT_READY")
    assert "MISSING_SECRET: pod seed-" in ended.json["error"]["message"]


@pytest.fixture
def address() -> Iterator[str]:
    """A server that answers 503, and 200 at /soon from the third time on."""
    asked: list[str] = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if asked.count("/soon") > 2 else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "status", "told"), [("/soon", 0, "/soon answers after"), ("/other", 6, "503")])
def test_the_address_has_to_answer_in_time(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, address: str, path: str, status: int, told: str
) -> None:
    more = f"    settle: 1s\n    probe: {address}{path}\n    probe_timeout: {'0s' if status else '1m'}\n"
    ended = stack(tmp_path, cluster, namespace, helm4, more=more).run()
    assert ended.status == status, ended.stderr
    verified = next(each for each in ended.json["steps"] if each["name"] == "verify")
    assert told in verified["detail"]
    assert (verified["error"] and verified["error"]["code"]) == ("PROBE_ADDRESS" if status else None)
    assert parts_of(ended) == {"deploy": ["helm-upgrade"], "verify": ["objects", "settle", "probe"]}


def parts_of(ended: Ended) -> dict[str, list[str]]:
    """The parts of each step that has some, none of which takes longer than all of it."""
    for step in ended.json["steps"]:
        assert sum(part["seconds"] for part in step["parts"]) <= step["seconds"] + 0.01, step
    return {step["name"]: [part["name"] for part in step["parts"]] for step in ended.json["steps"] if step["parts"]}


@pytest.mark.parametrize(("image", "status"), [("registry.invalid/check", 0), ("faults.invalid/fails", 6)])
def test_the_charts_own_tests_are_run(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, image: str, status: int
) -> None:
    files = {"charts/app/templates/check.yaml": TEST_POD, "envs/live/values.yaml": f"check: {image}\n"}
    live = stack(tmp_path, cluster, namespace, helm, more="    helm_test: true\n", **files)
    ended = live.run()
    assert ended.status == status, ended.stderr
    assert parts_of(ended)["verify"] == ["objects", "helm-test"]
    if status:
        assert ended.json["error"]["code"] == "HELM_TEST_FAILED"


def with_smoke_test(live: Stack, script: str, *keys: str) -> Stack:
    """With a smoke test, a script that is committed beside a change of the values."""
    live.sample.repo.write("smoke.sh", f"#!/bin/sh\n{script}\n")
    (live.sample.repo.path / "smoke.sh").chmod(0o755)
    lines = ["command: [./smoke.sh, --now]", "environment: [SMOKE_LOGIN]", *keys]
    config = (live.sample.repo.path / ".stage6.yaml").read_text().partition("    verify:")[0]
    more = "".join(f"      {line}\n" for line in lines)
    size = f"size: {len(script)}\n"
    live.sample.commit(
        "feat: test it", {".stage6.yaml": f"{config.rstrip()}\n    verify:\n{more}", "envs/live/values.yaml": size}
    )
    return live


LOGIN = {"SMOKE_LOGIN": "canary-of-a-smoke-test", "OTHER_TOKEN": "canary-of-another"}


def failure(ended: Ended) -> tuple[int, str]:
    return ended.status, ended.json["error"]["code"]


def test_a_smoke_test_gets_what_is_deployed_where_its_own_variables_and_no_others(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = with_smoke_test(
        stack(tmp_path, cluster, namespace, helm4), "env > ../seen; pwd >> ../seen; echo $1 >> ../seen"
    )
    steps = {each["name"]: each for each in live.done(**LOGIN)["steps"]}
    assert "./smoke.sh passed" in steps["verify"]["detail"]
    *lines, where, argument = (live.sample.directory / "seen").read_text().splitlines()
    seen = dict(line.split("=", 1) for line in lines)
    assert (where, argument) == (str(live.sample.repo.path), "--now")
    assert {name: value for name, value in seen.items() if name.startswith(("STAGE6_", "SMOKE_"))} == {
        "STAGE6_TARGET": "live",
        "STAGE6_NAMESPACE": namespace,
        "STAGE6_RELEASE": "app",
        "STAGE6_REVISION": "1",
        "STAGE6_VERSION": live.record(1)["version"],
        "STAGE6_COMMIT": live.record(1)["commit"],
        "SMOKE_LOGIN": LOGIN["SMOKE_LOGIN"],
    }
    assert not {"OTHER_TOKEN", "KUBECONFIG"} & seen.keys()


def test_a_smoke_test_that_fails_leaves_the_deploy_unverified_and_is_run_again_by_the_next_run(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    script = "[ -e ../repaired ] || { echo one; echo the login is $SMOKE_LOGIN >&2; exit 3; }"
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), script)
    ended = live.run(**LOGIN)
    assert failure(ended) == (6, "SMOKE_TEST_FAILED")
    assert "ended with status 3" in ended.json["error"]["message"]
    assert sorted(ended.json["error"]["details"]) == ["| one", "| the login is ***"]
    assert LOGIN["SMOKE_LOGIN"] not in ended.stdout + ended.stderr
    assert (live.record(1)["state"], live.record(1)["code"]) == ("unverified", "SMOKE_TEST_FAILED")
    (live.sample.directory / "repaired").touch()
    live.done(**LOGIN)
    assert (live.history(), live.record(1)["state"]) == ([(1, "deployed")], "verified")


def test_a_smoke_test_that_fails_brings_the_good_revision_back_where_the_target_says_so_and_holds_the_commit(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), "exit 1", "rollback: true")
    first = live.run(**LOGIN)  # there is nothing to go back to
    assert (failure(first), live.history()) == ((6, "SMOKE_TEST_FAILED"), [(1, "deployed")])
    with_smoke_test(live, "exit 0 ", "rollback: true").done(**LOGIN)
    audit = tmp_path / "audit.jsonl"
    ended = with_smoke_test(live, "kill -9 $$", "rollback: true").run("--audit", str(audit), **LOGIN)
    assert failure(ended) == (6, "SMOKE_TEST_FAILED")
    assert "was killed by signal 9" in ended.json["error"]["message"]
    assert parts_of(ended)["verify"] == ["objects", "smoke-test", "helm-rollback"]
    assert live.history() == [(1, "superseded"), (2, "superseded"), (3, "superseded"), (4, "deployed")]
    assert [live.record(number)["state"] for number in (2, 3, 4)] == ["verified", "failed", "rollback"]
    entry = json.loads(audit.read_text())
    assert (entry["result"], entry["rollback"]) == ("failed", {"revision": 4, "to": 2})
    assert [each["held"] for each in live.done(**LOGIN)["targets"]] == [True]
    assert len(live.history()) == 4


def test_what_was_never_verified_is_not_brought_back(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), "exit 0", "rollback: true")
    live.done(**LOGIN)
    assert failure(with_smoke_test(live, "kill -INT $PPID; sleep 9 ", "rollback: true").run(**LOGIN))[0] == 130
    assert live.record(2)["state"] == "unverified"
    assert failure(with_smoke_test(live, "exit 1  ", "rollback: true").run(**LOGIN)) == (6, "SMOKE_TEST_FAILED")
    assert live.record(4)["rollback"]["to"] == 1


@pytest.mark.parametrize("status", [126, 127])
def test_a_smoke_test_that_could_not_run_takes_nothing_back(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, status: int
) -> None:
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), "exit 0", "rollback: true")
    live.done(**LOGIN)
    ended = with_smoke_test(live, f"exit {status}", "rollback: true").run(**LOGIN)
    assert failure(ended) == (6, "SMOKE_TEST_FAILED")
    assert (live.history(), live.record(2)["state"]) == ([(1, "superseded"), (2, "deployed")], "unverified")


def test_an_interruption_ends_a_smoke_test_which_the_next_run_runs_again(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    script = "[ -e ../again ] || { touch ../again; kill -INT $PPID; sleep 600; }"
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), script)
    assert failure(live.run(**LOGIN)) == (130, "INTERRUPTED")
    assert live.record(1)["state"] == "unverified"
    live.done(**LOGIN)
    assert (live.history(), live.record(1)["state"]) == ([(1, "deployed")], "verified")


def test_a_smoke_test_that_does_not_end_in_time_is_ended_with_all_that_it_started(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    script = "sleep 600 & echo $! > ../child; echo it waits; sleep 600"
    ended = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), script, "timeout: 1s").run(**LOGIN)
    assert failure(ended) == (6, "SMOKE_TEST_FAILED")
    assert "did not end within 1 s" in ended.json["error"]["message"]
    assert ended.json["error"]["details"] == ["| it waits"]
    assert is_gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize(
    ("login", "mode", "code"),
    [("", 0o755, "SECRET_UNSET"), ("ab", 0o755, "SECRET_SHORT"), ("login", 0o644, "SMOKE_TEST_MISSING")],
)
def test_a_smoke_test_that_cannot_be_run_stops_the_run_before_anything_is_changed(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, login: str, mode: int, code: str
) -> None:
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), "exit 0")
    (live.sample.repo.path / "smoke.sh").chmod(mode)
    assert failure(live.run(SMOKE_LOGIN=login)) == (3, code)
    assert live.ask("/api/v1/namespaces/{}/secrets")["items"] == []


def test_a_plan_and_a_preflight_run_no_smoke_test(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = with_smoke_test(stack(tmp_path, cluster, namespace, helm4), "touch ../it-ran")
    planned = live.command("plan", "--output=json", **LOGIN)
    assert next(each["command"] for each in planned.json["steps"] if each["name"] == "verify").endswith(
        "./smoke.sh --now"
    )
    assert (live.command("preflight", **LOGIN).status, (tmp_path / "it-ran").exists()) == (0, False)
