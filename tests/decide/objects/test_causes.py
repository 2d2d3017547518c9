"""What is no cause, or is one that no container shows."""

import pytest

from jetscale_cicd.model.record import replace
from tests.decide.objects.diagnosed import TEMPLATE, WAITED, deployed, diagnosed, hooked, pod, waiting
from tests.decide.objects.release import OURS, Object, event, rows, seen, thing


def evicted(name: str, owner: str) -> Object:
    return thing(name, owner, status={"phase": "Failed", "reason": "Evicted", "message": "low on disk"})


PROBED = event("db-0", "Unhealthy", "Readiness probe failed: 503")


def test_a_pod_that_was_evicted_and_replaced_is_no_cause() -> None:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), 1)
    web = thing("web", annotations=OURS, spec={"replicas": 1}, status=counts)
    sets = [thing("web-1", "web")]
    db, probed = thing("db", annotations=OURS), pod("db-0", "db", {"name": "main", "ready": False}, phase="Running")
    around = seen(
        Deployment=[web], ReplicaSet=sets, StatefulSet=[db], Pod=[evicted("old", "web-1"), probed], Event=[PROBED]
    )
    found = diagnosed(around, WAITED)
    assert (found.code, found.subject) == ("PROBE_FAILED", "pod db-0 (StatefulSet db)")


def test_a_pod_that_was_evicted_beside_one_that_does_not_start_is_no_cause() -> None:
    found = diagnosed(deployed(evicted("old", "web-2"), pod("new", "web-2", waiting("ErrImagePull"))), WAITED)
    assert (found.code, found.subject) == ("IMAGE_PULL", "pod new (Deployment web)")


def test_an_init_container_that_failed_once_and_then_ended_well_is_no_cause() -> None:
    done = {"name": "migrate", "state": {"terminated": {"exitCode": 0}}, "lastState": {"terminated": {"exitCode": 1}}}
    stuck = pod("p", "web-2", waiting("ErrImagePull"), initContainerStatuses=[{**done, "restartCount": 1}])
    assert diagnosed(deployed(stuck), WAITED).code == "IMAGE_PULL"


def test_a_pod_of_a_job_that_failed_before_the_job_succeeded_is_no_cause() -> None:
    done = {"succeeded": 1, "failed": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    crashed = pod("j-1", "seed", {"name": "main", "state": {"terminated": {"exitCode": 1}}}, phase="Failed")
    probed = pod("db-0", "db", {"name": "main", "ready": False}, phase="Running")
    around = seen(
        Job=[thing("seed", annotations=OURS, status=done)],
        StatefulSet=[thing("db", annotations=OURS)],
        Pod=[crashed, probed],
        Event=[PROBED],
    )
    assert diagnosed(around, WAITED).code == "PROBE_FAILED"


def test_a_gate_that_is_not_open_is_named() -> None:
    gated = pod("p", "web-2", {"name": "main", "ready": True}, phase="Running")
    gated["spec"] = {"readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/web"}]}
    found = diagnosed(deployed(gated), WAITED)
    assert found.code == "READINESS_GATE"
    assert "target-health.elbv2.k8s.aws/web" in found.verdict


def test_a_claim_explains_the_pod_that_waits_for_it() -> None:
    claim = thing("data", annotations=OURS, spec={"storageClassName": "gone"})
    unbound = pod("p", "web-2", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}])
    unbound["spec"] = {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}
    missing = event("data", "ProvisioningFailed", 'storageclass.storage.k8s.io "gone" not found')
    found = diagnosed(deployed(unbound, PersistentVolumeClaim=[claim], Event=[missing]), WAITED)
    assert (found.code, found.subject) == ("CLAIM_PENDING", "PersistentVolumeClaim data")
    assert '"gone" not found' in found.verdict


def test_a_replica_set_of_the_chart_is_looked_at() -> None:
    own = thing("own", annotations=OURS, spec={"replicas": 1})
    found = diagnosed(seen(ReplicaSet=[own], Pod=[pod("own-x", "own", waiting("ErrImagePull"))]), WAITED)
    assert (found.code, found.subject) == ("IMAGE_PULL", "pod own-x (ReplicaSet own)")


LIMIT = (
    'Error creating: Pod "web-x" is invalid: spec.containers[0].resources.requests: Invalid value: "1": '
    "must be less than or equal to cpu limit of 500m"
)
ACCOUNT = 'pods "web-x" is forbidden: error looking up service account shop/ci: serviceaccount "ci" not found'


