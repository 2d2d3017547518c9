"""What a cluster has of what is needed: flat calls, nothing of a Secret but its keys, and no guess."""

from typing import Any

import pytest

from jetscale_cicd.decide.needs.inventory import Inventory, Place, Sight
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.inventory import see_inventory
from jetscale_cicd.tools.kubernetes import ApiFailure, Object
from tests.support.fake_kubernetes import Call, FakeKubernetes

CANARY = "a2FuYXJpZW52b2dlbC03ZjNh"
HERE = "shop-prod"
CORE = f"/api/v1/namespaces/{HERE}"
SECRETS, CONFIG_MAPS = f"{CORE}/secrets", f"{CORE}/configmaps"
CLASSES, VOLUMES = "/apis/storage.k8s.io/v1/storageclasses", "/api/v1/persistentvolumes"
INGRESSES, OWN_INGRESSES = (f"/apis/networking.k8s.io/v1{within}/ingresses" for within in ("", f"/namespaces/{HERE}"))
ROUTED = ("networking.k8s.io", "Ingress")
FORBIDDEN = ApiFailure(403, "it is forbidden", reason="Forbidden")


def kind(name: str, plural: str, scope: str = "Namespaced") -> Object:
    return {"resource": plural, "responseKind": {"kind": name}, "scope": scope, "verbs": ["list"]}


def version(*resources: Object, name: str = "v1", freshness: str = "Current") -> Object:
    return {"version": name, "freshness": freshness, "resources": list(resources)}


def groups(**items: list[Object]) -> Object:
    listed = [{"metadata": {"name": name.replace("_", ".")}, "versions": each} for name, each in items.items()]
    return {"kind": "APIGroupDiscoveryList", "items": listed}


DISCOVERY: dict[str, Object] = {
    "/api": {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {
                "metadata": {},
                "versions": [
                    version(
                        kind("Secret", "secrets"),
                        kind("ConfigMap", "configmaps"),
                        kind("ServiceAccount", "serviceaccounts"),
                        kind("PersistentVolume", "persistentvolumes", "Cluster"),
                    )
                ],
            }
        ],
    },
    "/apis": groups(
        storage_k8s_io=[version(kind("StorageClass", "storageclasses", "Cluster"))],
        networking_k8s_io=[version(kind("Ingress", "ingresses"))],
        example_test=[version(kind("Thing", "things", "Cluster")), version(kind("Thing", "old"), name="v1beta1")],
        metrics_test=[version(freshness="Stale")],
    ),
}
OLD: dict[str, Object] = {
    "/api": {"versions": ["v1"]},
    "/apis": {"groups": [{"versions": [{"groupVersion": "apps/v1"}, {"groupVersion": "down/v1"}]}]},
    "/api/v1": {"resources": [{"name": "secrets", "kind": "Secret", "namespaced": True}, {"name": "pods/log"}]},
    "/apis/apps/v1": {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]},
}


class Served(FakeKubernetes):
    """One that also says what it serves."""

    def __init__(self, *paths: str, discovery: dict[str, Object] | None = None) -> None:
        super().__init__(collections=paths)
        self.discovery = DISCOVERY if discovery is None else discovery

    def request(self, method: str, path: str, **_: Any) -> Object:
        self._called(method, path)
        if path not in self.discovery:
            raise ApiFailure(503, "the server is unavailable")
        return self.discovery[path]

    @property
    def asked(self) -> list[Call]:
        """Calls beside those for what it serves."""
        return [call for call in self.calls if call.path not in self.discovery]


def core(kind: str, name: str) -> Thing:
    return Thing("", kind, HERE, name)


def found(api: Served, target: Target, *wanted: Thing, **more: Any) -> Inventory:
    return see_inventory(api, target, wanted, **more)


def test_a_secret_is_its_type_and_its_keys(target: Target) -> None:
    api = Served()
    api.put(f"{SECRETS}/db", {"type": "Opaque", "data": {"url": CANARY, "empty": ""}})
    owner = {"kind": "ExternalSecret", "name": "o"}
    api.put(f"{SECRETS}/other", {"data": None, "metadata": {"ownerReferences": [owner]}})
    seen = found(api, target, core("Secret", "db"))
    present = seen.things[core("Secret", "db")]
    assert (present.type, present.keys) == ("Opaque", {"url": False, "empty": True})
    assert seen.things[core("Secret", "other")].controller == "ExternalSecret o"
    assert seen.sight(core("Secret", "nowhere")) is Sight.ABSENT
    assert CANARY not in repr(seen)
    assert api.queries == [{"fieldSelector": "type!=helm.sh/release.v1"}]


