"""What people and programs added to live objects, by the managedFields that a real API server wrote.

`managed_fields.json` is of Kubernetes 1.34: a release of helm 3.22 and one of helm 4.3, each deployed twice, and then
changed by kubectl 1.32: a sidecar first in the list, a variable, a volume and an annotation (`edit`), a key (`patch`),
rules of a Role (`patch`), and then `set env`, `label`, `annotate`, `rollout restart`, `scale` and an autoscaler.
"""

import copy
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.additions import Addition, Resource, find_additions, removal
from jetscale_cicd.decide.cluster.drift import compare
from jetscale_cicd.decide.cluster.managed_fields import dotted, owner_of, owners_of
from jetscale_cicd.decide.cluster.managers import Role, role_of
from jetscale_cicd.decide.cluster.visible import Visible

Object = dict[str, Any]
RECORDED: dict[str, dict[str, Object]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "managed_fields.json").read_text()
)
MANIFESTS: dict[str, Object] = {
    each["kind"].lower(): each
    for each in yaml.safe_load_all("""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: registry.invalid/web, env: [{name: SIZE, value: "3"}], args: ["a"]}]
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: app}, data: {size: "3"}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
""")
}
# At a pod template of both helms.
POD = "spec.template.spec"
BY_PEOPLE = {
    "deployment": {
        ("metadata.annotations.note", "kubectl-annotate"),
        ("metadata.labels.who", "kubectl-label"),
        ("spec.template.metadata.annotations.person", "kubectl-edit"),
        (f"{POD}.containers[main].env[EXTRA]", "kubectl-edit"),
        (f"{POD}.containers[main].env[SETENV]", "kubectl-set"),
        (f"{POD}.containers[sidecar]", "kubectl-edit"),
        (f"{POD}.volumes[v]", "kubectl-edit"),
    },
    "configmap": {("data.extra", "kubectl-patch")},
    "role": set(),  # its rules are one field, which the release sets
    "service": set(),
}


def additions(live: Object, release: Object) -> tuple[Addition, ...]:
    return find_additions(live, release, owners_of(live))


def found(live: Object, release: Object) -> set[tuple[str, str]]:
    """Path and manager of each addition."""
    return {(dotted(each.path), each.owner.name) for each in additions(live, release)}


def managed(live: Object, *entries: tuple[str, Object], subresource: str = "") -> Object:
    """An object with managers and the fields that each owns."""
    more = {"subresource": subresource} if subresource else {}
    written = [{"manager": name, "operation": "Update", "fieldsV1": fields, **more} for name, fields in entries]
    return {**live, "metadata": {"name": "web", **live.get("metadata", {}), "managedFields": written}}


def thing(kind: str = "Deployment", **fields: Any) -> Object:
    return {"apiVersion": "v1", "kind": kind, **fields}


def patched(live: Object, command: str) -> Object:
    """The object after the JSON patch of a command (RFC 6902: test and remove)."""
    live = copy.deepcopy(live)
    for step in json.loads(shlex.split(command)[-1]):
        *before, last = (key.replace("~1", "/").replace("~0", "~") for key in step["path"].split("/")[1:])
        holder: Any = live
        for key in before:
            holder = holder[int(key) if isinstance(holder, list) else key]
        at: Any = int(last) if isinstance(holder, list) else last
        if step["op"] == "test":
            assert holder[at] == step["value"]
        else:
            del holder[at]
    return live


@pytest.mark.parametrize("helm", RECORDED)
@pytest.mark.parametrize("kind", BY_PEOPLE)
def test_what_people_added_is_found_by_both_helms(helm: str, kind: str) -> None:
    assert found(RECORDED[helm][kind], MANIFESTS[kind]) == BY_PEOPLE[kind]


@pytest.mark.parametrize("helm", RECORDED)
@pytest.mark.parametrize("kind", ["deployment", "configmap"])
def test_the_command_takes_back_all_of_it_and_nothing_else(helm: str, kind: str) -> None:
    live, release = RECORDED[helm][kind], MANIFESTS[kind]
    after = patched(live, removal(live, additions(live, release), Resource(kind)))
    assert additions(after, release) == ()
    containers = after.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    assert [each["name"] for each in containers] == (["main"] if kind == "deployment" else [])
    assert after.get("data") == release.get("data")


def test_the_command_names_context_namespace_and_kind() -> None:
    live, release = RECORDED["helm4"]["configmap"], MANIFESTS["configmap"]
    where = ("--context", "prod", "--namespace", "acme")
    command = removal(live, additions(live, release), Resource("configmap", where))
    patch = '[{"op":"remove","path":"/data/extra"}]'
    assert shlex.split(command) == ["kubectl", *where, "patch", "configmap", "app", "--type", "json", "--patch", patch]


def test_items_are_compared_by_their_keys_wherever_they_are_in_the_list() -> None:
    live = RECORDED["helm3"]["deployment"]
    wanted = copy.deepcopy(live)
    containers = wanted["spec"]["template"]["spec"]["containers"]
    containers.reverse()
    containers[0]["env"][0]["value"] = "4"
    (drift,) = compare(live, wanted, Visible(redact=str, is_secret_name=lambda _: False))
    assert (drift.path, drift.live, drift.wanted) == (f"{POD}.containers[main].env[SIZE].value", '"3"', '"4"')
    assert drift.by == "helm"


