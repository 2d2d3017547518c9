"""What each kind has to be, by the tables of peers; the numbers are those of a status that an API server gives.

Peers: `kubectl rollout status` (pkg/polymorphichelpers), kstatus (sigs.k8s.io/cli-utils, pkg/kstatus/status), health of
gitops-engine (pkg/health), and helm's own (pkg/kube/ready.go of 3.22, and kstatus in helm 4). Where they differ the
strictest counts; where it does not, the row says why.
"""

from typing import Any

import pytest

from jetscale_cicd.model.ledger import ObjectState
from tests.decide.objects.release import (
    ADDRESS,
    EXTERNAL,
    SYNCED,
    Object,
    conditions,
    deployed,
    judged,
    observed,
    one,
    thing,
)

READY, SUSPENDED, PROGRESSING = ObjectState.READY, ObjectState.SUSPENDED, ObjectState.PROGRESSING
OUTDATED, FAILED = ObjectState.OUTDATED, ObjectState.FAILED


# Workloads: state, pods that are ready, pods that are wanted


DEPLOYMENTS: list[tuple[Object, Object, ObjectState, int, int]] = [
    ({"replicas": 2}, observed(), PROGRESSING, 0, 2),
    ({"replicas": 2}, deployed(2, 2, 2), READY, 2, 2),
    ({"replicas": 2}, deployed(2, 2, 1), PROGRESSING, 1, 2),
    ({"replicas": 2}, deployed(2, 1, 2), PROGRESSING, 1, 2),  # one is still of the old template
    ({"replicas": 2}, deployed(3, 2, 2), PROGRESSING, 2, 2),  # one of the old is left
    ({"replicas": 2}, deployed(3, 3, 3), PROGRESSING, 3, 2),  # scaled down, and not yet so (kstatus)
    ({"replicas": 2}, deployed(2, 2, 1, ready=2), PROGRESSING, 2, 2),  # ready, and not for minReadySeconds yet
    ({"replicas": 2}, observed(replicas=2, updatedReplicas=2, readyReplicas=2), PROGRESSING, 2, 2),  # no zero is given
    ({"replicas": 2}, deployed(2, 2, 2, **conditions("Available=False")), PROGRESSING, 2, 2),
    ({"replicas": 2}, deployed(2, 2, 2, **conditions("Available=True")), READY, 2, 2),
    ({"replicas": 2}, deployed(2, 2, 1, **conditions("Progressing=False:ProgressDeadlineExceeded")), FAILED, 1, 2),
    ({"replicas": 2}, deployed(2, 2, 2, **conditions("Progressing=True:NewReplicaSetAvailable")), READY, 2, 2),
    ({}, observed(), PROGRESSING, 0, 1),  # the server's default
    ({}, deployed(1, 1, 1), READY, 1, 1),
    ({"replicas": 0}, observed(), SUSPENDED, 0, 0),
    ({"replicas": 0}, deployed(1, 0, 1), PROGRESSING, 0, 0),  # scaled to nothing, which is not yet so
    ({"replicas": 1, "paused": True}, deployed(1, 1, 1), SUSPENDED, 1, 1),  # gitops-engine: Suspended
    ({"replicas": 2, "paused": True}, deployed(2, 1, 2), SUSPENDED, 1, 2),  # helm waits for it until its timeout
]


@pytest.mark.parametrize(("spec", "status", "state", "ready", "wanted"), DEPLOYMENTS)
def test_a_deployment(spec: Object, status: Object, state: ObjectState, ready: int, wanted: int) -> None:
    row = judged("Deployment", one(spec, status))
    assert row.pods
    assert (row.state, row.pods.ready, row.pods.wanted) == (state, ready, wanted)


def scheduled(wanted: int, updated: int, ready: int, **more: Any) -> Object:
    counts = {"numberReady": ready, "numberAvailable": ready, **more}
    return observed(desiredNumberScheduled=wanted, updatedNumberScheduled=updated, **counts)


def partition(number: int) -> Object:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": number}}}