def test_there_is_one_list_for_each_kind_and_namespace(target: Target) -> None:
    api = Served(SECRETS, CONFIG_MAPS, CLASSES, VOLUMES, INGRESSES)
    wanted = [core(kind, f"n{number}") for kind in ("Secret", "ConfigMap") for number in range(30)]
    found(api, target, *wanted, Thing("storage.k8s.io", "StorageClass", "", "fast"), routed=[ROUTED])
    assert sorted(call.path for call in api.asked) == sorted((SECRETS, CONFIG_MAPS, CLASSES, VOLUMES, INGRESSES))


def test_what_may_not_be_listed_is_asked_for_by_name(target: Target) -> None:
    api = Served()
    api.put(f"{SECRETS}/db", {"data": {"url": CANARY}})
    api.put(f"{SECRETS}/gone", None)
    api.script("LIST", SECRETS, FORBIDDEN)
    api.script("GET", f"{SECRETS}/hidden", FORBIDDEN)
    api.put(f"{SECRETS}/hidden", {})
    seen = found(api, target, *(core("Secret", name) for name in ("db", "gone", "hidden")))
    assert [seen.sight(core("Secret", name)) for name in ("db", "gone", "hidden", "other")] == [
        Sight.PRESENT,
        Sight.ABSENT,
        Sight.UNSEEN,
        Sight.UNSEEN,
    ]
    assert seen.why_unseen == {Place("", "Secret", HERE): "it is forbidden"}


def test_the_default_of_a_kind_cannot_be_asked_for_by_name(target: Target) -> None:
    api = Served(VOLUMES)
    api.script("LIST", CLASSES, FORBIDDEN)
    default = Thing("storage.k8s.io", "StorageClass", "", "")
    seen = found(api, target, default)
    assert seen.sight(default) is Sight.UNSEEN
    assert seen.why_unseen


def test_a_default_is_found_and_so_is_the_class_of_a_volume(target: Target) -> None:
    api = Served()
    name = "storageclass.kubernetes.io/is-default-class"
    api.put(f"{CLASSES}/fast", {"metadata": {"annotations": {name: "true"}}})
    api.put(f"{VOLUMES}/v", {"spec": {"storageClassName": "manual"}})
    api.put(f"{VOLUMES}/w", {"spec": {}})
    seen = found(api, target, Thing("storage.k8s.io", "StorageClass", "", "x"))
    assert {thing.name for thing in seen.things} == {"", "fast", "manual"}


def test_volumes_that_may_not_be_listed_leave_a_class_unseen(target: Target) -> None:
    api = Served(CLASSES)
    api.script("LIST", VOLUMES, FORBIDDEN)
    assert found(api, target).sight(Thing("storage.k8s.io", "StorageClass", "", "x")) is Sight.UNSEEN


def test_in_a_namespace_that_does_not_exist_yet_nothing_is_asked(target: Target) -> None:
    api = Served(INGRESSES)
    seen = found(api, target, core("Secret", "db"), routed=[ROUTED], new_namespace=True)
    assert seen.sight(core("Secret", "db")) is Sight.ABSENT
    assert [call.path for call in api.asked] == [INGRESSES]


def test_a_kind_that_is_not_served_has_no_objects(target: Target) -> None:
    api = Served()
    seen = found(api, target, Thing("unknown.test", "Thing", HERE, "t"), Thing("metrics.test", "Thing", HERE, "t"))
    assert seen.sight(Thing("unknown.test", "Thing", HERE, "t")) is Sight.ABSENT
    assert seen.sight(Thing("metrics.test", "Thing", HERE, "t")) is Sight.UNSEEN  # its API does not answer
    assert api.asked == []


