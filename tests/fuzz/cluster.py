"""What a cluster, and helm, answer."""

import base64
import gzip
import itertools
import json
import random
from contextlib import suppress
from typing import Any

import yaml

from jetscale_cicd.config.bounded_json import JsonRefused
from jetscale_cicd.decide.cluster import (
    definition_content,
    definitions,
    drift,
    manifest_diff,
    manifest_text,
    masking,
    revisions,
)
from jetscale_cicd.decide.cluster.additions import Resource
from jetscale_cicd.decide.cluster.deploy_record import recorded_definitions
from jetscale_cicd.decide.cluster.helm_errors import failed_at, was_rendered
from jetscale_cicd.decide.cluster.manifests import Manifest, check_rendered_once, parse_manifests, secrets_in
from jetscale_cicd.decide.cluster.pipe_findings import check_pipes
from jetscale_cicd.decide.cluster.revision_record import is_newer, record_of
from jetscale_cicd.decide.cluster.secret_pipes import Pipes
from jetscale_cicd.decide.cluster.visible import Visible, public_words
from jetscale_cicd.decide.needs import hosts, judge, ownership, references
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Inventory, Present
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.routes import routes_in
from jetscale_cicd.decide.needs.verdicts import Circumstances
from jetscale_cicd.decide.objects.diagnose import diagnose
from jetscale_cicd.decide.objects.ledger import hook_rows, release_ledger
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.decide.parity.names import Names, Who
from jetscale_cicd.decide.parity.objects import manifest_differences
from jetscale_cicd.decide.parity.veil import Veil
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.revision import RollbackCause, RollbackRecord
from jetscale_cicd.observe.cluster.lease import end_of
from jetscale_cicd.report.harmless import harmless, harmless_json
from jetscale_cicd.tools.api_object import read_object, status_of
from jetscale_cicd.tools.git.messages import without_progress
from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease
from jetscale_cicd.tools.registry.push_errors import PushPlace, push_failed, status_in
from tests.fuzz.boundary import REDACT, SHA, YAML_SIGNS, Boundary, replaced
from tests.fuzz.mutate import JsonMutator, Mutator
from tests.support import pipes as seen
from tests.support.definitions import crd, field, webhook
from tests.support.helm_secret import ours, rolled_back, rolled_back_by_us, secret, unpacked

_RECORDED = ours(2)


def _legacy(description: str) -> Any:
    """A revision whose record has no schema yet, so that its description is read."""
    of = {"version": "0.1.0", "commit": SHA, "digest": "sha256:a", "values": "sha256:b", "run": "", "deploy": "d"}
    return secret(4, config={"global": {"stage6": of}}, description=description)