ON_DELETE: Object = {"updateStrategy": {"type": "OnDelete"}}
ROLLING: Object = {"currentRevision": "a", "updateRevision": "b"}
ROLLED: Object = {"currentRevision": "b", "updateRevision": "b"}
STATEFUL_SETS: list[tuple[Object, Object, ObjectState, int, int]] = [
    ({"replicas": 3}, observed(), PROGRESSING, 0, 3),
    ({"replicas": 3}, deployed(3, 3, 3), READY, 3, 3),
    ({"replicas": 3}, deployed(3, 3, 3, **ROLLED), READY, 3, 3),
    ({"replicas": 3}, deployed(3, 3, 3, **ROLLING), PROGRESSING, 3, 3),  # helm, kstatus: revisions differ
    ({"replicas": 3}, deployed(3, 2, 3), PROGRESSING, 2, 3),
    ({"replicas": 3}, deployed(3, 3, 2), PROGRESSING, 2, 3),
    ({"replicas": 3}, deployed(4, 3, 3), PROGRESSING, 3, 3),  # kstatus: scaled down, and not yet so
    ({"replicas": 3}, deployed(3, 3, 2, ready=3), PROGRESSING, 3, 3),  # minReadySeconds; helm 3 does not look
    ({"replicas": 3, **partition(2)}, deployed(3, 1, 3, **ROLLING), READY, 3, 3),  # the others are to stay
    ({"replicas": 3, **partition(1)}, deployed(3, 1, 3, **ROLLING), PROGRESSING, 2, 3),
    ({"replicas": 3, **ON_DELETE}, deployed(3, 0, 3, **ROLLING), READY, 3, 3),
    ({"replicas": 3, **ON_DELETE}, deployed(3, 0, 2, **ROLLING), PROGRESSING, 2, 3),
    ({}, deployed(1, 1, 1), READY, 1, 1),
    ({"replicas": 0}, observed(), SUSPENDED, 0, 0),
    ({"replicas": 0}, deployed(1, 0, 1), PROGRESSING, 0, 0),
]


@pytest.mark.parametrize(("spec", "status", "state", "ready", "wanted"), STATEFUL_SETS)
def test_a_stateful_set(spec: Object, status: Object, state: ObjectState, ready: int, wanted: int) -> None:
    row = judged("StatefulSet", one(spec, status))
    assert row.pods
    assert (row.state, row.pods.ready, row.pods.wanted) == (state, ready, wanted)


@pytest.mark.parametrize(
    ("kind", "spec", "status", "said"),
    [
        ("StatefulSet", ON_DELETE, deployed(1, 0, 1), True),
        ("StatefulSet", ON_DELETE, deployed(1, 1, 1), False),
        ("StatefulSet", {"replicas": 2, **partition(1)}, deployed(2, 1, 2), True),
        ("StatefulSet", {}, deployed(1, 1, 1), False),
        ("DaemonSet", ON_DELETE, scheduled(2, 1, 2), True),
        ("DaemonSet", ON_DELETE, scheduled(2, 2, 2), False),
        ("DaemonSet", {}, scheduled(2, 2, 2), False),
        ("DaemonSet", {}, scheduled(0, 0, 0), True),
    ],
)
def test_pods_that_stay_as_they_are_are_said(kind: str, spec: Object, status: Object, said: bool) -> None:
    row = judged(kind, one(spec, status))
    assert (row.state, bool(row.reason)) == (READY, said)


DAEMON_SETS: list[tuple[Object, Object, ObjectState, int, int]] = [
    ({}, scheduled(2, 2, 2), READY, 2, 2),
    ({}, scheduled(2, 1, 2), PROGRESSING, 1, 2),
    ({}, scheduled(2, 2, 1), PROGRESSING, 1, 2),
    ({}, scheduled(0, 0, 0), READY, 0, 0),  # no node is to have one
    ({"minReadySeconds": 9}, scheduled(2, 2, 2, numberAvailable=1), PROGRESSING, 2, 2),
    (ON_DELETE, scheduled(2, 0, 2), READY, 2, 2),
    (ON_DELETE, scheduled(2, 0, 1), PROGRESSING, 1, 2),
]


@pytest.mark.parametrize(("spec", "status", "state", "ready", "wanted"), DAEMON_SETS)
def test_a_daemon_set(spec: Object, status: Object, state: ObjectState, ready: int, wanted: int) -> None:
    row = judged("DaemonSet", one(spec, status))
    assert row.pods
    assert (row.state, row.pods.ready, row.pods.wanted) == (state, ready, wanted)


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
@pytest.mark.parametrize(
    ("spec", "status", "state"),
    [
        ({"replicas": 2}, observed(), PROGRESSING),
        ({"replicas": 2}, observed(replicas=2, readyReplicas=2, availableReplicas=2), READY),
        ({"replicas": 2}, observed(replicas=2, readyReplicas=2, availableReplicas=1), PROGRESSING),
        ({"replicas": 1}, observed(replicas=2, readyReplicas=2, availableReplicas=2), PROGRESSING),
        ({"replicas": 0}, observed(), SUSPENDED),
    ],
)
def test_a_replica_set(kind: str, spec: Object, status: Object, state: ObjectState) -> None:
    assert judged(kind, one(spec, status)).state is state


