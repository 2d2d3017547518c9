"""How far each workload is, as `kubectl rollout status` has it, and which objects belong to it."""

from dataclasses import replace
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.workloads import Snapshot, condition, event_line, owned, workload_rows

Object = dict[str, Any]
OURS = {"meta.helm.sh/release-name": "app"}
HOOK = {"helm.sh/hook": "pre-upgrade"}


def thing(name: str, *, owner: str = "", annotations: Object | None = None, **fields: Any) -> Object:
    """An object whose uid is its name."""
    metadata: Object = {"name": name, "uid": name, "annotations": annotations, **fields.pop("metadata", {})}
    if owner:
        metadata["ownerReferences"] = [{"uid": owner}]
    return {"metadata": metadata, "spec": {}, "status": {}, **fields}


def seen(**kinds: list[Object]) -> Snapshot:
    objects = {kind: tuple(found) for kind, found in kinds.items()}
    return Snapshot(release="app", namespace="shop", objects=objects, since="2026")


def progress(kind: str, spec: Object, status: Object, generation: int = 1) -> tuple[int, int, bool]:
    """Ready, wanted, and whether it is complete."""
    status = {"observedGeneration": 1, **status}
    one = thing("web", annotations=OURS, spec=spec, status=status, metadata={"generation": generation})
    (row,) = workload_rows(seen(**{kind: [one]}))
    return row.ready, row.wanted, row.complete


# What `kubectl rollout status` waits for, kind by kind (kubectl, pkg/polymorphichelpers/rollout_status.go)


def deployed(replicas: int, updated: int, available: int, ready: int | None = None) -> Object:
    return {
        "replicas": replicas,
        "updatedReplicas": updated,
        "availableReplicas": available,
        "readyReplicas": available if ready is None else ready,
    }


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 2}, {}, (0, 2, False)),
        ({"replicas": 2}, deployed(2, 2, 2), (2, 2, True)),
        ({"replicas": 2}, deployed(2, 2, 1), (1, 2, False)),
        ({"replicas": 2}, deployed(2, 1, 2), (1, 2, False)),  # one is still of the old
        ({"replicas": 2}, deployed(3, 2, 2), (2, 2, False)),  # one of the old is on its way out
        ({"replicas": 2}, deployed(2, 2, 1, ready=2), (2, 2, False)),  # ready, and not for minReadySeconds yet
        ({"replicas": 0}, {}, (0, 0, True)),
        ({"replicas": 0}, deployed(1, 0, 1), (0, 0, False)),  # scaled to nothing, which is not yet so
        ({}, {}, (0, 1, False)),  # the server's default
        ({}, deployed(1, 1, 1), (1, 1, True)),
        # a count of zero is left out (k8s.io/api, apps/v1: omitempty)
        (
            {"replicas": 2},
            {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
            (2, 2, False),
        ),
    ],
)
def test_a_deployment_is_complete_once_all_are_updated_and_available_and_no_old_one_is_left(
    spec: Object, status: Object, expected: object
) -> None:
    assert progress("Deployment", spec, status) == expected


def partition(number: int) -> Object:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": number}}}


ON_DELETE: Object = {"updateStrategy": {"type": "OnDelete"}}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 3}, {}, (0, 3, False)),
        ({"replicas": 3}, deployed(3, 3, 3), (3, 3, True)),
        ({"replicas": 3}, deployed(3, 2, 3), (2, 3, False)),
        ({"replicas": 3}, deployed(3, 3, 2), (2, 3, False)),
        ({"replicas": 3, **partition(2)}, deployed(3, 1, 3), (3, 3, True)),  # the others are to stay as they are
        ({"replicas": 3, **partition(1)}, deployed(3, 1, 3), (2, 3, False)),
        ({"replicas": 3, **ON_DELETE}, deployed(3, 0, 3), (3, 3, True)),
        ({"replicas": 3, **ON_DELETE}, deployed(3, 0, 2), (2, 3, False)),
        ({}, deployed(1, 1, 1), (1, 1, True)),
        ({"replicas": 0}, {}, (0, 0, True)),
    ],
)
def test_a_stateful_set_is_complete_once_all_but_those_of_its_partition_are_updated_and_ready(
    spec: Object, status: Object, expected: object
) -> None:
    assert progress("StatefulSet", spec, status) == expected


