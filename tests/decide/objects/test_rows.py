"""What a row says beside its state: faults, notes, restarts, what somebody stopped, and what may take long."""

import pytest

from jetscale_cicd.decide.objects.ledger import release_ledger
from jetscale_cicd.model.ledger import LedgerRow, ObjectState, Pods
from tests.decide.objects.release import (
    ADDRESS,
    EXTERNAL,
    SYNCED,
    Object,
    conditions,
    deployed,
    event,
    judged,
    manifest,
    observed,
    one,
    seen,
    thing,
)

READY, SUSPENDED, PROGRESSING = ObjectState.READY, ObjectState.SUSPENDED, ObjectState.PROGRESSING
FAILED, LEAVING = ObjectState.FAILED, ObjectState.LEAVING


@pytest.mark.parametrize("kind", ["Deployment", "Ingress", "Service", "ConfigMap", "Database.example.test"])
def test_what_is_being_deleted_is_leaving_whatever_its_status(kind: str) -> None:
    gone = one({"replicas": 1}, {**deployed(1, 1, 1), **ADDRESS}, deletionTimestamp="now", finalizers=["a/b"])
    row = judged(kind, gone)
    assert row.state is LEAVING
    assert "a/b" in row.reason


def test_restarts_of_the_newest_pods_are_counted() -> None:
    pods = [thing(name, "web", status={"containerStatuses": [{"restartCount": 2}]}) for name in ("a", "b")]
    row = judged("StatefulSet", one({"replicas": 2}, deployed(2, 2, 2)), Pod=pods)
    assert row.pods == Pods(ready=2, wanted=2, restarts=4)


def test_a_scheduled_job_that_lacks_a_secret_shows_what_every_run_will_lack() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    lacks = {"name": "main", "state": {"waiting": waiting}}
    jobs = [thing(name, "web", metadata={"creationTimestamp": when}) for name, when in (("old", "1"), ("new", "2"))]

    def of(job: str) -> ObjectState:
        pod = thing("p", job, status={"phase": "Pending", "containerStatuses": [lacks]})
        return judged("CronJob", one(), Job=jobs, Pod=[pod]).state

    assert (of("new"), of("old")) == (PROGRESSING, READY)


def test_a_claim_says_its_class_and_its_newest_event() -> None:
    failing = event("web", "ProvisioningFailed", "no")
    row = judged("PersistentVolumeClaim", one({"storageClassName": "fast"}), Event=[failing])
    (fault,) = row.faults
    assert (fault.code, fault.waits_for) == ("CLAIM_PENDING", (("StorageClass", "fast"),))
    assert "fast" in fault.verdict
    assert "no" in fault.verdict


@pytest.mark.parametrize(
    ("kind", "status", "code", "verdict"),
    [
        ("Database.example.test", conditions("Stalled=True:BadSpec"), "NOT_RECONCILED", "Stalled is True: BadSpec"),
        ("Database.example.test", conditions("Reconciling=True"), "NOT_RECONCILED", "Reconciling is True"),
        ("Database.example.test", conditions("Ready=False:Waits"), "NOT_RECONCILED", "Ready is False: Waits"),
        ("Certificate", {}, "CERTIFICATE_NOT_READY", "Ready is not there"),
        (
            "CustomResourceDefinition",
            conditions("NamesAccepted=False:Conflict"),
            "CRD_NOT_ESTABLISHED",
            "NamesAccepted is False: Conflict",
        ),
        (
            "HorizontalPodAutoscaler",
            conditions("ScalingActive=False:InvalidSelector"),
            "AUTOSCALER_FAILED",
            "ScalingActive is False: InvalidSelector",
        ),
    ],
)
def test_a_fault_is_what_a_condition_says(kind: str, status: Object, code: str, verdict: str) -> None:
    (fault,) = judged(kind, one(status=status)).faults
    assert (fault.code, fault.verdict) == (code, verdict)
    assert fault.subject == f"{kind.partition('.')[0]} web"


@pytest.mark.parametrize("reason", ["FailedGetScale", "FailedUpdateScale", "InvalidSelector", "AmbiguousSelector"])
@pytest.mark.parametrize("kind", ["AbleToScale", "ScalingActive"])
def test_an_autoscaler_that_is_wrong_itself_is_not_ready(kind: str, reason: str) -> None:
    status = conditions(f"{kind}=False:{reason}")
    assert judged("HorizontalPodAutoscaler", one(status=status)).state is PROGRESSING


@pytest.mark.parametrize(("kind", "expected"), [(None, "Issuer"), ("ClusterIssuer", "ClusterIssuer")])
def test_a_certificate_waits_for_its_issuer_and_blocks_its_secret(kind: str | None, expected: str) -> None:
    issuer = {"name": "ca", **({"kind": kind} if kind else {})}
    (fault,) = judged("Certificate", one({"secretName": "tls", "issuerRef": issuer})).faults
    assert (fault.waits_for, fault.blocks) == (((expected, "ca"),), (("Certificate", "web"), ("Secret", "tls")))


