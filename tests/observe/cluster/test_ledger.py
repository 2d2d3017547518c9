"""What is looked at of a release: a list for each kind and namespace, whatever the number of objects."""

import pytest

from jetscale_cicd.model.ledger import ObjectState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import ours

APPS, CORE, BATCH = (f"/{path}/namespaces/shop-prod" for path in ("apis/apps/v1", "api/v1", "apis/batch/v1"))
BESIDE = {
    *(f"{CORE}/{name}" for name in ("pods", "events", "persistentvolumeclaims")),
    f"{APPS}/replicasets",
    f"{BATCH}/jobs",
}
MAPS = f"{CORE}/configmaps"


@pytest.fixture
def api() -> FakeKubernetes:
    """It serves ConfigMaps, and nothing is there."""
    served = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}
    return FakeKubernetes({"/api/v1": served, "/apis/gone.test/v1": {}}, collections=(MAPS, *BESIDE))


def objects(api: FakeKubernetes, target: Target, count: int = 2, more: str = "") -> ReleaseObjects:
    documents = (f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{each}}}\n" for each in range(count))
    return ReleaseObjects.of(api, target, StoredRelease.decode(ours(1, manifest="---\n".join((*documents, more)))))


def asked(api: FakeKubernetes) -> list[str]:
    return sorted(call.path for call in api.calls if call.method == "LIST")


def states(found: ReleaseObjects) -> list[ObjectState]:
    return [row.state for row in found.ledger().rows]


@pytest.mark.parametrize("count", [1, 300])
def test_calls_do_not_grow_with_the_objects(api: FakeKubernetes, target: Target, count: int) -> None:
    objects(api, target, count).see()
    assert asked(api) == sorted({MAPS, *BESIDE})


@pytest.mark.parametrize(("fresh", "version"), [(True, None), (False, "0")])
def test_a_look_in_passing_asks_the_servers_memory(
    api: FakeKubernetes, target: Target, fresh: bool, version: str | None
) -> None:
    objects(api, target).see(fresh=fresh)
    assert {query.get("resourceVersion") for query in api.queries} == {version}


def test_what_is_there_and_what_is_not(api: FakeKubernetes, target: Target) -> None:
    api.put(f"{MAPS}/c-0", {"metadata": {}})
    assert states(objects(api, target)) == [ObjectState.READY, ObjectState.ABSENT]


def test_a_kind_that_is_not_served_has_no_objects(api: FakeKubernetes, target: Target) -> None:
    more = "apiVersion: gone.test/v1\nkind: Thing\nmetadata: {name: x}\n"
    assert states(objects(api, target, 0, more)) == [ObjectState.ABSENT]


def test_where_a_list_is_forbidden_each_is_asked_for_by_its_name(api: FakeKubernetes, target: Target) -> None:
    api.put(f"{MAPS}/c-0", {"metadata": {}})
    api.put(f"{MAPS}/c-1", None)
    api.script("LIST", MAPS, ApiFailure(403, "no"))
    assert states(objects(api, target)) == [ObjectState.READY, ObjectState.ABSENT]


def test_what_may_not_be_seen_is_not_absent(api: FakeKubernetes, target: Target) -> None:
    api.script("LIST", MAPS, ApiFailure(403, "no"))
    api.script("GET", f"{MAPS}/c-0", ApiFailure(403, "no"))
    api.put(f"{MAPS}/c-0", {"metadata": {}})
    assert states(objects(api, target)) == [ObjectState.UNSEEN, ObjectState.UNSEEN]


@pytest.mark.parametrize("status", [0, 401, 429, 500])
def test_a_server_that_does_not_answer_is_a_failure(api: FakeKubernetes, target: Target, status: int) -> None:
    api.script("LIST", f"{CORE}/pods", ApiFailure(status, "away"))
    with pytest.raises(ApiFailure):
        objects(api, target).see()
