"""A release of few objects, and a cluster, for tables."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present, Resource
from jetscale_cicd.decide.needs.judge import Unmet, unmet_needs
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing, group_of
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.decide.needs.verdicts import Circumstances
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import replace

NAMESPACE = "shop"
SERVED = (
    *(("v1", kind) for kind in ("Secret", "ConfigMap", "ServiceAccount", "Pod", "Service")),
    *(("v1", kind) for kind in ("PersistentVolumeClaim", "PersistentVolume", "Namespace")),
    *(("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")),
    *(("batch/v1", kind) for kind in ("Job", "CronJob")),
    *(("networking.k8s.io/v1", kind) for kind in ("Ingress", "IngressClass")),
    ("storage.k8s.io/v1", "StorageClass"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("node.k8s.io/v1", "RuntimeClass"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
)
OPERATORS = (
    *(("external-secrets.io/v1", kind) for kind in ("ExternalSecret", "SecretStore", "ClusterSecretStore")),
    *(("cert-manager.io/v1", kind) for kind in ("Certificate", "Issuer", "ClusterIssuer")),
    *(("gateway.networking.k8s.io/v1", kind) for kind in ("Gateway", "GatewayClass", "HTTPRoute")),
    ("argoproj.io/v1alpha1", "Rollout"),
    ("example.test/v1", "Database"),
)
OF_THE_CLUSTER = (
    *("IngressClass", "StorageClass", "PersistentVolume", "PriorityClass", "RuntimeClass", "GatewayClass"),
    *("ClusterSecretStore", "ClusterIssuer", "ClusterRole", "CustomResourceDefinition", "Namespace"),
)
Cluster = Mapping[tuple[str, str], Iterable[str] | None]


def manifests(text: str) -> tuple[Manifest, ...]:
    """Objects as a chart renders them."""
    return parse_manifests(text.encode(), "test")


def workload(spec: str, kind: str = "Deployment", name: str = "web", **metadata: Any) -> str:
    """A workload with the spec of its pods, written as YAML in one line."""
    pods = {"template": {"spec": yaml.safe_load(spec)}}
    inner = {"jobTemplate": {"spec": pods}} if kind == "CronJob" else pods
    version = {"Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1", "ReplicationController": "v1"}
    document = {
        "apiVersion": "argoproj.io/v1alpha1" if kind == "Rollout" else version.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": yaml.safe_load(spec) if kind == "Pod" else inner,
    }
    return "---\n# Source: app/templates/web.yaml\n" + yaml.safe_dump(document)


def thing(api_version: str, kind: str, name: str, rest: str = "{}", hook: str = "", **annotations: str) -> str:
    """Any object; ``rest`` is YAML of what it has beside its metadata."""
    named = {f"helm.sh/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"name": name, "annotations": {**({"helm.sh/hook": hook} if hook else {}), **named}}
    document = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **yaml.safe_load(rest)}
    return f"---\n# Source: app/templates/{kind.lower()}.yaml\n" + yaml.safe_dump(document)


def job(name: str, secret: str, hook: str, **annotations: str) -> str:
    """A Job that is a hook, and needs a Secret."""
    spec = f"containers: [{{name: main, envFrom: [{{secretRef: {{name: {secret}}}}}]}}]"
    pods = {"spec": {"template": {"spec": yaml.safe_load(spec)}}}
    return thing("batch/v1", "Job", name, yaml.safe_dump(pods), hook, **annotations)


def seen(there: Cluster | None = None, *, unseen: Iterable[str] = (), **more: Any) -> Inventory:
    """A cluster that serves what is usual; all of it was listed, but for the kinds that are unseen.

    Args:
        there: kind and name to the keys of what is there.
    """
    resources = tuple(
        Resource(version, kind, f"{kind.lower()}s", kind not in OF_THE_CLUSTER)
        for version, kind in (*SERVED, *OPERATORS)
    )
    groups = {kind: group_of(version) for version, kind in (*SERVED, *OPERATORS)}
    spaces = dict.fromkeys(OF_THE_CLUSTER, "")
    found = {
        Thing(groups[kind], kind, spaces.get(kind, NAMESPACE), name): Present(
            keys=None if keys is None else dict.fromkeys(keys, False)
        )
        for (kind, name), keys in (there or {}).items()
    }
    listed = {Place(group, kind, spaces.get(kind, NAMESPACE)) for kind, group in groups.items() if kind not in unseen}
    return Inventory(**{"resources": resources, "things": found, "listed": frozenset(listed), **more})


def having(thing: Thing, present: Present) -> Inventory:
    """A cluster that has this one thing."""
    return replace(seen(), things={thing: present})


def judged(
    text: str, inventory: Inventory | None = None, *, install: bool = True, **more: Any
) -> tuple[Stage6Error, ...]:
    """What a deploy of these objects would find missing, what it may do without last."""
    found = unmet(text, inventory, install=install, **more)
    return (*found.errors, *found.warnings)


def unmet(text: str, inventory: Inventory | None = None, *, install: bool = True, **more: Any) -> Unmet:
    """The same, apart."""
    rendered = manifests(text)
    needs, made = needs_of(rendered, NAMESPACE), made_by(rendered, NAMESPACE)
    values = more.pop("values", None)
    deploy = Deploy(install, more.pop("tests", False), more.pop("definitions", False))
    given = Circumstances(release=made, inventory=inventory or seen(), deploy=deploy, **more)
    return unmet_needs(needs, given, values)


def codes(text: str, inventory: Inventory | None = None, *, install: bool = True, **more: Any) -> list[str]:
    """The codes of that."""
    return [each.code for each in judged(text, inventory, install=install, **more)]


# What many tests need.
DB = Thing("", "Secret", NAMESPACE, "db")
SECRET = "containers: [{name: main, envFrom: [{secretRef: {name: db}}]}]"
KEY = "containers: [{name: main, env: [{name: URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]}]"
PULL = "{imagePullSecrets: [{name: db}], containers: []}"
CLAIM = thing("v1", "PersistentVolumeClaim", "p", "spec: {storageClassName: fast}")
EXTERNAL = "spec: {secretStoreRef: {name: aws}, data: [{secretKey: url}]}"
STORE: Cluster = {("SecretStore", "aws"): None}