@pytest.mark.parametrize(("message", "waits_for"), [(LIMIT, ()), (ACCOUNT, (("ServiceAccount", "ci"),))])
def test_pods_that_are_refused_are_told_by_their_event(message: str, waits_for: tuple[tuple[str, str], ...]) -> None:
    web = thing("web", annotations=OURS, spec={"replicas": 1, **TEMPLATE})
    newest = thing("web-1", "web", spec={"replicas": 1, **TEMPLATE})
    refused = event("web-1", "FailedCreate", message)
    found = diagnosed(seen(Deployment=[web], ReplicaSet=[newest], Event=[refused]), WAITED)
    assert (found.code, found.verdict, found.waits_for) == ("PODS_NOT_CREATED", message, waits_for)


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedAttachVolume", 'Multi-Attach error for volume "x": it is used by pod(s) db-1', "VOLUME_ATTACH"),
        ("FailedMount", "MountVolume.SetUp failed for volume x: rpc error: no such share", "VOLUME_MOUNT"),
        ("FailedCreatePodSandBox", "failed to set up network", "POD_SANDBOX"),
    ],
)
def test_what_only_an_event_shows_is_told_by_it(reason: str, message: str, code: str) -> None:
    stuck = pod("p", "web-2", waiting("ContainerCreating"))
    found = diagnosed(deployed(stuck, Event=[event("p", reason, message)]), WAITED)
    assert (found.code, found.verdict) == (code, message)


def test_of_an_unknown_fault_the_object_and_its_own_newest_warning_are_named() -> None:
    stuck = pod("p", "web-2", {"name": "main", "ready": False}, phase="Running")
    found = diagnosed(deployed(stuck, Event=[event("p", "Strange", "something is odd")]), WAITED)
    assert (found.code, found.subject) == ("TIMEOUT", "pod p (Deployment web)")
    assert "something is odd" in found.verdict


def test_a_hook_that_failed_is_not_explained_by_a_workload_that_it_came_before() -> None:
    hook = pod("check", "", waiting("ErrImagePull", "no such image"))
    hook["metadata"] |= {"annotations": {"helm.sh/hook": "pre-upgrade"}, "creationTimestamp": "2027"}
    needs = pod("p", "web-2", waiting("CreateContainerConfigError", 'secret "db" not found'))
    found = diagnosed(hooked("Pod", "check", deployed(needs, hook)), "pre-upgrade hooks failed: timed out")
    assert (found.code, found.subject) == ("IMAGE_PULL", "pod check (hook Pod check)")


def test_what_a_hook_says_of_itself_is_no_refusal_of_the_api_server() -> None:
    assert diagnosed(deployed(), "pre-upgrade hooks failed: it was denied the request").code == "HOOK_FAILED"


def test_a_pod_that_is_seen_to_be_at_fault_is_the_cause_though_the_server_was_away_meanwhile() -> None:
    broken = pod("p", "web-2", waiting("ErrImagePull"))
    assert diagnosed(deployed(broken), "timed out: dial tcp 10.0.0.1:443: i/o timeout").code == "IMAGE_PULL"
    assert diagnosed(deployed(), "timed out: dial tcp 10.0.0.1:443: i/o timeout").code == "API_UNREACHABLE"


def test_what_is_ready_is_at_no_fault() -> None:
    ended = {"name": "main", "ready": True, "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 2}}}
    ready = pod("p", "web-2", ended, phase="Running", conditions=[{"type": "Ready", "status": "True"}])
    assert diagnosed(deployed(ready), WAITED).code == "TIMEOUT"


def test_helms_own_limit_of_calls_that_ends_its_wait_is_no_refusal() -> None:
    """helm 3 says so where it would have to wait for its next call beyond its deadline."""
    broken = pod("p", "web-2", waiting("ErrImagePull"))
    ended = "client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline"
    assert diagnosed(deployed(broken), ended).code == "IMAGE_PULL"
    assert diagnosed(deployed(), ended).code == "TIMEOUT"


def test_a_pod_of_a_job_that_failed_is_no_cause_while_another_one_runs() -> None:
    failed = pod("seed-1", "seed", {"name": "main", "state": {"terminated": {"exitCode": 1}}}, phase="Failed")
    running = pod("seed-2", "seed", {"name": "main", "ready": False, "state": {"running": {}}}, phase="Running")
    around = seen(Job=[thing("seed", annotations=OURS, status={"active": 1})], Pod=[failed, running])
    assert [fault.code for row in rows(around) for fault in row.faults] == ["TIMEOUT"]
    alone = replace(around, objects={**around.objects, "Pod": (failed,)})
    assert [fault.code for row in rows(alone) for fault in row.faults] == ["CRASH_LOOP"]
