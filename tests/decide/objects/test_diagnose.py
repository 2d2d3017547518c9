"""From objects and helm's words to one verdict; what a real API server shows is in tests/cluster/test_faults.py."""

import pytest

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.model.diagnosis import FailedAt
from jetscale_cicd.model.record import replace
from tests.decide.objects.diagnosed import TEMPLATE, WAITED, deployed, diagnosed, hooked, pod, waiting
from tests.decide.objects.release import OURS, Object, event, rows, seen, thing


def test_of_two_replica_sets_the_newer_ones_pod_is_told() -> None:
    old, new = (pod(f"p{n}", f"web-{n}", waiting("ErrImagePull", f"no {n}")) for n in (1, 2))
    found = diagnosed(deployed(old, new), WAITED)
    assert (found.code, found.subject) == ("IMAGE_PULL", "pod p2 (Deployment web)")


def test_what_causes_others_is_told_before_what_is_caused() -> None:
    crashed = {"name": "main", "state": {}, "lastState": {"terminated": {"exitCode": 2}}, "restartCount": 3}
    needs = waiting("CreateContainerConfigError", 'secret "db" not found')
    assert diagnosed(deployed(pod("a", "web-2", crashed), pod("b", "web-2", needs)), WAITED).code == "MISSING_SECRET"


def test_another_releases_pod_is_nobodys_fault_here() -> None:
    other = thing("other", annotations={"meta.helm.sh/release-name": "other"})
    broken = pod("p", "other", waiting("ErrImagePull"))
    assert diagnosed(seen(StatefulSet=[other], Pod=[broken]), WAITED).code == "TIMEOUT"


@pytest.mark.parametrize(("kind", "status"), [("StatefulSet", {}), ("DaemonSet", {"desiredNumberScheduled": 1})])
def test_pods_of_other_workloads_are_looked_at(kind: str, status: Object) -> None:
    broken = pod("db-0", "db", waiting("ErrImagePull"))
    found = diagnosed(seen(**{kind: [thing("db", annotations=OURS, status=status)], "Pod": [broken]}), WAITED)
    assert (found.code, found.subject) == ("IMAGE_PULL", f"pod db-0 ({kind} db)")


def test_an_init_container_that_fails_is_told() -> None:
    ended = {"name": "migrate", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 1}
    ended["lastState"] = {"terminated": {"exitCode": 3, "reason": "Error"}}
    found = diagnosed(deployed(pod("p", "web-2", waiting("PodInitializing"), initContainerStatuses=[ended])), WAITED)
    assert found.code == "CRASH_LOOP"
    assert "container migrate ended with status 3 (Error), started again 1 time" in found.verdict
    assert found.source
    assert (found.source.container, found.source.previous) == ("migrate", True)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('MountVolume.SetUp failed for volume "tls" : secret "tls" not found', "MISSING_SECRET"),
        ('MountVolume.SetUp failed for volume "c" : configmap "c" not found', "MISSING_CONFIGMAP"),
    ],
)
def test_a_volume_that_cannot_be_mounted_is_told_by_its_event(said: str, code: str) -> None:
    stuck = pod("p", "web-2", waiting("ContainerCreating"))
    assert diagnosed(deployed(stuck, Event=[event("p", "FailedMount", said)]), WAITED).code == code


def test_a_key_that_a_secret_lacks_is_named() -> None:
    needs = waiting("CreateContainerConfigError", "couldn't find key url in Secret ns/db")
    assert diagnosed(deployed(pod("p", "web-2", needs)), WAITED).verdict == 'secret "db" has no key url'


def test_a_balancer_without_an_address_is_told() -> None:
    service = thing("web", annotations=OURS, spec={"type": "LoadBalancer"})
    assert diagnosed(seen(Service=[service]), WAITED).code == "LOAD_BALANCER"