JOBS: list[tuple[Object, Object, ObjectState, int, int]] = [
    # kstatus calls a Job that was started ready, and helm does not wait for one: that proves nothing of it
    ({}, {}, PROGRESSING, 0, 1),
    ({}, {"active": 1}, PROGRESSING, 0, 1),
    ({}, {"succeeded": 1}, PROGRESSING, 1, 1),  # the condition follows
    ({}, {"succeeded": 1, **conditions("Complete=True")}, READY, 1, 1),
    ({"completions": 3}, {"succeeded": 2}, PROGRESSING, 2, 3),
    ({"completions": 3}, {"succeeded": 3, **conditions("SuccessCriteriaMet=True", "Complete=True")}, READY, 3, 3),
    ({"completions": 3}, {"succeeded": 1, **conditions("Complete=True")}, READY, 1, 3),  # a successPolicy
    ({}, {"failed": 1}, PROGRESSING, 0, 1),
    ({}, {"failed": 7, **conditions("Failed=True:BackoffLimitExceeded")}, FAILED, 0, 1),
    ({}, conditions("Failed=True:DeadlineExceeded"), FAILED, 0, 1),
    ({}, conditions("FailureTarget=True:PodFailurePolicy"), PROGRESSING, 0, 1),
    ({"suspend": True}, conditions("Suspended=True"), SUSPENDED, 0, 1),
    ({"suspend": True}, {"succeeded": 1, **conditions("Complete=True")}, READY, 1, 1),
]


@pytest.mark.parametrize(("spec", "status", "state", "done", "wanted"), JOBS)
def test_a_job(spec: Object, status: Object, state: ObjectState, done: int, wanted: int) -> None:
    row = judged("Job", one(spec, status))
    assert row.pods
    assert (row.state, row.pods.ready, row.pods.wanted) == (state, done, wanted)


PODS: list[tuple[Object, ObjectState]] = [
    ({"phase": "Pending"}, PROGRESSING),
    ({"phase": "Running", **conditions("Ready=False")}, PROGRESSING),
    ({"phase": "Running", **conditions("Initialized=True", "Ready=True")}, READY),
    ({"phase": "Succeeded", **conditions("Ready=False")}, READY),
    ({"phase": "Failed", **conditions("Ready=False")}, FAILED),
    ({"phase": "Unknown", **conditions("Ready=Unknown")}, PROGRESSING),
]


@pytest.mark.parametrize(("status", "state"), PODS)
def test_a_pod(status: Object, state: ObjectState) -> None:
    assert judged("Pod", one(status=status)).state is state


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("Deployment", deployed(1, 1, 1)),
        ("StatefulSet", deployed(1, 1, 1)),
        ("DaemonSet", scheduled(1, 1, 1)),
        ("ReplicaSet", observed(replicas=1, readyReplicas=1, availableReplicas=1)),
        ("Database.example.test", observed(**conditions("Ready=True"))),
    ],
)
@pytest.mark.parametrize(("generation", "state"), [(1, READY), (2, OUTDATED)])
def test_a_status_of_an_earlier_generation_says_nothing_of_this_one(
    kind: str, status: Object, generation: int, state: ObjectState
) -> None:
    assert judged(kind, one({"replicas": 1}, status, generation)).state is state


# Everything else: spec, status, state

BALANCER = {"type": "LoadBalancer"}
SERVING = {"desiredHealthy": 1, "currentHealthy": 0}
OTHERS: list[tuple[str, Object, Object, ObjectState]] = [
    ("Service", {"type": "ClusterIP"}, {}, READY),
    ("Service", {"type": "ExternalName"}, {}, READY),
    ("Service", BALANCER, {}, PROGRESSING),
    ("Service", BALANCER, {"loadBalancer": {"ingress": []}}, PROGRESSING),
    ("Service", BALANCER, ADDRESS, READY),
    ("Service", {**BALANCER, "externalIPs": ["192.0.2.1"]}, {}, READY),  # helm
    # gitops-engine waits for an address; many controllers never publish one
    ("Ingress", {}, {}, READY),
    ("Ingress", {}, ADDRESS, READY),
    ("PersistentVolumeClaim", {}, {}, PROGRESSING),
    ("PersistentVolumeClaim", {}, {"phase": "Pending"}, PROGRESSING),
    ("PersistentVolumeClaim", {}, {"phase": "Bound"}, READY),
    ("PersistentVolumeClaim", {}, {"phase": "Lost"}, FAILED),
    ("CustomResourceDefinition", {}, {}, PROGRESSING),
    ("CustomResourceDefinition", {}, conditions("NamesAccepted=True", "Established=True"), READY),
    ("CustomResourceDefinition", {}, conditions("NamesAccepted=False:Conflict", "Established=False"), FAILED),
    ("HorizontalPodAutoscaler", {}, {}, READY),
    ("HorizontalPodAutoscaler", {}, conditions("AbleToScale=True", "ScalingActive=True"), READY),
    # gitops-engine: Degraded; the metrics of a new pod come a minute later, and helm does not look
    (
        "HorizontalPodAutoscaler",
        {},
        conditions("ScalingActive=False:FailedGetResourceMetric"),
        READY,
    ),
    ("HorizontalPodAutoscaler", {}, conditions("AbleToScale=False:FailedGetScale"), PROGRESSING),
    ("HorizontalPodAutoscaler", {}, conditions("ScalingActive=False:InvalidSelector"), PROGRESSING),
    ("HorizontalPodAutoscaler", {}, conditions("ScalingActive=False:ScalingDisabled"), SUSPENDED),
    # kstatus: Current; that nothing may be evicted now is no fault of a deploy
    ("PodDisruptionBudget", {}, observed(**SERVING), READY),
    ("ConfigMap", {}, {}, READY),
    ("CronJob", {}, {}, READY),
    ("CronJob", {"suspend": True}, {}, SUSPENDED),
    ("Certificate", {}, {}, PROGRESSING),
    ("Certificate", {}, conditions("Ready=True"), READY),
    ("Certificate", {}, conditions("Issuing=True", "Ready=False:DoesNotExist"), PROGRESSING),
    ("Certificate", {}, conditions("Ready=True", "Issuing=True"), READY),
    # Custom resources, by kstatus
    ("Database.example.test", {}, {}, READY),
    ("Database.example.test", {}, conditions("Ready=True"), READY),
    ("Database.example.test", {}, conditions("Ready=False:Waiting"), PROGRESSING),
    ("Database.example.test", {}, conditions("Ready=Unknown"), PROGRESSING),
    ("Database.example.test", {}, conditions("Reconciling=True", "Ready=True"), PROGRESSING),
    ("Database.example.test", {}, conditions("Stalled=True:BadSpec", "Ready=False"), FAILED),
    ("Database.example.test", {}, conditions("Synced=False"), READY),  # a condition of its own, of no convention
]


