"""A target that is seen again and again: the same lists each time, and of its objects those alone that changed."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.target_status import TargetWatch, mark_of
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import SECRETS, path_of, secret

Object = dict[str, Any]
MAP = "/api/v1/namespaces/shop-prod/configmaps/app"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: '1'}\n"
LIVE = Deployed(version="1.0.0", commit="", digest="", values_digest="", revision=Revision(number=1, status="deployed"))


class Server(FakeKubernetes):
    """An apply changes nothing but what it says."""

    def apply(self, path: str, body: Object, manager: str) -> Object:
        self._called("PATCH", path)
        return {**(self.objects[path] or {}), **{key: body[key] for key in ("kind", "data")}}


@pytest.fixture
def api() -> Server:
    beside = ("v1/pods", "v1/events", "v1/persistentvolumeclaims", "apps/v1/replicasets", "batch/v1/jobs")
    places = (each.rsplit("/", 1) for each in beside)
    lists = (f"/{'api' if group == 'v1' else 'apis'}/{group}/namespaces/shop-prod/{name}" for group, name in places)
    served = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}
    return Server(
        {"/api/v1": served, MAP: {"kind": "ConfigMap", "data": {"a": "1"}}, path_of(1): secret(1, manifest=MANIFEST)},
        collections=tuple(lists),
    )


def changed(api: Server, path: str, **fields: Any) -> None:
    """Somebody changes an object."""
    api.put(path, {**(api.objects[path] or {}), **fields})


def asked(api: Server, see: Callable[[], Any]) -> tuple[Any, set[str]]:
    """What is seen, and the objects that were read for it."""
    api.calls.clear()
    seen = see()
    return seen, {call.path for call in api.calls if call.method in ("GET", "PATCH") and "/namespaces/" in call.path}


def test_an_object_is_read_again_when_it_changed(api: Server, target: Target) -> None:
    watch = TargetWatch(api, target, LIVE)
    first, read = asked(api, watch.see)
    assert (first.differences.drift, MAP in read) == ((), True)
    assert asked(api, watch.see) == (first, set())
    changed(api, MAP, data={"a": "2"})
    second, read = asked(api, watch.see)
    assert ([each.path for each in second.differences.drift], read) == (["data.a"], {MAP})
    assert asked(api, watch.see) == (second, set())


def test_a_definition_of_the_package_is_read_seldom(api: Server, target: Target) -> None:
    """It has all of its schemas."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n"
    file = {"name": "crds/things.yaml", "data": b64encode(crd.encode()).decode()}
    api.put(path_of(1), secret(1, manifest=MANIFEST, chart={"metadata": {"version": "1.0.0"}, "files": [file]}))
    api.put(path, {"kind": "CustomResourceDefinition"})
    watch = TargetWatch(api, target, LIVE)
    seen = [watch.see() for _ in range(31)]
    assert sum(call.path == path for call in api.calls) == 2
    assert len({next(row.state for row in each.ledger.rows) for each in seen if each and each.ledger}) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_release_that_changed_asks_for_another_plan_each_time(api: Server, target: Target, number: int) -> None:
    watch = TargetWatch(api, target, LIVE)
    assert watch.see() is not None
    api.put(path_of(number), secret(number, status="failed", manifest=MANIFEST))
    assert (watch.see(), watch.see()) == (None, None)


@pytest.mark.parametrize("status", [0, 502, 503])
def test_a_server_that_does_not_answer_is_said_and_gone_on_from(api: Server, target: Target, status: int) -> None:
    watch = TargetWatch(api, target, LIVE)
    first = watch.see()
    api.script("LIST", SECRETS, ApiFailure(status, "no route"))
    lost = watch.see()
    assert lost is not None
    assert (lost.differences, lost.ledger, len(lost.unseen)) == (None, None, 1)
    assert watch.see() == first


def test_between_plan_and_watch_nothing_is_missed(api: Server, target: Target) -> None:
    api.put(path_of(2), secret(2, manifest=MANIFEST))
    watch = TargetWatch(api, target, LIVE)
    assert (watch.see(), watch.see()) == (None, None)


@pytest.mark.parametrize(
    ("change", "marked"),
    [
        ({"status": {"ready": 2}}, False),
        ({"spec": {"replicas": 2}}, True),
        ({"metadata": {"resourceVersion": "2"}}, False),
        ({"metadata": {"resourceVersion": "1", "labels": {"a": "1"}}}, True),
        ({"metadata": {"managedFields": [{"manager": "m", "subresource": "status", "time": "later"}]}}, False),
        ({"metadata": {"managedFields": [{"manager": "m", "time": "later"}]}}, True),
    ],
)
def test_a_mark_changes_with_all_but_the_status(change: Object, marked: bool) -> None:
    thing: Object = {"metadata": {}, "spec": {"replicas": 1}, "status": {"ready": 1}}
    assert (mark_of(thing) != mark_of({**thing, **change})) == marked


def test_of_an_object_without_a_status_the_version_is_the_mark() -> None:
    assert mark_of({"metadata": {"resourceVersion": "7"}}) == "7"