def test_a_hook_that_failed_is_told_and_one_of_an_earlier_deploy_is_not() -> None:
    failed = {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m"}]}
    jobs = [thing(name, annotations={"helm.sh/hook": "pre-upgrade"}, status=failed) for name in ("old", "new")]
    for job, born in zip(jobs, ("2025", "2027"), strict=True):
        job["metadata"]["creationTimestamp"] = born
    found = diagnosed(seen(Job=jobs), "pre-upgrade hooks failed: job new failed: BackoffLimitExceeded")
    assert (found.code, found.subject) == ("HOOK_FAILED", "hook Job new")


def test_another_releases_hook_is_nobodys_fault_here() -> None:
    job = thing("other", annotations={"helm.sh/hook": "pre-upgrade"})
    job["metadata"]["creationTimestamp"] = "2027"
    around = seen(Job=[job], Pod=[pod("p", "other", waiting("ErrImagePull"))])
    assert diagnosed(hooked("Job", "ours", around), WAITED).code == "TIMEOUT"
    assert diagnosed(hooked("Job", "other", around), WAITED).code == "IMAGE_PULL"


def test_a_hook_that_is_a_pod_is_looked_at() -> None:
    hook = pod("check", "", waiting("ErrImagePull", "no such image"))
    hook["metadata"] |= {"annotations": {"helm.sh/hook": "pre-upgrade"}, "creationTimestamp": "2027"}
    found = diagnosed(hooked("Pod", "check", seen(Pod=[hook])), "pre-upgrade hooks failed: timed out")
    assert (found.code, found.subject) == ("IMAGE_PULL", "pod check (hook Pod check)")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('Get "https://x/apis": dial tcp 10.0.0.1:443: connect: connection refused', "API_UNREACHABLE"),
        ('deployments.apps is forbidden: User "ci" cannot create resource "deployments"', "FORBIDDEN"),
        ('Service "web" in namespace "x" exists and cannot be imported into the current release', "OWNERSHIP"),
        ('Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas', "FIELD_CONFLICT"),
        ('admission webhook "policy" denied the request: no', "ADMISSION_DENIED"),
        ('Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable', "IMMUTABLE_FIELD"),
        ('unable to build kubernetes objects: no matches for kind "Thing" in version "v1"', "INVALID_OBJECT"),
        ("another operation (install/upgrade/rollback) is in progress", "OPERATION_IN_PROGRESS"),
        ("UPGRADE FAILED: release: already exists", "OPERATION_IN_PROGRESS"),
        ('services "web" is forbidden: exceeded quota: q', "QUOTA"),
        ("failed pre-install: 1 error occurred: job migrate failed: BackoffLimitExceeded", "HOOK_FAILED"),
        ('failed calling webhook "p": Post "https://x": dial tcp: connect: connection refused', "WEBHOOK_UNAVAILABLE"),
        ('failed calling webhook "p": context deadline exceeded', "WEBHOOK_UNAVAILABLE"),
        ("Operation cannot be fulfilled on x: the object has been modified", "CONFLICT"),
        ("the server has received too many requests and has asked us to try again later", "THROTTLED"),
        ("something new", "DEPLOY_FAILED"),
    ],
)
def test_what_is_refused_at_once_is_told_by_helms_words(said: str, code: str) -> None:
    assert diagnosed(deployed(), said).code == code


def test_a_server_that_does_not_answer_is_no_fault_of_a_pod() -> None:
    assert diagnosed(None, "EOF", FailedAt.CONNECTION).code == "API_UNREACHABLE"


def test_a_helm_that_was_killed_has_a_code_of_its_own() -> None:
    found = diagnosed(deployed(), "helm upgrade app was killed by signal 9", FailedAt.KILLED)
    assert (found.code, found.subject) == ("HELM_KILLED", "")


def test_a_wait_that_the_caller_names_needs_no_message() -> None:
    broken = pod("p", "web-2", waiting("ErrImagePull", "no such image"))
    assert diagnosed(deployed(broken), "", FailedAt.WAIT).code == "IMAGE_PULL"
    assert diagnosed(deployed(broken), "", FailedAt.REQUEST).code == "DEPLOY_FAILED"


def test_every_code_has_a_rank_of_its_own() -> None:
    ranks = [code.rank for code in FaultCode]
    assert len(set(ranks)) == len(ranks)
    assert [str(code) for code in FaultCode] == [code.name for code in FaultCode]


