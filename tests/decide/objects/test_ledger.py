"""What holds for every object of a release, whatever its kind; and that a kind which could not be listed is unseen."""

import pytest

from jetscale_cicd.decide.objects.ledger import release_ledger
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.model.ledger import Ledger, ObjectState
from jetscale_cicd.model.record import replace
from tests.decide.objects.release import OURS, Object, event, manifest, seen, thing


def states(around: Snapshot, *kinds: str, document: Object | None = None) -> list[ObjectState]:
    return [row.state for row in release_ledger([manifest(kind, "web", document) for kind in kinds], around).rows]


def test_what_is_not_there_is_absent() -> None:
    assert states(seen(), "ConfigMap", "Deployment") == [ObjectState.ABSENT, ObjectState.ABSENT]


def test_what_has_the_name_in_another_namespace_is_not_it() -> None:
    elsewhere = thing("web", annotations=OURS, metadata={"namespace": "other"})
    assert states(seen(ConfigMap=[elsewhere]), "ConfigMap") == [ObjectState.ABSENT]


@pytest.mark.parametrize(
    ("release", "namespace", "state"),
    [
        ("app", "shop", ObjectState.READY),
        ("app", "other", ObjectState.FOREIGN),
        ("other", "shop", ObjectState.FOREIGN),
        ("", "", ObjectState.READY),  # whoever took the annotations away took no object of another release
    ],
)
def test_what_helms_annotations_name_is_whose_it_is(release: str, namespace: str, state: ObjectState) -> None:
    names = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
    assert states(seen(ConfigMap=[thing("web", annotations=names)]), "ConfigMap") == [state]


@pytest.mark.parametrize(
    ("kind", "hidden", "state"),
    [
        ("ConfigMap", "ConfigMap", ObjectState.UNSEEN),
        ("Deployment", "Pod", ObjectState.UNSEEN),
        ("Deployment", "ReplicaSet", ObjectState.UNSEEN),
        ("StatefulSet", "ReplicaSet", ObjectState.SUSPENDED),
        ("Job", "Pod", ObjectState.UNSEEN),
        ("ConfigMap", "Pod", ObjectState.READY),
    ],
)
def test_a_kind_that_may_not_be_listed_is_no_kind_of_which_nothing_is_there(
    kind: str, hidden: str, state: ObjectState
) -> None:
    around = seen(**{kind: [thing("web", annotations=OURS, spec={"replicas": 0})]})
    shown = {place: things for place, things in around.objects.items() if place != hidden}
    assert states(replace(around, objects=shown), kind) == [state]


def of_job(uid: str, reason: str, when: str, name: str = "web") -> Object:
    about = {"uid": uid, "kind": "Job", "name": name, "namespace": "shop"}
    return event(uid, reason, "", "Normal", when) | {"involvedObject": about}


REMOVED = {"metadata": {"name": "web"}, "spec": {"ttlSecondsAfterFinished": 5}}
COMPLETED, FAILED = of_job("1", "Completed", "2027-01-02"), of_job("2", "BackoffLimitExceeded", "2027-01-03")


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], ObjectState.PROGRESSING),
        ([COMPLETED], ObjectState.READY),
        ([FAILED], ObjectState.FAILED),
        ([FAILED, COMPLETED], ObjectState.FAILED),
        ([FAILED, of_job("3", "Completed", "2027-01-04")], ObjectState.READY),
        ([of_job("1", "SuccessfulCreate", "2027-01-05")], ObjectState.PROGRESSING),
        ([of_job("1", "Completed", "2027-01-05", "other")], ObjectState.PROGRESSING),
        ([COMPLETED, of_job("2", "SuccessfulCreate", "2027-01-05")], ObjectState.PROGRESSING),
        ([COMPLETED, of_job("1", "SuccessfulDelete", "2027-01-05")], ObjectState.READY),
    ],
)
def test_a_job_that_its_ttl_removed_is_judged_by_how_the_newest_one_ended(
    events: list[Object], state: ObjectState
) -> None:
    assert states(seen(Event=events), "Job", document=REMOVED) == [state]


@pytest.mark.parametrize("reason", ["DeadlineExceeded", "PodFailurePolicy", "FailedIndexes"])
def test_a_job_may_have_failed_in_several_ways_before_its_ttl_removed_it(reason: str) -> None:
    around = seen(Event=[of_job("1", reason, "2027-01-02")])
    assert states(around, "Job", document=REMOVED) == [ObjectState.FAILED]


def test_nothing_is_taken_for_granted_where_no_event_may_be_seen() -> None:
    around = replace(seen(), objects={place: () for place in seen().objects if place != "Event"})
    assert states(around, "Job", document=REMOVED) == [ObjectState.UNSEEN]


def test_what_its_ttl_removed_since_the_release_was_verified_is_done() -> None:
    assert states(replace(seen(Event=[FAILED]), proven=True), "Job", document=REMOVED) == [ObjectState.READY]


def test_a_job_without_a_ttl_that_is_gone_is_missed() -> None:
    assert states(replace(seen(Event=[COMPLETED]), proven=True), "Job") == [ObjectState.ABSENT]


def test_a_ledger_is_green_where_every_row_is() -> None:
    claim, config = thing("web", annotations=OURS), thing("web", annotations=OURS)
    manifests = [manifest("ConfigMap", "web"), manifest("PersistentVolumeClaim", "web")]
    green, waits = (
        release_ledger(manifests[:number], seen(ConfigMap=[config], PersistentVolumeClaim=[claim])) for number in (1, 2)
    )
    assert (green.is_green, waits.is_green, waits.may_pass) == (True, False, True)
    assert not release_ledger(manifests, seen(ConfigMap=[config])).may_pass
    assert Ledger().is_green
