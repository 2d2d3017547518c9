"""Live objects against their release: where they are is the server's word, and what an apply would change is, too."""

import json
from typing import Any

import pytest

from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.drift import find_drift
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.helm_secret import secret

Object = dict[str, Any]
SERVED: dict[str, list[Object]] = {
    "/apis/apps/v1": [
        {"kind": "Deployment", "name": "deployments", "namespaced": True},
        {"kind": "Scale", "name": "deployments/scale", "namespaced": True},
    ],
    "/api/v1": [
        {"kind": "ConfigMap", "name": "configmaps", "namespaced": True},
        {"kind": "Namespace", "name": "namespaces", "namespaced": False},
    ],
}
WEB = "/apis/apps/v1/namespaces/shop-prod/deployments/web"


class Server(FakeKubernetes):
    """Serves two groups, and answers an apply as it is told, or with what was sent."""

    def __init__(self, objects: dict[str, Object | None]) -> None:
        super().__init__(objects)
        self.applied: dict[str, Object | ApiFailure] = {}
        self.sent: list[tuple[str, Object, str]] = []
        self.discovered: list[str] = []

    def request(self, method: str, path: str, **_: Any) -> Object:
        assert method == "GET"
        self.discovered.append(path)
        if path not in SERVED:
            raise ApiFailure(404, "no such group")
        return {"resources": SERVED[path]}

    def apply(self, path: str, body: Object, manager: str) -> Object:
        self.sent.append((path, body, manager))
        answer = self.applied.get(path, body)
        if isinstance(answer, ApiFailure):
            raise answer
        return answer


def found(api: Server, target: Target, *manifests: str) -> tuple[list[tuple[str, str]] | None, list[str]]:
    """Subject and path of each difference, and what could not be compared."""
    unseen: list[str] = []
    stored = StoredRelease.decode(secret(3, manifest="\n---\n".join(manifests)))
    differences = find_drift(api, target, stored, unseen)
    return None if differences is None else [(each.subject, each.path) for each in differences.drift], unseen


def deployment(replicas: int = 1) -> Object:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": replicas}}


MANIFEST = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, paused: null}\n"


def test_what_an_apply_would_not_change_is_no_drift(target: Target) -> None:
    api = Server({WEB: deployment()})
    api.applied[WEB] = deployment()
    assert found(api, target, MANIFEST) == ([], [])


def test_what_an_apply_would_change_is_told(target: Target) -> None:
    api = Server({WEB: deployment(replicas=2)})
    api.applied[WEB] = deployment()
    assert found(api, target, MANIFEST) == ([("Deployment web", "spec.replicas")], [])


def test_a_key_that_says_nothing_is_not_applied_and_helms_own_fields_are_left_alone(target: Target) -> None:
    api = Server({WEB: deployment()})
    found(api, target, MANIFEST)
    ((path, body, manager),) = api.sent
    assert (path, body["spec"]) == (WEB, {"replicas": 1})
    assert manager != "helm"


def test_an_object_that_is_gone_is_drift_and_not_made(target: Target) -> None:
    api = Server({WEB: None})
    assert found(api, target, MANIFEST) == ([("Deployment web", "")], [])
    assert api.sent == []


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a.b}\n", "/api/v1/namespaces/shop-prod/configmaps/a.b"),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}\n",
            "/api/v1/namespaces/other/configmaps/a",
        ),
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "/api/v1/namespaces/shop"),
    ],
)
def test_an_object_is_where_the_server_has_its_kind(target: Target, manifest: str, path: str) -> None:
    assert found(Server({path: None}), target, manifest)[1] == []


@pytest.mark.parametrize(
    "manifest",
    [
        "apiVersion: apps/v1\nkind: Unknown\nmetadata: {name: x}\n",
        "apiVersion: apps/v1\nkind: Scale\nmetadata: {name: x}\n",
        "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n",
    ],
)
def test_a_kind_that_is_not_served_is_named_and_the_others_are_compared(target: Target, manifest: str) -> None:
    drift, unseen = found(Server({WEB: None}), target, manifest, MANIFEST)
    assert drift == [("Deployment web", "")]
    assert len(unseen) == 1


@pytest.mark.parametrize("status", [403, 422, 500])
def test_an_object_that_cannot_be_compared_is_named(target: Target, status: int) -> None:
    api = Server({WEB: deployment()})
    api.applied[WEB] = ApiFailure(status, "no")
    drift, unseen = found(api, target, MANIFEST)
    assert (drift, len(unseen)) == ([], 1)


def test_each_group_is_asked_for_once(target: Target) -> None:
    api = Server({WEB: deployment(), WEB.replace("web", "api"): None})
    found(api, target, MANIFEST, MANIFEST.replace("web", "api"))
    assert api.discovered == ["/apis/apps/v1"]


def test_a_manifest_that_cannot_be_read_is_no_absence_of_drift(target: Target) -> None:
    drift, unseen = found(Server({}), target, "kind: [")
    assert (drift, len(unseen)) == (None, 1)


def test_where_values_come_from_the_environment_only_what_may_be_one_is_masked() -> None:
    target = Target(name="live", client_name="shop", release="app", secrets={"a": "A"})
    live, wanted = deployment(replicas=2), deployment()
    wanted["spec"] |= {"image": "of-an-earlier-environment", "kind": "a-word"}
    api = Server({WEB: live})
    api.applied[WEB] = wanted
    stored = StoredRelease.decode(
        secret(3, manifest=MANIFEST, config={"a": "of-an-earlier-environment", "b": "a-word"})
    )
    differences = find_drift(api, target, stored, [])
    assert differences
    assert {each.path: each.wanted for each in differences.drift} == {
        "spec.replicas": "1",
        "spec.image": "(masked)",
        "spec.kind": '"a-word"',
    }


def test_a_date_is_sent_as_the_text_that_helm_sends(target: Target) -> None:
    api = Server({WEB: deployment()})
    manifest = MANIFEST.replace("{name: web}", "{name: web, annotations: {build/date: 2024-01-01, at: '='}}")
    found(api, target, manifest)
    (body,) = (json.loads(json.dumps(body)) for _, body, _ in api.sent)
    assert body["metadata"]["annotations"] == {"build/date": "2024-01-01", "at": "="}
