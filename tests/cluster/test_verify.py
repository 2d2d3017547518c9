"""What has to hold after a deploy: Secrets, External Secrets, an address, the chart's own tests."""

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import SOFT, stack
from tests.support.control_plane import Cluster
from tests.support.sample import step_results
from tests.support.secrets_operator import SecretsOperator

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
    more = f"    probe: {address}{path}\n    probe_timeout: {'0s' if status else '1m'}\n"
    ended = stack(tmp_path, cluster, namespace, helm4, more=more).run()
    assert ended.status == status, ended.stderr
    verified = next(each for each in ended.json["steps"] if each["name"] == "verify")
    assert told in verified["detail"]
    assert (verified["error"] and verified["error"]["code"]) == ("PROBE_ADDRESS" if status else None)


@pytest.mark.parametrize(("image", "status"), [("registry.invalid/check", 0), ("faults.invalid/fails", 6)])
def test_the_charts_own_tests_are_run(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path, image: str, status: int
) -> None:
    files = {"charts/app/templates/check.yaml": TEST_POD, "envs/live/values.yaml": f"check: {image}\n"}
    live = stack(tmp_path, cluster, namespace, helm, more="    helm_test: true\n", **files)
    ended = live.run()
    assert ended.status == status, ended.stderr
    if status:
        assert ended.json["error"]["code"] == "HELM_TEST_FAILED"