@pytest.mark.parametrize(("kind", "spec", "status", "state"), OTHERS)
def test_other_kinds(kind: str, spec: Object, status: Object, state: ObjectState) -> None:
    assert judged(kind, one(spec, status)).state is state


def test_a_certificate_of_an_earlier_generation_is_outdated() -> None:
    status = {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}
    states = [judged("Certificate", one(status=status, generation=number)).state for number in (1, 2)]
    assert states == [READY, OUTDATED]


def parent(accepted: str, resolved: str = "True", generation: int = 1) -> Object:
    both = (("Accepted", accepted), ("ResolvedRefs", resolved))
    return {"conditions": [{"type": kind, "status": each, "observedGeneration": generation} for kind, each in both]}


@pytest.mark.parametrize(
    ("parents", "generation", "state"),
    [
        ([], 1, PROGRESSING),
        ([parent("True")], 1, PROGRESSING),  # of two
        ([parent("True"), parent("True")], 1, READY),
        ([parent("True"), parent("False")], 1, PROGRESSING),
        ([parent("True", "False"), parent("True")], 1, PROGRESSING),
        ([parent("True"), parent("True")], 2, OUTDATED),
    ],
)
def test_a_route_is_accepted_by_every_gateway_that_it_names(
    parents: list[Object], generation: int, state: ObjectState
) -> None:
    route = one({"parentRefs": [{"name": "a"}, {"name": "b"}]}, {"parents": parents}, generation)
    assert judged("HTTPRoute", route).state is state


@pytest.mark.parametrize(
    ("status", "generation", "secrets", "state"),
    [
        (SYNCED, 1, ["db"], READY),
        ({}, 1, ["db"], PROGRESSING),  # no status yet
        (SYNCED, 2, ["db"], PROGRESSING),  # of another generation
        (SYNCED, 1, [], PROGRESSING),  # its Secret is gone
        ({**SYNCED, **conditions("Ready=True:SecretMissing")}, 1, ["db"], PROGRESSING),
        ({**SYNCED, **conditions("Ready=False:SecretSyncedError")}, 1, ["db"], PROGRESSING),
        ({**SYNCED, "refreshTime": "2027-01-15T05:00:00Z"}, 1, ["db"], PROGRESSING),  # the operator is gone
    ],
)
def test_an_external_secret(status: Object, generation: int, secrets: list[str], state: ObjectState) -> None:
    row = judged("ExternalSecret", one(EXTERNAL, status, generation), Secret=[thing(name) for name in secrets])
    assert row.state is state
    blocked = [fault.blocks for fault in row.faults]
    assert blocked == ([] if state is READY else [(("ExternalSecret", "web"), ("Secret", "db"))])


@pytest.mark.parametrize("kind", ["SecretStore", "ClusterSecretStore"])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({}, PROGRESSING),
        (conditions("Ready=True"), READY),
        (conditions("Ready=False:ValidationFailed"), PROGRESSING),
    ],
)
def test_a_store(kind: str, status: Object, state: ObjectState) -> None:
    assert judged(kind, one(status=status)).state is state