def scheduled(wanted: int, updated: int, ready: int) -> Object:
    counts = {"numberReady": ready, "numberAvailable": ready}
    return {"desiredNumberScheduled": wanted, "updatedNumberScheduled": updated, **counts}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, scheduled(2, 2, 2), (2, 2, True)),
        ({}, scheduled(2, 1, 2), (1, 2, False)),
        ({}, scheduled(2, 2, 1), (1, 2, False)),
        ({}, scheduled(0, 0, 0), (0, 0, True)),  # no node wants one
        (
            {"minReadySeconds": 9},
            {**scheduled(2, 2, 2), "numberAvailable": 1},
            (2, 2, False),
        ),
        (ON_DELETE, scheduled(2, 0, 2), (2, 2, True)),
        (ON_DELETE, scheduled(2, 0, 1), (1, 2, False)),
    ],
)
def test_a_daemon_set_is_complete_once_every_node_that_wants_one_has_the_new_one_ready(
    spec: Object, status: Object, expected: object
) -> None:
    assert progress("DaemonSet", spec, status) == expected


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, (0, 1, False)),
        ({}, {"active": 1}, (0, 1, False)),
        ({}, {"succeeded": 1}, (1, 1, True)),
        ({"completions": 3}, {"succeeded": 2}, (2, 3, False)),
        ({"completions": 3}, {"succeeded": 3}, (3, 3, True)),
        ({}, {"failed": 1}, (0, 1, False)),
    ],
)
def test_a_job_is_complete_once_all_of_its_completions_are_there(
    spec: Object, status: Object, expected: object
) -> None:
    assert progress("Job", spec, status) == expected


def ready(status: str) -> Object:
    return {"conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": status}]}


@pytest.mark.parametrize(
    ("status", "complete"),
    [
        ({"phase": "Pending"}, False),
        ({"phase": "Running", **ready("False")}, False),
        ({"phase": "Running", **ready("True")}, True),
        ({"phase": "Succeeded", **ready("False")}, True),
        ({"phase": "Failed", **ready("False")}, False),
        ({"phase": "Unknown", **ready("Unknown")}, False),
    ],
)
def test_a_pod_is_complete_once_it_is_ready_or_has_succeeded(status: Object, complete: bool) -> None:
    assert progress("Pod", {}, status) == (int(complete), 1, complete)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Deployment", deployed(1, 1, 1)), ("StatefulSet", deployed(1, 1, 1)), ("DaemonSet", scheduled(1, 1, 1))],
)
@pytest.mark.parametrize(("generation", "complete"), [(1, True), (2, False)])
def test_a_status_of_an_earlier_generation_says_nothing_of_this_one(
    kind: str, status: Object, generation: int, complete: bool
) -> None:
    assert progress(kind, {"replicas": 1}, status, generation) == (int(complete), 1, complete)


# Rows


def test_rows_come_in_the_order_of_their_kinds_and_only_the_releases_own() -> None:
    other = {"meta.helm.sh/release-name": "other"}
    around = seen(
        Pod=[thing("p", annotations=OURS), thing("of-a-set", owner="web", annotations=OURS)],
        Job=[thing("j", annotations=OURS), thing("foreign", annotations=other), thing("nobodys")],
        Deployment=[thing("web", annotations=OURS)],
        DaemonSet=[thing("d", annotations=OURS)],
        StatefulSet=[thing("s", annotations=OURS)],
    )
    names = [(row.kind, row.name) for row in workload_rows(around)]
    assert names == [("Deployment", "web"), ("StatefulSet", "s"), ("DaemonSet", "d"), ("Job", "j"), ("Pod", "p")]


@pytest.mark.parametrize(
    ("since", "hooks", "there"),
    [
        ("2026", None, True),
        ("2028", None, False),  # an earlier deploy's
        ("2026", frozenset({("Job", "migrate")}), True),
        ("2026", frozenset({("Job", "other")}), False),
        ("2026", frozenset({("Pod", "migrate")}), False),
    ],
)
def test_a_hook_of_this_deploy_is_a_row(since: str, hooks: frozenset[tuple[str, str]] | None, there: bool) -> None:
    job = thing("migrate", annotations=HOOK, metadata={"creationTimestamp": "2027"})
    assert bool(workload_rows(replace(seen(Job=[job]), since=since, hooks=hooks))) is there


def replica_set(name: str, revision: str, ready: int) -> Object:
    annotations = {"deployment.kubernetes.io/revision": revision}
    return thing(name, owner="web", annotations=annotations, status={"readyReplicas": ready})


def test_pods_of_an_older_replica_set_are_counted_apart() -> None:
    web = thing("web", annotations=OURS, spec={"replicas": 3}, status=deployed(4, 2, 3))
    sets = [replica_set("web-a", "10", 1), replica_set("web-b", "9", 2)]
    (row,) = workload_rows(seen(Deployment=[web], ReplicaSet=sets))
    assert (row.ready, row.old, row.wanted) == (1, 2, 3)


