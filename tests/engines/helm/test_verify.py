"""What a target promises is asked for, each of it, and the first that is not kept is named by its code."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.probe_answers import Answer
from jetscale_cicd.engines.helm import verify as module
from jetscale_cicd.engines.helm.verify import verify
from jetscale_cicd.errors import CannotTellError, SupersededError, VerificationError
from jetscale_cicd.tools.kubernetes import ApiFailure
from jetscale_cicd.tools.process import Finished, ProcessTimeout
from tests.engines.helm.conftest import Stage, waits_of
from tests.support.fake_helm import failed
from tests.support.helm_secret import SECRETS, Object, ours, path_of

APPS = "/apis/apps/v1/namespaces/shop-prod"
PODS = "/api/v1/namespaces/shop-prod/pods"
JOBS = "/apis/batch/v1/namespaces/shop-prod/jobs"
CRONJOBS = "/apis/batch/v1/namespaces/shop-prod/cronjobs"
OURS = {"meta.helm.sh/release-name": "app"}
MANIFEST = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_of(module, monkeypatch)


@pytest.fixture(autouse=True)
def ready(stage: Stage) -> None:
    """A release of one Deployment, which is ready."""
    deployment(stage)


def promised(stage: Stage, status: str = "", **target: Any) -> str:
    return verify(stage.engine(**target), lambda _: Answer(status, may_pass=False))


def broken(stage: Stage, status: str = "", **target: Any) -> str:
    with pytest.raises(VerificationError) as error:
        promised(stage, status, **target)
    return error.value.code


def has(stage: Stage, *objects: tuple[str, str, str]) -> None:
    """Let the release have objects: API version, kind and name."""
    form = "apiVersion: {}\nkind: {}\nmetadata: {{name: {}}}\n"
    stage.release.add(1, ours(1, manifest="---\n".join(form.format(*each) for each in objects)))


def deployment(stage: Stage, ready: int = 1, *, available: int | None = None, min_ready: int = 0) -> None:
    counts: Object = {"readyReplicas": ready, "availableReplicas": ready if available is None else available}
    status = {"replicas": 1, "updatedReplicas": 1, **counts}
    spec = {"replicas": 1, "minReadySeconds": min_ready}
    made = {"metadata": {"uid": "web", "annotations": OURS}, "spec": spec, "status": status}
    stage.api.put(f"{APPS}/deployments/web", made)
    stage.release.add(1, ours(1, manifest=f"{MANIFEST}spec: {{minReadySeconds: {min_ready}}}\n"))


def job(stage: Stage, **status: object) -> None:
    has(stage, ("batch/v1", "Job", "import"))
    stage.api.put(f"{JOBS}/import", {"metadata": {"uid": "j", "annotations": OURS}, "spec": {}, "status": status})


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


SYNCED: Object = {
    "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced"}],
    "syncedResourceVersion": "1-abc",
}
EXTERNAL = "/apis/external-secrets.io/v1/namespaces/shop-prod/externalsecrets"


def external(stage: Stage, status: Object | None) -> None:
    """An ExternalSecret db, and the Secret that it makes; None is not there."""
    refreshed = stage.api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    made = {"metadata": {"generation": 1}, "spec": {}, "status": {"refreshTime": refreshed, **(status or {})}}
    stage.api.put("/apis/external-secrets.io", {"versions": [{"version": "v1"}]})
    stage.api.put(f"{EXTERNAL}/db", None if status is None else made)
    stage.api.put(f"{SECRETS}/db", {"metadata": {}})
    has(stage, ("v1", "ConfigMap", "config"))
    stage.api.put("/api/v1/namespaces/shop-prod/configmaps/config", {"metadata": {}})


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        (SYNCED, True),
        ({**SYNCED, "syncedResourceVersion": "0-abc"}, False),
        ({**SYNCED, "conditions": [{"type": "Ready", "status": "True", "reason": "SecretMissing"}]}, False),
        ({"conditions": [{"type": "Ready", "status": "False", "reason": "SecretSyncedError"}]}, False),
        ({}, False),
        (None, False),
    ],
)
def test_an_external_secret_that_is_required_has_to_be_synced(stage: Stage, status: Object | None, ready: bool) -> None:
    external(stage, status)
    if ready:
        promised(stage, required_external_secrets=("db",))
        return
    assert broken(stage, required_external_secrets=("db",)) == "EXTERNAL_SECRET_NOT_READY"


def test_an_external_secret_without_a_status_yet_is_waited_for(stage: Stage, seconds: list[float]) -> None:
    external(stage, {})
    stage.api.script("LIST", EXTERNAL, *[lambda: None] * 5, lambda: external(stage, SYNCED))
    promised(stage, required_external_secrets=("db",))
    assert len(seconds) == 5


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


def test_a_job_that_failed_is_not_verified(stage: Stage, seconds: list[float]) -> None:
    job(stage, conditions=[{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}], failed=1)
    assert broken(stage) == "WORKLOAD_NOT_READY"
    assert seconds == []


def test_a_job_that_runs_is_waited_for_as_long_as_the_deploy_may_take(stage: Stage, seconds: list[float]) -> None:
    job(stage, active=1)
    done = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    stage.api.script("LIST", JOBS, *[lambda: None] * 300, lambda: job(stage, **done))
    promised(stage, timeout=600)
    assert len(seconds) == 300


@pytest.mark.parametrize(("maker", "code"), [("Job", "WORKLOAD_NOT_READY"), ("CronJob", "OBJECT_NOT_READY")])
def test_a_pod_of_a_job_that_lacks_a_secret_is_not_verified(stage: Stage, maker: str, code: str) -> None:
    job(stage, active=1)
    if maker == "CronJob":
        has(stage, ("batch/v1", "CronJob", "nightly"))
        stage.api.put(f"{CRONJOBS}/nightly", {"metadata": {"uid": "c", "annotations": OURS}})
        stage.api.put(f"{JOBS}/import", {"metadata": {"uid": "j", "ownerReferences": [{"uid": "c"}]}})
    pod(stage, "j", phase="Pending", containerStatuses=[lacking_a_secret()])
    assert broken(stage, timeout=3) == code


def test_a_job_that_runs_is_not_waited_for_where_the_target_says_so(stage: Stage, seconds: list[float]) -> None:
    job(stage, active=1)
    assert "not waited for" in promised(stage, wait_for_jobs=False)
    assert seconds == []
    job(stage, conditions=[{"type": "Failed", "status": "True"}], failed=1)
    assert broken(stage, wait_for_jobs=False) == "WORKLOAD_NOT_READY"


def test_what_is_ready_has_to_stay_so_without_a_restart_for_its_settling_time(
    stage: Stage, seconds: list[float]
) -> None:
    promised(stage, settle=10)
    assert len(seconds) == 10
    counts = [0, 0, 0, 0, 1]
    stage.api.put(f"{APPS}/replicasets/web-1", {"metadata": {"uid": "rs", "ownerReferences": [{"uid": "web"}]}})
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}

    def restarted(count: int) -> None:
        pod(stage, "rs", **ready, containerStatuses=[{"name": "main", "ready": True, "restartCount": count}])

    stage.api.script("LIST", PODS, *[lambda count=count: restarted(count) for count in counts])
    seconds.clear()
    promised(stage, settle=10, timeout=60)
    assert len(seconds) == 14  # a restart at the fifth look begins it anew


def test_what_restarts_again_and_again_is_not_verified(stage: Stage, seconds: list[float]) -> None:
    stage.api.put(f"{APPS}/replicasets/web-1", {"metadata": {"uid": "rs", "ownerReferences": [{"uid": "web"}]}})

    def restarted(count: int) -> None:
        pod(stage, "rs", phase="Running", containerStatuses=[{"name": "main", "ready": True, "restartCount": count}])

    stage.api.script("LIST", PODS, *[lambda count=count: restarted(count) for count in range(60)])
    assert broken(stage, settle=10, timeout=20) == "NOT_SETTLED"
    assert sum(seconds) < 40


CLAIMS = "/api/v1/namespaces/shop-prod/persistentvolumeclaims"


def left(stage: Stage, kind: str, path: str) -> None:
    """An object of a failed first revision, which the release has no more."""
    ready = stage.release.content(1)["manifest"]
    stage.release.add(1, ours(1, "failed", manifest=f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: old}}\n"))
    stage.release.add(2, ours(2, manifest=ready))
    stage.api.put(path, {"metadata": {"annotations": OURS}, "status": {"phase": "Bound"}})


@pytest.mark.parametrize(
    ("kind", "path", "removed"),
    [
        ("ConfigMap", "/api/v1/namespaces/shop-prod/configmaps/old", True),
        ("PersistentVolumeClaim", f"{CLAIMS}/old", False),
    ],
)
def test_what_a_failed_revision_left_is_removed_where_the_target_says_so_unless_it_holds_data(
    stage: Stage, kind: str, path: str, removed: bool
) -> None:
    left(stage, kind, path)
    assert broken(stage) == "OBJECT_NOT_READY"
    if removed:
        assert f"{kind} old is removed" in promised(stage, prune=True)
    else:
        assert broken(stage, prune=True) == "OBJECT_NOT_READY"
    assert (stage.api.objects[path] is None) is removed


def test_what_is_not_there_is_not_waited_for(stage: Stage, seconds: list[float]) -> None:
    has(stage, ("v1", "ConfigMap", "gone"))
    assert broken(stage) == "OBJECT_NOT_READY"
    assert seconds == []


def test_what_is_being_deleted_is_waited_for(stage: Stage, seconds: list[float]) -> None:
    deployment(stage)
    leaving = {"uid": "web", "annotations": OURS, "deletionTimestamp": "now", "finalizers": ["a/b"]}
    ready = stage.api.objects[f"{APPS}/deployments/web"] or {}
    stage.api.put(f"{APPS}/deployments/web", {**ready, "metadata": leaving})
    stage.api.script("LIST", f"{APPS}/deployments", *[lambda: None] * 3, lambda: deployment(stage))
    promised(stage)
    assert len(seconds) == 3


def test_a_lock_that_is_lost_while_waiting_ends_it(stage: Stage) -> None:
    def check() -> None:
        raise SupersededError("LOCK_LOST", "lost")

    deployment(stage, ready=0)
    stage.check = check
    with pytest.raises(SupersededError):
        promised(stage)


# What may not be listed


@pytest.mark.parametrize(
    ("hidden", "told"),
    [
        ((("LIST", PODS),), False),
        ((("LIST", f"{APPS}/deployments"),), True),  # each is asked for by its name
        ((("LIST", f"{APPS}/deployments"), ("GET", f"{APPS}/deployments/web")), False),
        ((("LIST", f"{APPS}/statefulsets"),), True),  # the release has none of them
    ],
)
def test_what_the_release_has_and_nobody_may_see_is_not_taken_for_ready(
    stage: Stage, hidden: tuple[tuple[str, str], ...], told: bool
) -> None:
    for method, path in hidden:
        stage.api.script(method, path, ApiFailure(403, "no"))
    if told:
        promised(stage)
        return
    with pytest.raises(CannotTellError) as error:
        promised(stage)
    assert error.value.code == "VERIFY_FORBIDDEN"


def test_a_release_that_is_gone_is_no_release_of_which_nothing_is_wrong(stage: Stage) -> None:
    stage.api.put(path_of(1), None)
    stage.api.put(path_of(0), None)
    with pytest.raises(SupersededError) as error:
        promised(stage)
    assert error.value.code == "RELEASE_MOVED"


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
