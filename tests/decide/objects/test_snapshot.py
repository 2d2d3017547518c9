"""Which objects belong together, and which are of this release and this deploy."""

import pytest

from jetscale_cicd.decide.objects.snapshot import condition, event_line
from jetscale_cicd.model.ledger import LedgerRow
from jetscale_cicd.model.record import replace
from tests.decide.objects.release import HOOK, OURS, Object, event, rows, seen, thing


def replica_set(name: str, revision: str, ready: int) -> Object:
    annotations = {"deployment.kubernetes.io/revision": revision}
    return thing(name, "web", annotations=annotations, status={"readyReplicas": ready})


def deployed(ready: int) -> Object:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), ready)
    return thing("web", annotations=OURS, spec={"replicas": 1}, status=counts)


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
    found = rows(replace(seen(Job=[job]), since=since, hooks=hooks))
    assert [row.hook for row in found] == ([True] if there else [])


def test_pods_of_an_older_replica_set_are_counted_apart() -> None:
    counts = {"replicas": 4, "updatedReplicas": 2, "availableReplicas": 3, "readyReplicas": 3}
    web = thing("web", annotations=OURS, spec={"replicas": 3}, status=counts)
    (row,) = rows(seen(Deployment=[web], ReplicaSet=[replica_set("a", "10", 1), replica_set("b", "9", 2)]))
    assert row.pods
    assert (row.pods.ready, row.pods.old, row.pods.wanted) == (1, 2, 3)


def test_the_newest_replica_set_is_the_one_of_the_highest_number() -> None:
    around = seen(ReplicaSet=[replica_set("a", "9", 0), replica_set("b", "10", 0), replica_set("c", "none", 0)])
    newest = around.newest_set(thing("web"))
    assert newest
    assert newest["metadata"]["name"] == "b"


def noted(*events: Object, ready: int = 0) -> LedgerRow:
    pods, sets = [thing("p", "web-1")], [replica_set("web-1", "1", ready)]
    (row,) = rows(seen(Deployment=[deployed(ready)], ReplicaSet=sets, Pod=pods, Event=list(events)))
    return row


def test_a_note_is_the_newest_warning_of_the_workload_its_sets_or_its_pods() -> None:
    old, new = event("web-1", "Old", "m1", when="1"), event("p", "New", "m2", when="3")
    assert " New:" in noted(new, old, event("other", "Foreign", "m3", when="4")).note
    assert " Old:" in noted(event("p", "Older", "m0", when="0"), old).note


def test_a_warning_is_worth_more_than_a_newer_note() -> None:
    fine = event("p", "Fine", "pulled", "Normal", when="2")
    assert " Bad:" in noted(event("p", "Bad", "out of disk", when="1"), fine).note
    assert " Fine:" in noted(fine).note


def test_what_is_ready_needs_no_note() -> None:
    assert noted(event("p", "Bad", "m"), ready=1).note == ""


def test_an_event_that_the_reason_has_is_not_told_again() -> None:
    claim = thing("data", annotations=OURS)
    (row,) = rows(seen(PersistentVolumeClaim=[claim], Event=[event("data", "ProvisioningFailed", "no disk")]))
    assert (row.reason.count("no disk"), row.note) == (1, "")


def test_pods_that_are_being_deleted_are_none_that_stay() -> None:
    leaving = thing("p", "web-1", metadata={"deletionTimestamp": "now"})
    around = seen(ReplicaSet=[replica_set("web-1", "1", 0)], Pod=[leaving, thing("q", "web-1")])
    assert [pod["metadata"]["name"] for pod in around.pods_of("Deployment", thing("web"))] == ["q"]


def test_a_pod_is_its_own_pod_and_a_deployment_without_a_set_has_none() -> None:
    assert seen().pods_of("Pod", thing("p")) == (thing("p"),)
    assert seen(Pod=[thing("p", "web")]).pods_of("Deployment", thing("web")) == ()


def test_owned_is_what_names_the_owner_whatever_its_name_is() -> None:
    mine, other = thing("a", "x"), thing("x-b", "y")
    found = seen(Pod=[mine, other, thing("c")]).owned_by(thing("x"), "Pod")
    assert [each["metadata"]["name"] for each in found] == ["a"]


def test_a_condition_that_is_not_there_is_neither_true_nor_false() -> None:
    assert condition(thing("p"), "Ready") == ""
    assert condition(thing("p", status={"conditions": [{"type": "Ready", "status": "Unknown"}]}), "Ready") == "Unknown"


@pytest.mark.parametrize(
    ("counts", "times"), [({}, False), ({"count": 1}, False), ({"count": 7}, True), ({"series": {"count": 7}}, True)]
)
def test_an_event_is_one_line_with_how_often_it_came(counts: Object, times: bool) -> None:
    line = event_line({"type": "Warning", "reason": "R", "message": "a\n  b", **counts})
    assert "\n" not in line
    assert ("7" in line) is times