RELEASES: list[Any] = [
    unpacked(each)
    for each in (
        secret(1, hooks=[{"kind": "Job", "name": "migrate"}], manifest="kind: A\n", config={"a": {"b": 1}}),
        secret(1, chart={"metadata": {"name": "c"}, "files": [{"name": "crds/a.yaml", "data": "a2luZDogQQo="}]}),
        _RECORDED,
        ours(3, "failed", code="TIMEOUT"),
        rolled_back(3, 1, _RECORDED),
        rolled_back_by_us(3, RollbackRecord(of=2, to=1, cause=RollbackCause.FAILED_DEPLOY, code="X"), _RECORDED),
        *map(_legacy, ("Rollback to 1: revision 2 failed with TIMEOUT", "Rollback to 2: by hand, from revision 3")),
    )
]
_META = {"name": "a", "namespace": "n", "uid": "u", "annotations": {"meta.helm.sh/release-name": "app"}, "labels": {}}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": _META,
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
    "status": {"replicas": 2, "readyReplicas": 1, "conditions": [{"type": "Available", "status": "True"}]},
}
_EDITED: dict[str, Any] = {"f:containers": {'k:{"name":"s"}': {".": {}, "f:name": {}}}, "f:finalizers": {'v:"a"': {}}}
EDITED: dict[str, Any] = {
    **DEPLOYMENT,
    "metadata": {
        **_META,
        "managedFields": [
            {
                "manager": "kubectl-edit",
                "operation": "Update",
                "time": "2026-01-01T10:00:00Z",
                "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": _EDITED}}, "f:data": {"i:0": {}}},
            }
        ],
    },
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "i:2"}, {"name": "s"}]}}},
    "chart": {"values": {"size": 3}, "templates": [{"name": "templates/a.yaml", "data": "YTogYgo="}]},
}
OBJECTS: list[Any] = [
    DEPLOYMENT,
    {"kind": "List", "metadata": {"continue": ""}, "items": [DEPLOYMENT, {"metadata": {"name": "b"}}]},
    {
        "kind": "Lease",
        "metadata": {"name": "l"},
        "spec": {"holderIdentity": "h", "leaseDurationSeconds": 30, "renewTime": "2026-01-01T10:00:00.000000Z"},
    },
]
STATUSES: list[Any] = [
    {
        "kind": "Status",
        "message": "forbidden",
        "reason": "Forbidden",
        "details": {"name": "n", "causes": [{"reason": "NamespaceTerminating"}]},
    }
]
NAMES = Names.of(Who(name="live", namespace="d", release="s"), Who(name="preview", namespace="m", release="x"))
MANIFESTS = (
    b"---\n# Source: app/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: czNjcjN0}\n"
    b"---\n# Source: app/templates/b.yaml\napiVersion: apps/v1\nkind: Deployment\n"
    b"metadata: {name: d, annotations: {a: b}}\n"
    b"spec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: i:1\n"
    b"        env: [{name: A_PASSWORD, value: x}]\n"
    b"---\napiVersion: v1\nkind: List\nitems: [{kind: ConfigMap, metadata: {name: m}, data: {t: |\n  a\t\n  b}}]\n"
).replace(b"{t: |\n  a\t\n  b}", b'{t: "a\\tb\\n"}')
NEEDS = (
    b"---\n# Source: app/templates/a.yaml\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: "
    b"{helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '-5', "
    b"helm.sh/hook-delete-policy: hook-succeeded}}\n"
    b"spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: s}}]}]}}}\n"
    b"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
    b"spec: {tls: [{secretName: t}], rules: [{host: h, http: {paths: [{path: /}]}}]}\n"
)
MANIFEST_VALUES: list[Any] = [
    {**DEPLOYMENT, "metadata": {**_META, "annotations": {"helm.sh/hook": "pre-install"}}},
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "czNjcjN0"},
        "stringData": {"b": "c"},
    },
    {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"t": "a\tb"}}],
    },
]
_FAILED = seen.external_secret("failed", seen.FAILED)
_STATE = {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}}
_ENDED = {"terminated": {"exitCode": 1, "reason": "Error"}}
_POD: dict[str, Any] = {
    "metadata": {"name": "q", "uid": "p", "ownerReferences": [{"uid": "d"}], "annotations": {"helm.sh/hook": "test"}},
    "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "c"}}], "readinessGates": [{"conditionType": "g"}]},
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}],
        "containerStatuses": [{"name": "main", "state": _STATE, "lastState": _ENDED, "restartCount": 2}],
    },
}
_EVENT: dict[str, Any] = {
    "metadata": {"creationTimestamp": "2026-01-01T10:00:00Z"},
    "involvedObject": {"uid": "p"},
    "type": "Warning",
    "reason": "FailedMount",
    "message": "MountVolume.SetUp failed",
    "count": 3,
}
_OWNER: dict[str, Any] = {
    "metadata": {"name": "p", "uid": "d", "generation": 2, "deletionTimestamp": "", "finalizers": ["a/b"]},
    "spec": {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}, "parentRefs": [{"name": "g"}]},
    "status": {"observedGeneration": 2, "updatedReplicas": 1, "conditions": [{"type": "Ready", "status": "False"}]},
}
SHOWN: list[Any] = [{"items": [_OWNER, _POD, _EVENT]}, {"items": [DEPLOYMENT, _POD]}]
PIPES: list[Any] = [
    {"items": [each, seen.store(), seen.store("aws", condition=seen.STORE_INVALID), about, seen.operator()]}
    for each, about in (
        (seen.external_secret(), seen.event(seen.store(), "Valid", "store validated")),
        (_FAILED, seen.event(_FAILED, "UpdateFailed", "template: x:1:3: invalid character")),
        (seen.external_secret(condition=None, data=[{"remoteRef": {"key": "k"}}]), {"kind": "Event"}),
    )
]
DEFINED: dict[str, Any] = yaml.safe_load(webhook(crd("a.b", size="integer"), "a.b"))
DEFINED["metadata"] |= {"labels": {"a": "b"}, "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}]}
DEFINED["status"] = {"storedVersions": ["v1"]}
field(DEFINED["spec"], minimum=1.5, default=1.0, enum=[1, "a"], items={"type": "string"}, nullable=False)
HELM_MESSAGES = [
    b'Error: UPGRADE FAILED: cannot patch "a" with kind Deployment: admission webhook "x" denied the request\n',
    b"Error: INSTALLATION FAILED: another operation (install/upgrade/rollback) is in progress",
    (
        b"Error: failed to push: response status code 403: denied: ::error::[x] https://u:s3cr3t-value@h/ "
        b"s3cr3t-value\r 50%"
    ),
    b"Error: release app failed: context deadline exceeded: pre-upgrade hooks failed: object n/a apps/v1, Kind=Job",
]


def packed_release(value: Any, chance: random.Random) -> bytes:
    """A Secret of Helm's with this release; now and then with broken base64, gzip or JSON."""
    raw = json.dumps(value).encode() if not isinstance(value, bytes) else value
    zipped = gzip.compress(raw)
    if chance.random() < 0.1:
        zipped = Mutator([zipped], (), chance)()
    inner = base64.b64encode(zipped)
    outer = base64.b64encode(Mutator([inner], (), chance)() if chance.random() < 0.05 else inner).decode()
    secret: dict[str, Any] = {"metadata": {"name": "s", "labels": {"version": "1"}}, "data": {"release": outer}}
    if chance.random() < 0.1:
        secret = JsonMutator([secret], chance).changed(secret)
    return json.dumps(secret).encode()


def helm_secret(content: bytes) -> None:
    stored = StoredRelease.decode(read_object(content))
    _ = stored.under_way, stored.written, stored.hooks
    here = stored.revision
    record_of(here), is_newer(here)
    revisions.is_rollback(here), revisions.rollback_to(here), revisions.is_rollback_candidate(here)
    revisions.failed_verification(here), revisions.is_ours(here)
    revisions.deployed_record(here, lambda _: None)
    masking.exposes(stored.config, ("global.password", "a.b"))
    stored.encode(status="failed", description="d", labels={"a": "b"})
    with suppress(Stage6Error):
        parse_manifests(stored.manifest.encode(), "release")
        definitions.packaged_by(parse_manifests(stored.crds, "release"), recorded_definitions(stored.config))


def api_object(content: bytes) -> None:
    end_of(read_object(content))


def api_refusal(content: bytes) -> None:
    status_of(content)


SEES = Visible(redact=str, is_secret_name=lambda name: "PASSWORD" in name, public=frozenset({"i"}))


def drifted(content: bytes) -> None:
    live = read_object(content)
    drift.compare(live, DEPLOYMENT, SEES)
    public_words(live, ("a.b",))
    drift.find_added(live, DEPLOYMENT, Resource("deployment.apps"), SEES)


def manifests(content: bytes) -> None:
    found = parse_manifests(content, "manifests")
    list(secrets_in(found, lambda name: "PASSWORD" in name))
    old = parse_manifests(MANIFESTS, "manifests")
    manifest_diff.compare_manifests(old, found, b"key", unstable=manifest_diff.compare_renders(found, old))
    manifest_diff.compare_images(old, found)
    other = parse_manifests(MANIFESTS.replace(b"czNjcjN0", b"YQ=="), "manifests")
    manifest_differences(other, found, NAMES, Veil())
    for each in found:
        manifest_text.object_lines(manifest_text.masked(each.document, b"key"))
    check_rendered_once(found, "live", "n")


def needs(content: bytes) -> None:
    found = parse_manifests(content, "manifests")
    needed, made = references.needs_of(found, "n"), made_by(found, "n")
    asked = judge.to_see(needed, made, Deploy(install=True)) | ownership.to_compare(
        found, (), install=True, namespace="n"
    )
    other = Thing("networking.k8s.io", "Ingress", "o", "i")
    routes = (route for each in found for route in routes_in(other, each.document))
    inventory = Inventory(resources=(), things=dict.fromkeys(asked, Present(keys={})), routes=tuple(routes))
    given = Circumstances(release=made, inventory=inventory, deploy=Deploy(install=False))
    judge.unmet_needs(needed, given, {"values.yaml": content})
    ownership.foreign_objects(found, (), inventory, install=True, release="r", namespace="n")
    hosts.taken_hosts(found, inventory, release="r", namespace="n")


def secret_pipes(content: bytes) -> None:
    items = tuple(read_object(content).get("items", ()))
    shown = Pipes(
        namespace="n",
        now=seen.NOW.timestamp(),
        external_secrets=items,
        stores={"SecretStore": items},
        events=items,
        operators=items,
    )
    names = [str(each.get("metadata", {}).get("name", "")) for each in items]
    check_pipes(shown, names, (*names, "ClusterSecretStore/x"))
    check_pipes(shown, (), names)


def ledger(content: bytes) -> None:
    """Objects of every kind that has a rule, whose fields are of any type."""
    things = tuple(each for each in read_object(content).get("items", ()) if isinstance(each, dict))
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob", "Service", "Event")
    more = ("PersistentVolumeClaim", "HorizontalPodAutoscaler", "ExternalSecret", "SecretStore", "Certificate")
    places = (*kinds, *more, "CustomResourceDefinition", "HTTPRoute", "Ingress", "Secret", "Thing.a.b")
    around = Snapshot(release="r", namespace="n", objects=dict.fromkeys(places, things), now=1e9)
    wanted = [Manifest(version, kind, "", "p", {}) for version in _VERSIONS for kind in (*kinds, *more, "Thing")]
    found = (*release_ledger(wanted, around).rows, *hook_rows(wanted, around))
    diagnose(found, "timed out waiting for the condition")
    assert all(row.line for row in found)


def definition(content: bytes) -> None:
    """Definitions of a package, and those on a cluster, whose fields are of any type."""
    things = [each for each in read_object(content).get("items", ()) if isinstance(each, dict)]
    for packaged, found in itertools.product([DEFINED, *things], repeat=2):
        differs = definition_content.differences(packaged, found)
        assert all(map(str, differs))
        definition_content.digest_of(found)
        definitions.to_apply(packaged, found), definitions.left_behind(packaged, found)
        definitions.owner_of(found), list(definitions.kinds_served_by(found))
        assert all(each.step for each in definitions.obstacles(packaged, found))


def helm_message(content: bytes) -> None:
    message = replaced(content)
    failed_at(message)
    was_rendered(message)
    diagnose(None, message)
    push_failed(message, status_in(message), PushPlace("oci://r/c", "r", "c"), 1)
    without_progress(message)
    harmless(message)
    harmless_json(message)
    REDACT(message)


_VERSIONS = ("v1", "apps/v1", "batch/v1", "autoscaling/v2", "external-secrets.io/v1", "cert-manager.io/v1", "a.b/v1")
BOUNDARIES = {
    "Helm Secret": Boundary(helm_secret, RELEASES, (UnreadableRelease, JsonRefused), (), packed_release, 4),
    "API object": Boundary(api_object, OBJECTS, (JsonRefused,), pack="json"),
    "API refusal": Boundary(api_refusal, STATUSES, pack="json"),
    "drift": Boundary(drifted, [EDITED], (JsonRefused,), pack="json"),
    "manifests": Boundary(manifests, [MANIFESTS], (), YAML_SIGNS, weight=2),
    "manifests as JSON": Boundary(manifests, MANIFEST_VALUES, pack="json", weight=2),
    "needs": Boundary(needs, [MANIFESTS, NEEDS], (), YAML_SIGNS),
    "needs as JSON": Boundary(needs, MANIFEST_VALUES, pack="json"),
    "ledger": Boundary(ledger, SHOWN, (JsonRefused,), pack="json", weight=2),
    "definition": Boundary(definition, [{"items": [DEFINED]}], (JsonRefused,), pack="json"),
    "secret pipes": Boundary(secret_pipes, PIPES, (JsonRefused,), pack="json"),
    "helm message": Boundary(helm_message, HELM_MESSAGES),
}
