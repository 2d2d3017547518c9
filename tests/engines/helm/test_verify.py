"""What a target promises is asked for, each of it, and the first that is not kept is named by its code."""

from typing import Any

import pytest

from jetscale_cicd.engines.helm import verify as module
from jetscale_cicd.engines.helm.verify import verify
from jetscale_cicd.errors import CannotTellError, SupersededError, VerificationError
from jetscale_cicd.tools.kubernetes import ApiFailure
from jetscale_cicd.tools.process import Finished, ProcessTimeout
from tests.engines.helm.conftest import Stage
from tests.support.fake_helm import failed
from tests.support.helm_secret import SECRETS, Object, ours

APPS = "/apis/apps/v1/namespaces/shop-prod"
PODS = "/api/v1/namespaces/shop-prod/pods"
JOBS = "/apis/batch/v1/namespaces/shop-prod/jobs"
CRONJOBS = "/apis/batch/v1/namespaces/shop-prod/cronjobs"
OURS = {"meta.helm.sh/release-name": "app"}
MANIFEST = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits, which take no time."""
    waited: list[float] = []

    class Time:
        @staticmethod
        def monotonic() -> float:
            return sum(waited)

    monkeypatch.setattr(module, "time", Time)
    monkeypatch.setattr(module, "pause", waited.append)
    return waited


def promised(stage: Stage, status: str = "", **target: Any) -> str:
    return verify(stage.engine(**target), lambda _: status)


def broken(stage: Stage, status: str = "", **target: Any) -> str:
    with pytest.raises(VerificationError) as error:
        promised(stage, status, **target)
    return error.value.code


def deployment(stage: Stage, ready: int = 1, *, available: int | None = None, min_ready: int = 0) -> None:
    counts: Object = {"readyReplicas": ready, "availableReplicas": ready if available is None else available}
    status = {"replicas": 1, "updatedReplicas": 1, **counts}
    spec = {"replicas": 1, "minReadySeconds": min_ready}
    made = {"metadata": {"uid": "web", "annotations": OURS}, "spec": spec, "status": status}
    stage.api.put(f"{APPS}/deployments/web", made)


def pod(stage: Stage, owner: str, **status: object) -> None:
    made = {"metadata": {"uid": "p", "ownerReferences": [{"uid": owner}]}, "spec": {}, "status": status}
    stage.api.put(f"{PODS}/p", made)


def lacking_a_secret() -> Object:
    message = 'secret "db" not found'
    return {"name": "main", "state": {"waiting": {"reason": "CreateContainerConfigError", "message": message}}}


# Secrets and External Secrets


def test_a_required_secret_has_to_be_there(stage: Stage) -> None:
    stage.api.put(f"{SECRETS}/db", {"metadata": {}})
    stage.api.put(f"{SECRETS}/redis", None)
    promised(stage, required_secrets=("db",))
    assert broken(stage, required_secrets=("db", "redis")) == "REQUIRED_SECRET_MISSING"


def external(stage: Stage, version: str, *conditions: Object) -> None:
    for each in ("v1", "v1beta1"):
        path = f"/apis/external-secrets.io/{each}/namespaces/shop-prod/externalsecrets/db"
        stage.api.put(path, {"metadata": {}, "status": {"conditions": list(conditions)}} if each == version else None)


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        ([{"type": "Ready", "status": "True"}], True),
        ([{"type": "Deleted", "status": "True"}, {"type": "Ready", "status": "True"}], True),
        ([{"type": "Ready", "status": "False", "reason": "SecretSyncedError"}], False),
        ([{"type": "Ready", "status": "Unknown"}], False),
        ([{"type": "Deleted", "status": "True"}], False),
        ([], False),
    ],
)
def test_an_external_secret_has_to_be_ready(stage: Stage, version: str, conditions: list[Object], ready: bool) -> None:
    external(stage, version, *conditions)
    if ready:
        promised(stage, required_external_secrets=("db",))
        return
    assert broken(stage, required_external_secrets=("db",)) == "EXTERNAL_SECRET_NOT_READY"


def test_an_external_secret_that_is_not_there_is_not_ready(stage: Stage) -> None:
    external(stage, "none")
    assert broken(stage, required_external_secrets=("db",)) == "EXTERNAL_SECRET_NOT_READY"


# Workloads


def test_a_workload_that_is_ready_is_verified_at_once(stage: Stage, seconds: list[float]) -> None:
    deployment(stage)
    promised(stage)
    assert seconds == []


def test_a_workload_that_becomes_ready_is_waited_for(stage: Stage, seconds: list[float]) -> None:
    deployment(stage, ready=0)
    stage.api.script("LIST", f"{APPS}/deployments", *[lambda: None] * 2, lambda: deployment(stage))
    promised(stage)
    assert len(seconds) == 2


def test_a_workload_that_stays_behind_is_not_verified(stage: Stage, seconds: list[float]) -> None:
    deployment(stage, ready=0)
    assert broken(stage, timeout=5) == "WORKLOAD_NOT_READY"
    assert 5 < sum(seconds) < 8


def test_no_progress_at_all_is_not_waited_for_as_long_as_a_deploy_may_take(stage: Stage, seconds: list[float]) -> None:
    deployment(stage, ready=0)
    assert broken(stage, timeout=1200) == "WORKLOAD_NOT_READY"
    assert sum(seconds) < 120


def test_pods_that_have_to_be_ready_for_longer_are_waited_for(stage: Stage, seconds: list[float]) -> None:
    deployment(stage, 1, available=0, min_ready=90)
    path = f"{APPS}/deployments"
    stage.api.script("LIST", path, *[lambda: None] * 85, lambda: deployment(stage, 1, min_ready=90))
    promised(stage, timeout=600)
    assert 80 < sum(seconds) < 90
    deployment(stage, 1, available=0, min_ready=90)
    assert broken(stage, timeout=600) == "WORKLOAD_NOT_READY"
    assert sum(seconds) < 300


def test_a_job_that_failed_is_not_verified(stage: Stage) -> None:
    conditions = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]
    job = {"metadata": {"uid": "j", "annotations": OURS}, "spec": {}, "status": {"conditions": conditions, "failed": 1}}
    stage.api.put(f"{JOBS}/import", job)
    assert broken(stage) == "WORKLOAD_NOT_READY"


def test_a_job_that_runs_is_not_waited_for(stage: Stage, seconds: list[float]) -> None:
    job = {"metadata": {"uid": "j", "annotations": OURS}, "spec": {}, "status": {"active": 1}}
    stage.api.put(f"{JOBS}/import", job)
    promised(stage)
    assert seconds == []


@pytest.mark.parametrize("maker", ["Job", "CronJob"])
def test_a_pod_of_a_job_that_lacks_a_secret_is_not_verified(stage: Stage, maker: str) -> None:
    if maker == "CronJob":
        stage.api.put(f"{CRONJOBS}/nightly", {"metadata": {"uid": "c", "annotations": OURS}})
    own = {"annotations": OURS} if maker == "Job" else {"ownerReferences": [{"uid": "c"}]}
    stage.api.put(f"{JOBS}/j", {"metadata": {"uid": "j", **own}, "spec": {}, "status": {"active": 1}})
    pod(stage, "j", phase="Pending", containerStatuses=[lacking_a_secret()])
    assert broken(stage, timeout=3) == "WORKLOAD_NOT_READY"


def test_a_lock_that_is_lost_while_waiting_ends_it(stage: Stage) -> None:
    def check() -> None:
        raise SupersededError("LOCK_LOST", "lost")

    deployment(stage, ready=0)
    stage.check = check
    with pytest.raises(SupersededError):
        promised(stage)


# What may not be listed


@pytest.mark.parametrize(("kind", "told"), [("deployments", False), ("pods", False), ("statefulsets", True)])
def test_what_the_release_has_and_nobody_may_list_is_not_taken_for_ready(stage: Stage, kind: str, told: bool) -> None:
    stage.release.add(1, ours(1, manifest=MANIFEST))
    path = PODS if kind == "pods" else f"{APPS}/{kind}"
    stage.api.script("LIST", path, ApiFailure(403, "no"))
    if told:  # the release has none of them
        promised(stage)
        return
    with pytest.raises(CannotTellError) as error:
        promised(stage)
    assert error.value.code == "VERIFY_FORBIDDEN"


@pytest.mark.parametrize("status", [0, 500])
def test_a_server_that_does_not_answer_verifies_nothing(stage: Stage, status: int) -> None:
    stage.api.script("LIST", PODS, ApiFailure(status, "away"))
    with pytest.raises(CannotTellError) as error:
        promised(stage)
    assert error.value.code == "CLUSTER_UNREACHABLE"


# The address, and the chart's own tests


@pytest.mark.parametrize("status", ["", "503 away"])
def test_an_address_has_to_answer(stage: Stage, status: str) -> None:
    if status:
        assert broken(stage, status, probe="https://shop.test/health") == "PROBE_ADDRESS"
        return
    promised(stage, status, probe="https://shop.test/health")


def test_an_address_that_nobody_named_is_not_asked(stage: Stage) -> None:
    promised(stage, "503 away")


def test_the_charts_own_tests_have_to_pass(stage: Stage) -> None:
    promised(stage, helm_test=True)
    stage.release.test_ends = failed("1 error occurred: pod check failed")
    assert broken(stage, helm_test=True) == "HELM_TEST_FAILED"
    assert stage.release.calls == [("test", 0)] * 2


def test_tests_that_do_not_end_have_failed(stage: Stage) -> None:
    def late() -> Finished:
        raise ProcessTimeout("helm did not end in time")

    stage.release.test_ends = late
    assert broken(stage, helm_test=True) == "HELM_TEST_FAILED"


def test_tests_that_nobody_asked_for_are_not_run(stage: Stage) -> None:
    promised(stage)
    assert stage.release.calls == []
