"""Objects of one release as an API server shows them, and their ledger."""

from typing import Any

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.objects.ledger import hook_rows, release_ledger
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.model.ledger import LedgerRow

Object = dict[str, Any]
OURS = {"meta.helm.sh/release-name": "app"}
HOOK = {"helm.sh/hook": "pre-upgrade"}
VERSIONS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "apps/v1"),
    **dict.fromkeys(("Job", "CronJob"), "batch/v1"),
    **dict.fromkeys(("Pod", "Service", "PersistentVolumeClaim", "ReplicationController", "ConfigMap"), "v1"),
    **dict.fromkeys(("ExternalSecret", "SecretStore", "ClusterSecretStore"), "external-secrets.io/v1"),
    "Ingress": "networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Certificate": "cert-manager.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "APIService": "apiregistration.k8s.io/v1",
    "Database.example.test": "example.test/v1",
    "PushSecret.external-secrets.io": "external-secrets.io/v1alpha1",
}
# What is looked at beside the objects of a release.
_BESIDE = ("ReplicaSet", "Pod", "Event", "Job", "PersistentVolumeClaim")


def thing(name: str, owner: str = "", **fields: Any) -> Object:
    """An object whose uid is its name."""
    annotations = fields.pop("annotations", {})
    metadata: Object = {"name": name, "uid": name, "annotations": annotations, **fields.pop("metadata", {})}
    if owner:
        metadata["ownerReferences"] = [{"uid": owner}]
    return {"metadata": metadata, "spec": fields.pop("spec", {}), "status": fields.pop("status", {}), **fields}


def event(uid: str, reason: str, message: str, kind: str = "Warning", when: str = "") -> Object:
    involved, metadata = {"uid": uid}, {"creationTimestamp": when}
    return {"metadata": metadata, "involvedObject": involved, "type": kind, "reason": reason, "message": message}


def seen(**kinds: list[Object]) -> Snapshot:
    """What the cluster has: of other kinds nothing."""
    objects: dict[str, tuple[Object, ...]] = dict.fromkeys((*VERSIONS, *_BESIDE), ())
    for place, found in kinds.items():
        named = {"kind": place.partition(".")[0], "apiVersion": VERSIONS.get(place, "v1")}
        objects[place] = tuple({**named, **each} for each in found)
    return Snapshot(release="app", namespace="shop", objects=objects, since="2026", now=1_800_000_000.0)


def manifest(kind: str, name: str, document: Object | None = None) -> Manifest:
    """What the release has of an object."""
    named: Object = {"metadata": {"name": name}}
    return Manifest(VERSIONS[kind], kind.partition(".")[0], "", name, document or named)


def rows(around: Snapshot) -> tuple[LedgerRow, ...]:
    """The ledger of the release that has all that is marked as its own, as it is there; its hooks come first."""
    marked = [
        (manifest(kind, each["metadata"]["name"], each), each["metadata"]["annotations"])
        for kind in VERSIONS
        for each in around.of(kind)
    ]
    own = [each for each, annotations in marked if annotations == OURS]
    hooks = [each for each, annotations in marked if "helm.sh/hook" in annotations]
    return (*hook_rows(hooks, around), *release_ledger(own, around).rows)


def judged(kind: str, one: Object, **beside: list[Object]) -> LedgerRow:
    """The row of one object of the release."""
    one["metadata"]["annotations"] = OURS
    (row,) = [each for each in rows(seen(**{kind: [one]}, **beside)) if each.name == one["metadata"]["name"]]
    return row


def one(spec: Object | None = None, status: Object | None = None, generation: int = 1, **metadata: Any) -> Object:
    return thing("web", spec=spec or {}, status=status or {}, metadata={"generation": generation, **metadata})


def observed(generation: int = 1, **status: Any) -> Object:
    return {"observedGeneration": generation, **status}


def conditions(*held: str, **more: Any) -> Object:
    """A status with conditions: ``Ready=False:Reason``."""
    found = []
    for each in held:
        kind, _, rest = each.partition("=")
        status, _, reason = rest.partition(":")
        found.append({"type": kind, "status": status, **({"reason": reason} if reason else {})})
    return {"conditions": found, **more}


def deployed(replicas: int, updated: int, available: int, *, ready: int | None = None, **more: Any) -> Object:
    counts = {"replicas": replicas, "updatedReplicas": updated, "availableReplicas": available}
    return observed(**counts, readyReplicas=available if ready is None else ready, **more)


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
SYNCED = conditions("Ready=True:SecretSynced", refreshTime="2027-01-15T07:59:00Z", syncedResourceVersion="1-abc")
EXTERNAL = {"secretStoreRef": {"name": "aws"}, "target": {"name": "db"}, "refreshInterval": "1h"}