def test_a_thing_is_asked_for_in_the_preferred_version_and_where_it_lies(target: Target) -> None:
    api = Served("/apis/example.test/v1/things")
    found(api, target, Thing("example.test", "Thing", HERE, "t"))
    assert [call.path for call in api.asked] == ["/apis/example.test/v1/things"]


def test_an_older_server_lists_its_kinds_version_by_version(target: Target) -> None:
    seen = found(Served(discovery=OLD), target)
    assert seen.serves("apps/v1", "Deployment") is Sight.PRESENT
    assert seen.serves("v1", "Secret") is Sight.PRESENT
    assert seen.serves("apps/v1", "Unheard") is Sight.ABSENT
    assert seen.serves("down/v1", "Anything") is Sight.UNSEEN


def test_owners_are_read(target: Target) -> None:
    api = Served()
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    annotations = {"meta.helm.sh/release-name": "app", "meta.helm.sh/release-namespace": HERE, "helm.sh/hook": "test"}
    metadata = {"labels": labels, "annotations": annotations, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    api.put(f"{CORE}/serviceaccounts/web", {"metadata": metadata})
    present = found(api, target, core("ServiceAccount", "web")).things[core("ServiceAccount", "web")]
    assert (present.helm, present.release, present.hook, present.leaving) == (True, ("app", HERE), True, True)
    assert present.keys is None


def ingress(namespace: str) -> Object:
    rules = [{"host": "a.test", "http": {"paths": [{"path": "/"}]}}]
    return {"metadata": {"namespace": namespace}, "spec": {"ingressClassName": "nginx", "rules": rules}}


def test_hosts_of_the_whole_cluster_are_read(target: Target) -> None:
    api = Served()
    api.put(f"{INGRESSES}/site", ingress("else"))
    seen = found(api, target, routed=[ROUTED])
    assert [(route.of, route.host, route.path) for route in seen.routes] == [
        (Thing(*ROUTED, "else", "site"), "a.test", "")
    ]
    assert seen.routes_of == {Place(*ROUTED, "")}


@pytest.mark.parametrize("both", [False, True])
def test_where_they_may_not_be_listed_those_of_the_namespace_are(target: Target, both: bool) -> None:
    api = Served(OWN_INGRESSES, INGRESSES)
    api.script("LIST", INGRESSES, FORBIDDEN)
    if both:
        api.script("LIST", OWN_INGRESSES, FORBIDDEN)
    seen = found(api, target, routed=[ROUTED])
    assert seen.routes_of == (frozenset() if both else {Place(*ROUTED, HERE)})
    assert bool(seen.why_unseen) is both


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (ApiFailure(401, "who?", reason="Unauthorized"), "CLUSTER_UNAUTHORIZED"),
        (ApiFailure(0, f"closed: {CANARY}"), "CLUSTER_UNREACHABLE"),
        (ApiFailure(500, f"broken: {CANARY}"), "CLUSTER_UNREACHABLE"),
    ],
)
def test_a_cluster_that_does_not_answer_is_no_answer_and_says_nothing_of_a_secret(
    target: Target, failed: ApiFailure, code: str
) -> None:
    api = Served()
    api.put(f"{SECRETS}/db", {"data": {"url": CANARY}})
    api.script("LIST", SECRETS, failed)
    api.script("GET", f"{SECRETS}/db", failed)
    with pytest.raises(CannotTellError) as raised:
        found(api, target, core("Secret", "db"))
    assert raised.value.code == code
    assert CANARY not in str(raised.value.message)


def test_a_list_that_is_too_large_is_taken_by_name(target: Target) -> None:
    api = Served()
    api.put(f"{SECRETS}/db", {"data": {"url": CANARY}})
    api.script("LIST", SECRETS, ApiFailure(0, f"it is larger than 16 bytes: {CANARY}"))
    seen = found(api, target, core("Secret", "db"))
    assert seen.things[core("Secret", "db")].keys == {"url": False}
    assert CANARY not in repr(seen)


def test_hostile_answers_are_nothing_that_is_needed(target: Target) -> None:
    api = Served()
    api.put(f"{SECRETS}/db", {"type": 7, "data": [1], "metadata": {"ownerReferences": {"a": 1}}})
    present = found(api, target, core("Secret", "db")).things[core("Secret", "db")]
    assert (present.keys, present.type, present.controller) == ({}, "", "")