@pytest.mark.parametrize(
    ("manager", "subresource", "role"),
    [
        ("kubectl-edit", "", Role.PERSON),
        ("kubectl", "scale", Role.PERSON),
        ("Mozilla", "", Role.PERSON),
        ("argocd-controller", "", Role.PERSON),
        ("helm", "", Role.RELEASE),
        ("kube-controller-manager", "scale", Role.KUBERNETES),
        ("aws-cloud-controller-manager", "", Role.KUBERNETES),
        ("anything", "status", Role.KUBERNETES),
        ("cert-manager-cainjector", "", Role.OTHER),
        ("", "", Role.OTHER),
    ],
)
def test_whose_hand_a_manager_is(manager: str, subresource: str, role: Role) -> None:
    assert role_of(manager, subresource) is role


@pytest.mark.parametrize(
    ("live", "fields", "paths"),
    [
        ({"spec": {"paused": True}}, {"f:spec": {"f:paused": {}}}, {"spec.paused"}),
        ({"spec": {"dnsPolicy": "ClusterFirst"}}, {"f:spec": {"f:dnsPolicy": {}}}, set()),
        ({"spec": {"dnsPolicy": "None"}}, {"f:spec": {"f:dnsPolicy": {}}}, {"spec.dnsPolicy"}),
        ({"spec": {"x": {"a": 1, "b": 2}}}, {"f:spec": {"f:x": {".": {}, "f:a": {}, "f:b": {}}}}, {"spec.x"}),
        ({"spec": {"x": {"a": 1, "b": 2}}}, {"f:spec": {"f:x": {"f:a": {}, "f:b": {}}}}, {"spec.x.a", "spec.x.b"}),
        ({"data": {"type": "ClusterIP"}}, {"f:data": {"f:type": {}}}, {"data.type"}),
        ({"spec": {"set": ["a"]}}, {"f:spec": {"f:set": {'v:"a"': {}}}}, {"spec.set[a]"}),
        ({"spec": {"gone": None}}, {"f:spec": {"f:gone": {}}}, set()),
        ({"status": {"ready": 1}}, {"f:status": {"f:ready": {}}}, set()),
        ({"metadata": {"finalizers": ["a"]}}, {"f:metadata": {"f:finalizers": {'v:"a"': {}}}}, set()),
        (
            {"metadata": {"labels": {"a": "1"}}},
            {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}},
            {"metadata.labels.a"},
        ),
        (
            {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}},
            {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}}},
            set(),
        ),
        ({"spec": {"x": 1}}, {"f:spec": {'k:{"broken': {}, "?": {}, "k:[]": {}, "i:x": {}, "f:x": 3}}, set()),
    ],
)
def test_what_counts_as_added_by_a_person(live: Object, fields: Object, paths: set[str]) -> None:
    assert {path for path, _ in found(managed(thing(**live), ("kubectl-edit", fields)), thing())} == paths


def test_a_port_without_its_protocol_is_the_servers_port_with_it() -> None:
    fields: Object = {
        "f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:protocol": {}}}}
    }
    live = managed(thing("Service", spec={"ports": [{"port": 80, "protocol": "TCP"}]}), ("kubectl-edit", fields))
    assert found(live, thing("Service", spec={"ports": [{"port": 80}]})) == set()
    assert found(live, thing("Service", spec={"ports": [{"port": 90}]})) == {("spec.ports[80,TCP]", "kubectl-edit")}


def test_what_a_manifest_writes_in_clear_is_data_of_its_secret() -> None:
    live = managed(
        thing("Secret", data={"a": "eA==", "b": "eA=="}), ("kubectl-edit", {"f:data": {"f:a": {}, "f:b": {}}})
    )
    assert found(live, thing("Secret", stringData={"a": "x"})) == {("data.b", "kubectl-edit")}


def test_of_what_helm_owns_only_what_a_failed_revision_leaves_counts() -> None:
    """Defaults of the server are of whoever created the object."""
    left: Object = {
        "f:spec": {"f:dnsPolicy": {}, "f:odd": {}, "f:volumes": {'k:{"name":"v"}': {".": {}, "f:name": {}}}}
    }
    live = managed(thing(spec={"dnsPolicy": "Default", "odd": 1, "volumes": [{"name": "v"}]}), ("helm", left))
    assert found(live, thing(spec={})) == {("spec.volumes[v]", "helm")}


def test_a_field_is_of_whoever_owns_it_or_the_whole_around_it() -> None:
    owners = owners_of(RECORDED["helm3"]["role"])
    owner = owner_of(owners, ("rules", 1, "verbs"))
    assert owner is not None
    assert (owner.name, owner.time) == ("kubectl-patch", "2026-11-28T06:03:49Z")
    assert owner_of(owners, ("nothing",)) is None


def test_who_scaled_is_known_without_a_time() -> None:
    owner = owner_of(owners_of(RECORDED["helm4"]["deployment"]), ("spec", "replicas"))
    assert owner is not None
    assert (owner.name, owner.time) == ("kubectl (scale)", "")


KEYS = st.sampled_from(["a", "b", "labels", "data", "spec", "metadata"])
THINGS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def all_fields(thing: object) -> Object:
    """Every field, owned."""
    return (
        {".": {}, **{f"f:{key}": all_fields(value) for key, value in thing.items()}} if isinstance(thing, dict) else {}
    )


@given(st.dictionaries(KEYS, THINGS, max_size=4), st.dictionaries(KEYS, THINGS, max_size=4))
def test_nothing_that_the_release_has_is_added_and_the_command_leaves_nothing_that_is(
    live: Object, release: Object
) -> None:
    seen = managed({"data": live, "kind": "Deployment"}, ("kubectl-edit", {"f:data": all_fields(live)}))
    found = additions(seen, {"data": release})
    for each in found:
        held: Any = {"data": release}
        for step in each.path:
            held = held.get(step) if isinstance(held, dict) else None
        assert held is None
    if found:
        assert additions(patched(seen, removal(seen, found, Resource("deployment"))), {"data": release}) == ()
    assert additions(seen, {"data": live}) == ()