def test_where_a_log_shows_the_cause_the_diagnosis_asks_to_read_it() -> None:
    ended = {"name": "main", "state": {}, "lastState": {"terminated": {"exitCode": 2}}}
    killed = {**ended, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    found = [diagnosed(deployed(pod("p", "web-2", each)), WAITED) for each in (ended, killed)]
    assert [(each.code, each.read_log, each.source is not None) for each in found] == [
        ("CRASH_LOOP", True, True),
        ("OUT_OF_MEMORY", False, True),
    ]


def test_a_step_that_frees_a_stuck_stateful_set_is_not_replaced_by_its_log() -> None:
    db = thing("db", annotations=OURS, status={"updateRevision": "new"})
    crashed = pod("db-0", "db", {"name": "main", "state": {}, "lastState": {"terminated": {"exitCode": 2}}})
    crashed["metadata"]["labels"] = {"controller-revision-hash": "old"}
    found = diagnosed(seen(StatefulSet=[db], Pod=[crashed]), WAITED)
    assert (found.code, found.read_log) == ("CRASH_LOOP", False)
    assert "kubectl delete pod db-0 --namespace shop" in found.next_step


def test_the_step_of_a_hook_is_not_replaced_by_its_log() -> None:
    hook = pod("check", "", {"name": "main", "state": {}, "lastState": {"terminated": {"exitCode": 2}}})
    hook["metadata"] |= {"annotations": {"helm.sh/hook": "pre-upgrade"}, "creationTimestamp": "2027"}
    found = diagnosed(hooked("Pod", "check", seen(Pod=[hook])), "pre-upgrade hooks failed: timed out")
    assert (found.code, found.read_log) == ("HOOK_FAILED", False)


def test_a_workload_shows_how_far_it_is_and_the_newest_warning() -> None:
    said = [event("p", "Unhealthy", "probe\nfailed"), {**event("p", "Pulled", "image"), "type": "Normal"}]
    (row,) = rows(deployed(pod("p", "web-2"), Event=said))
    assert row.line == "Deployment web: 0/1 ready, Warning Unhealthy: probe failed"


@pytest.mark.parametrize(
    ("status", "line", "complete"),
    [
        ({"replicas": 4, "readyReplicas": 3, "updatedReplicas": 1}, "1/3 new ready, 2 old", False),
        ({"readyReplicas": 3, "updatedReplicas": 3, "observedGeneration": 1}, "0/3 new ready, 3 old", False),
        ({"replicas": 3, "readyReplicas": 2, "updatedReplicas": 3}, "2/3 ready", False),
        (
            {"replicas": 4, "readyReplicas": 3, "updatedReplicas": 3},
            "3/3 ready, 1 of an older template are left",
            False,
        ),
        ({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "availableReplicas": 3}, "3/3 ready", True),
    ],
)
def test_pods_of_the_old_kind_are_not_taken_for_the_new(status: Object, line: str, complete: bool) -> None:
    web = thing("web", annotations=OURS, spec={"replicas": 3}, status={"observedGeneration": 2, **status})
    web["metadata"]["generation"] = 2
    (row,) = rows(seen(Deployment=[web]))
    assert (row.line, row.state.is_green) == (f"Deployment web: {line}", complete)


def test_of_a_rollout_the_pods_of_the_newest_replica_set_are_counted() -> None:
    all_old = {"replicas": 2, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    rolling = deployed(pod("p", "web-2"))
    web = {**rolling.of("Deployment")[0], "spec": {"replicas": 1}, "status": all_old}
    (row,) = rows(replace(rolling, objects={**rolling.objects, "Deployment": (web,)}))
    assert (row.line, row.state.is_green) == ("Deployment web: 0/1 new ready, 1 old", False)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("DaemonSet", {"desiredNumberScheduled": 2, "currentNumberScheduled": 1}), ("Job", {})],
)
def test_pods_that_may_not_be_made_are_told_whatever_was_to_make_them(kind: str, status: Object) -> None:
    maker = thing("web", annotations=OURS, spec={"template": {}}, status=status)
    found = diagnosed(seen(**{kind: [maker]}, Event=[event("web", "FailedCreate", "exceeded quota: pods")]), WAITED)
    assert (found.code, found.subject) == ("QUOTA", f"{kind} web")


