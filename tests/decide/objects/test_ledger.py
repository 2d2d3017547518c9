"""What holds for every object of a release, whatever its kind; and that a kind which could not be listed is unseen."""

import pytest

from jetscale_cicd.decide.objects.ledger import release_ledger
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.model.ledger import Ledger, ObjectState
from jetscale_cicd.model.record import replace
from tests.decide.objects.release import OURS, Object, manifest, seen, thing


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


@pytest.mark.parametrize(
    ("ttl", "state"), [(None, ObjectState.ABSENT), (0, ObjectState.READY), (60, ObjectState.READY)]
)
def test_a_job_that_is_removed_after_it_ended_is_not_missed(ttl: int | None, state: ObjectState) -> None:
    spec: Object = {} if ttl is None else {"ttlSecondsAfterFinished": ttl}
    assert states(seen(), "Job", document={"metadata": {"name": "web"}, "spec": spec}) == [state]


def test_a_ledger_is_green_where_every_row_is() -> None:
    claim, config = thing("web", annotations=OURS), thing("web", annotations=OURS)
    manifests = [manifest("ConfigMap", "web"), manifest("PersistentVolumeClaim", "web")]
    green, waits = (
        release_ledger(manifests[:number], seen(ConfigMap=[config], PersistentVolumeClaim=[claim])) for number in (1, 2)
    )
    assert (green.is_green, waits.is_green, waits.may_pass) == (True, False, True)
    assert not release_ledger(manifests, seen(ConfigMap=[config])).may_pass
    assert Ledger().is_green


def test_a_job_that_was_seen_to_fail_and_is_gone_has_failed() -> None:
    document: Object = {"metadata": {"name": "web"}, "spec": {"ttlSecondsAfterFinished": 5}}
    ledger = release_ledger([manifest("Job", "web", document)], seen())
    states = [
        ledger.with_failed_jobs(failed).rows[0].state for failed in ({("shop", "web")}, {("shop", "other")}, set())
    ]
    assert states == [ObjectState.FAILED, ObjectState.READY, ObjectState.READY]