def test_a_certificate_that_is_issued_anew_is_said() -> None:
    anew, calm = conditions("Ready=True", "Issuing=True"), conditions("Ready=True", "Issuing=False")
    assert [bool(judged("Certificate", one(status=status)).reason) for status in (anew, calm)] == [True, False]


@pytest.mark.parametrize(("reason", "waits"), [("WaitForFirstConsumer", True), ("ProvisioningFailed", False)])
def test_a_claim_that_waits_for_a_pod_says_so(reason: str, waits: bool) -> None:
    (fault,) = judged("PersistentVolumeClaim", one(), Event=[event("web", reason, "m")]).faults
    assert (fault.blocks, "pod that mounts it" in fault.next_step) == ((("PersistentVolumeClaim", "web"),), waits)


def test_an_ingress_without_an_address_is_ready_with_a_note() -> None:
    assert [bool(judged("Ingress", one(status=status)).reason) for status in ({}, ADDRESS)] == [True, False]


STOPPED: list[tuple[str, Object, Object, ObjectState]] = [
    ("Deployment", {"replicas": 3, "paused": True}, {"replicas": 3}, FAILED),
    ("Deployment", {"replicas": 3, "paused": True}, {"replicas": 3, "paused": True}, SUSPENDED),
    ("Deployment", {"replicas": 0}, {"replicas": 3}, FAILED),
    ("Deployment", {"replicas": 0}, {}, SUSPENDED),  # an autoscaler's
    ("StatefulSet", {"replicas": 0}, {"replicas": 1}, FAILED),
    ("CronJob", {"suspend": True}, {}, FAILED),
    ("CronJob", {"suspend": True}, {"suspend": False}, FAILED),
    ("Job", {"suspend": True}, {}, PROGRESSING),  # a queue starts it later
    ("Job", {"suspend": True}, {"suspend": True}, SUSPENDED),
]


@pytest.mark.parametrize(("kind", "live", "release", "state"), STOPPED)
def test_what_somebody_stopped_is_not_what_the_release_says(
    kind: str, live: Object, release: Object, state: ObjectState
) -> None:
    there = one(live, observed(replicas=live.get("replicas", 0)))
    wanted = manifest(kind, "web", {"metadata": {"name": "web"}, "spec": release})
    (row,) = release_ledger([wanted], seen(**{kind: [there]})).rows
    assert row.state is state


@pytest.mark.parametrize(
    ("kind", "condition", "state"),
    [
        ("Gateway", "Programmed=True", READY),
        ("Gateway", "Programmed=False:Invalid", PROGRESSING),
        ("Gateway", "Accepted=True", PROGRESSING),
        ("APIService", "Available=True", READY),
        ("APIService", "Available=False:MissingEndpoints", PROGRESSING),
    ],
)
def test_what_is_ready_by_a_condition_of_its_own(kind: str, condition: str, state: ObjectState) -> None:
    assert judged(kind, one(status=conditions(condition))).state is state


@pytest.mark.parametrize(
    ("row", "long"),
    [
        (judged("Job", one(status={"active": 1})), True),
        (judged("Job", one(status=conditions("Failed=True"))), False),
        (judged("Certificate", one()), True),
        (judged("Database.example.test", one(status=conditions("Ready=False"))), True),
        (judged("PersistentVolumeClaim", one()), False),
        (judged("Deployment", one({"replicas": 1}, observed())), False),
    ],
)
def test_what_may_take_long_is_waited_for_longer_than_a_minute(row: LedgerRow, long: bool) -> None:
    assert row.may_take_long is long


def test_an_event_of_the_secrets_operator_says_nothing_of_what_it_read() -> None:
    failing = event("web", "UpdateFailed", 'template: db:1: error calling fromJson: invalid character "hunter2-canary"')
    failing["involvedObject"]["apiVersion"] = "external-secrets.io/v1"
    row = judged("ExternalSecret", one(EXTERNAL, conditions("Ready=False:SecretSyncedError")), Event=[failing])
    assert "hunter2-canary" not in repr(row)
    of_custom = conditions("Ready=False")
    of_custom["conditions"][0]["message"] = failing["message"]
    push = {**one(status=of_custom), "apiVersion": "external-secrets.io/v1alpha1"}
    assert "hunter2-canary" not in repr(judged("PushSecret.external-secrets.io", push))


def test_a_secret_of_that_name_in_another_namespace_is_not_the_one() -> None:
    there = thing("db", metadata={"namespace": "other"})
    row = judged("ExternalSecret", one(EXTERNAL, SYNCED, namespace="shop"), Secret=[there])
    assert row.state is PROGRESSING


def test_a_job_of_an_earlier_template_says_nothing_of_the_schedule() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "a" not found'}
    lacks = {"name": "main", "state": {"waiting": waiting}}
    old = thing("web-1", "web", spec={"template": {"spec": {"containers": [{"name": "old"}]}}})
    pods = [thing("p", "web-1", status={"phase": "Pending", "containerStatuses": [lacks]})]
    assert judged("CronJob", one(), Job=[old], Pod=pods).state is READY