@pytest.mark.parametrize(
    ("kind", "spec", "status", "lacks"),
    [
        ("StatefulSet", {"replicas": 2, **TEMPLATE}, {"replicas": 1}, True),
        ("StatefulSet", {"replicas": 2, **TEMPLATE}, {"replicas": 2}, False),
        ("StatefulSet", {"replicas": 2, **TEMPLATE}, {}, True),
        ("StatefulSet", {"replicas": 0, **TEMPLATE}, {}, False),
        ("Deployment", {"replicas": 2, **TEMPLATE}, {"replicas": 1}, True),
        ("Deployment", {"replicas": 2, **TEMPLATE}, {"replicas": 2, "readyReplicas": 0}, False),
        ("Deployment", {"replicas": 2, **TEMPLATE}, {"replicas": 3}, False),
        ("DaemonSet", TEMPLATE, {"desiredNumberScheduled": 2, "currentNumberScheduled": 1}, True),
        ("DaemonSet", TEMPLATE, {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberReady": 0}, False),
        ("DaemonSet", TEMPLATE, {"desiredNumberScheduled": 0, "currentNumberScheduled": 0}, False),
        ("Job", TEMPLATE, {}, True),
        ("Job", TEMPLATE, {"active": 1}, False),
        ("Job", TEMPLATE, {"failed": 1}, False),
        ("Job", TEMPLATE, {"succeeded": 1}, False),
        ("Pod", {"containers": []}, {"phase": "Pending"}, False),
    ],
)
def test_an_event_of_pods_that_could_not_be_made_counts_only_while_some_are_lacking(
    kind: str, spec: Object, status: Object, lacks: bool
) -> None:
    maker = thing("web", annotations=OURS, spec=spec, status=status)
    old = event("web", "FailedCreate", "pods is forbidden: exceeded quota: q")
    assert (diagnosed(seen(**{kind: [maker]}, Event=[old]), WAITED).code == "QUOTA") is lacks


@pytest.mark.parametrize(("made", "lacks"), [(1, True), (2, False)])
def test_a_replica_set_that_may_not_make_its_pods_is_told_of_its_deployment(made: int, lacks: bool) -> None:
    web = thing("web", annotations=OURS, spec={"replicas": 2, **TEMPLATE}, status={"replicas": made})
    newest = thing("web-1", "web", spec={"replicas": 2, **TEMPLATE}, status={"replicas": made})
    around = seen(Deployment=[web], ReplicaSet=[newest], Event=[event("web-1", "FailedCreate", "no")])
    found = diagnosed(around, WAITED)
    assert (found.code == "PODS_NOT_CREATED") is lacks
    assert not lacks or found.subject == "Deployment web"


def test_a_container_that_ends_well_again_and_again_is_a_crash_loop() -> None:
    ended = waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 0, "reason": "Completed"}})
    found = diagnosed(deployed(pod("p", "web-2", ended)), WAITED)
    assert (found.code, found.verdict) == ("CRASH_LOOP", "container main ended with status 0 (Completed)")


def test_a_pod_of_a_scheduled_job_that_lacks_a_secret_is_found() -> None:
    lacks = waiting("CreateContainerConfigError", 'secret "db" not found')
    (row,) = rows(
        seen(
            CronJob=[thing("nightly", annotations=OURS)],
            Job=[thing("nightly-1", "nightly")],
            Pod=[pod("p", "nightly-1", lacks)],
        )
    )
    assert [(fault.code, fault.subject) for fault in row.faults] == [("MISSING_SECRET", "pod p (Job nightly-1)")]


@pytest.mark.parametrize(
    ("kind", "spec", "status"),
    [
        ("StatefulSet", {"replicas": 1, "template": {}}, {"replicas": 1}),
        ("DaemonSet", {"template": {}}, {"desiredNumberScheduled": 1, "currentNumberScheduled": 1}),
        ("Job", {"template": {}}, {"active": 1}),
    ],
)
def test_a_controller_that_has_its_pods_is_not_blamed_for_an_old_event(kind: str, spec: Object, status: Object) -> None:
    maker = thing("web", annotations=OURS, spec=spec, status=status)
    found = diagnosed(seen(**{kind: [maker]}, Event=[event("web", "FailedCreate", "exceeded quota: pods")]), WAITED)
    assert found.code == "TIMEOUT"


@pytest.mark.parametrize(
    ("shown", "said", "code"),
    [
        ("*** deadline exceeded", "context deadline exceeded", "TIMEOUT"),
        ("*** timeout", "dial tcp 10.0.0.1:443: i/o timeout", "API_UNREACHABLE"),
        ("*** web", 'pre-upgrade hooks failed: job "web" failed', "HOOK_FAILED"),
    ],
)
def test_a_password_that_is_a_word_of_helms_decides_nothing(shown: str, said: str, code: str) -> None:
    found = diagnosed(seen(), shown, unredacted=said)
    assert found.code == code
    assert said not in repr(found)