def test_the_newest_replica_set_is_the_one_of_the_highest_number() -> None:
    around = seen(ReplicaSet=[replica_set("a", "9", 0), replica_set("b", "10", 0), replica_set("c", "none", 0)])
    newest = around.newest(thing("web"))
    assert newest
    assert newest["metadata"]["name"] == "b"


def event(uid: str, reason: str, when: str, kind: str = "Warning") -> Object:
    involved, metadata = {"uid": uid}, {"creationTimestamp": when}
    return {"metadata": metadata, "involvedObject": involved, "type": kind, "reason": reason, "message": "m"}


def noted(*events: Object, complete: bool = False) -> str:
    web = thing("web", annotations=OURS, spec={"replicas": 1}, status=deployed(1, 1, int(complete)))
    pods = [thing("p", owner="web-1")]
    sets = [replica_set("web-1", "1", int(complete))]
    (row,) = workload_rows(seen(Deployment=[web], ReplicaSet=sets, Pod=pods, Event=list(events)))
    return row.note


def test_a_note_is_the_newest_warning_of_the_workload_its_sets_or_its_pods() -> None:
    events = [event("p", "New", "3"), event("web-1", "Old", "1"), event("other", "Foreign", "4")]
    assert " New:" in noted(*events)
    assert " Old:" in noted(event("p", "Older", "0"), event("web-1", "Old", "1"))


def test_a_warning_is_worth_more_than_a_newer_note() -> None:
    assert " Bad:" in noted(event("p", "Bad", "1"), event("p", "Fine", "2", "Normal"))
    assert " Fine:" in noted(event("p", "Fine", "2", "Normal"))


def test_what_is_complete_needs_no_note() -> None:
    assert noted(event("p", "Bad", "1"), complete=True) == ""
    assert noted() == ""


# Parts


def test_pods_that_are_being_deleted_are_none_that_stay() -> None:
    leaving = thing("p", owner="web-1", metadata={"deletionTimestamp": "now"})
    around = seen(ReplicaSet=[replica_set("web-1", "1", 0)], Pod=[leaving, thing("q", owner="web-1")])
    assert [pod["metadata"]["name"] for pod in around.pods_of("Deployment", thing("web"))] == ["q"]


def test_a_pod_is_its_own_pod_and_a_deployment_without_a_set_has_none() -> None:
    assert seen().pods_of("Pod", thing("p")) == [thing("p")]
    assert seen(Pod=[thing("p", owner="web")]).pods_of("Deployment", thing("web")) == []


def test_of_a_scheduled_jobs_the_newest_counts() -> None:
    jobs = [
        thing(name, owner="nightly", metadata={"creationTimestamp": when}) for name, when in (("b", "2"), ("a", "1"))
    ]
    other = thing("theirs", annotations={"meta.helm.sh/release-name": "other"})
    around = seen(CronJob=[thing("nightly", annotations=OURS), other], Job=[*jobs, thing("c", owner="theirs")])
    assert [job["metadata"]["name"] for _, job in around.scheduled_jobs()] == ["b"]


def test_only_the_releases_own_jobs_have_failed_for_it() -> None:
    failed = {"conditions": [{"type": "Failed", "status": "True"}]}
    jobs = [thing("ours", annotations=OURS, status=failed), thing("nobodys", status=failed)]
    jobs.append(thing("fine", annotations=OURS, status={"conditions": [{"type": "Failed", "status": "False"}]}))
    assert [job["metadata"]["name"] for job in seen(Job=jobs).failed_jobs()] == ["ours"]


def test_owned_is_what_names_the_owner_whatever_its_name_is() -> None:
    mine, other = thing("a", owner="x"), thing("x-b", owner="y")
    assert owned([mine, other, thing("c")], thing("x")) == [mine]


def test_a_condition_that_is_not_there_is_neither_true_nor_false() -> None:
    assert condition(thing("p"), "Ready") == ""
    assert condition(thing("p", status=ready("Unknown")), "Ready") == "Unknown"


@pytest.mark.parametrize(("count", "times"), [(None, False), (1, False), (7, True)])
def test_an_event_is_one_line_with_how_often_it_came(count: int | None, times: bool) -> None:
    line = event_line({"type": "Warning", "reason": "R", "message": "a\n  b", "count": count})
    assert "\n" not in line
    assert ("7" in line) is times
