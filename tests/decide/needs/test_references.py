"""What each kind of object needs, and where it says so."""

import pytest

from jetscale_cicd.decide.needs.need import Need, Use
from jetscale_cicd.decide.needs.references import needs_of
from tests.decide.needs.release import NAMESPACE, manifests, thing, workload

ENV = "containers: [{name: main, env: [{name: URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]}]"
KINDS = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "Pod",
    "ReplicationController",
    "Rollout",
]


def needed(text: str) -> list[Need]:
    """Needs beside that of its own kind."""
    return [each for each in needs_of(manifests(text), NAMESPACE) if each.use is not Use.KIND]


def row(need: Need) -> tuple[str, str, str, str]:
    return need.thing.kind, need.thing.name, need.key, str(need.use)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_makes_pods_needs_what_they_need(kind: str) -> None:
    (need,) = needed(workload(ENV, kind))
    assert (row(need), need.container, need.detail) == (("Secret", "db", "url", "env"), "main", "URL")
    assert (need.user.kind, need.user.name, need.user.template) == (kind, "web", "app/templates/web.yaml")


PODS: dict[str, tuple[str, set[tuple[str, str, str, str]]]] = {
    "a key of a ConfigMap": (
        "containers: [{env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}]",
        {("ConfigMap", "c", "k", "env")},
    ),
    "all of both": (
        "containers: [{envFrom: [{secretRef: {name: s}}, {configMapRef: {name: c}}]}]",
        {("Secret", "s", "", "envFrom"), ("ConfigMap", "c", "", "envFrom")},
    ),
    "init, ephemeral and sidecar containers": (
        """{initContainers: [{envFrom: [{secretRef: {name: i}}]},
        {restartPolicy: Always, envFrom: [{secretRef: {name: s}}]}],
        ephemeralContainers: [{envFrom: [{secretRef: {name: e}}]}], containers: []}""",
        {("Secret", name, "", "envFrom") for name in "ise"},
    ),
    "a volume": (
        "{volumes: [{name: v, secret: {secretName: s}}], containers: [{volumeMounts: [{name: v}]}]}",
        {("Secret", "s", "", "volume")},
    ),
    "some keys of a volume": (
        """{volumes: [{name: v, configMap: {name: c, items: [{key: a}, {key: b}]}}],
        containers: [{volumeMounts: [{name: v}]}]}""",
        {("ConfigMap", "c", "a", "volume"), ("ConfigMap", "c", "b", "volume")},
    ),
    "a volume that no container mounts": (
        "{volumes: [{name: v, secret: {secretName: s}}], containers: [{name: main}]}",
        set(),
    ),
    "a projected volume": (
        """{volumes: [{name: v, projected: {sources: [{secret: {name: s, items: [{key: k}]}}, {configMap: {name: c}},
        {serviceAccountToken: {path: t}}]}}], containers: [{volumeMounts: [{name: v}]}]}""",
        {("Secret", "s", "k", "volume"), ("ConfigMap", "c", "", "volume")},
    ),
    "a claim, mounted or not": (
        "{volumes: [{name: v, persistentVolumeClaim: {claimName: p}}], containers: [{name: main}]}",
        {("PersistentVolumeClaim", "p", "", "volume")},
    ),
    "a storage class of a volume that lives with its pod": (
        "{volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: fast}}}}], containers: []}",
        {("StorageClass", "fast", "", "storageClassName")},
    ),
    "the login of a CSI driver": (
        "{volumes: [{name: v, csi: {nodePublishSecretRef: {name: s}}}], containers: [{volumeDevices: [{name: v}]}]}",
        {("Secret", "s", "", "volume")},
    ),
    "the key of a file share": (
        "{volumes: [{name: v, azureFile: {secretName: s}}], containers: [{volumeMounts: [{name: v}]}]}",
        {("Secret", "s", "", "volume")},
    ),
    "account, login, priority and runtime": (
        """{serviceAccountName: a, imagePullSecrets: [{name: p}], priorityClassName: h, runtimeClassName: r,
        containers: []}""",
        {
            ("ServiceAccount", "a", "", "serviceAccountName"),
            ("Secret", "p", "", "imagePullSecrets"),
            ("PriorityClass", "h", "", "priorityClassName"),
            ("RuntimeClass", "r", "", "runtimeClassName"),
        },
    ),
    "the old field of an account": (
        "{serviceAccount: a, containers: []}",
        {("ServiceAccount", "a", "", "serviceAccountName")},
    ),
    "what Kubernetes brings": (
        "{serviceAccountName: default, priorityClassName: system-node-critical, containers: []}",
        set(),
    ),
}


@pytest.mark.parametrize(("spec", "expected"), PODS.values(), ids=PODS)
def test_pods_need(spec: str, expected: set[tuple[str, str, str, str]]) -> None:
    assert {row(each) for each in needed(workload(spec))} == expected


OPTIONAL = [
    "containers: [{env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}]}]",
    "containers: [{envFrom: [{configMapRef: {name: c, optional: true}}]}]",
    "{volumes: [{name: v, secret: {secretName: s, optional: true}}], containers: [{volumeMounts: [{name: v}]}]}",
    """{volumes: [{name: v, projected: {sources: [{secret: {name: s, optional: true}}]}}],
    containers: [{volumeMounts: [{name: v}]}]}""",
]


@pytest.mark.parametrize("spec", OPTIONAL)
def test_what_is_optional_says_so(spec: str) -> None:
    (need,) = needed(workload(spec))
    assert need.optional


OBJECTS: dict[str, tuple[str, set[tuple[str, str, str, str]]]] = {
    "an Ingress": (
        thing("networking.k8s.io/v1", "Ingress", "i", "spec: {ingressClassName: nginx, tls: [{secretName: t}]}"),
        {
            ("IngressClass", "nginx", "", "ingressClassName"),
            ("Secret", "t", "tls.crt", "tls"),
            ("Secret", "t", "tls.key", "tls"),
        },
    ),
    "an Ingress of no class": (
        thing("networking.k8s.io/v1", "Ingress", "i"),
        {("IngressClass", "", "", "ingressClassName")},
    ),
    "a claim": (
        thing("v1", "PersistentVolumeClaim", "p", "spec: {storageClassName: fast}"),
        {("StorageClass", "fast", "", "storageClassName")},
    ),
    "a claim of the default class": (
        thing("v1", "PersistentVolumeClaim", "p"),
        {("StorageClass", "", "", "storageClassName")},
    ),
    "a claim for a volume that is there": (
        thing("v1", "PersistentVolumeClaim", "p", "spec: {storageClassName: '', volumeName: v}"),
        set(),
    ),
    "claims of a StatefulSet": (
        thing(
            "apps/v1",
            "StatefulSet",
            "db",
            "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]}",
        ),
        {("StorageClass", "fast", "", "storageClassName")},
    ),
    "an account": (
        thing("v1", "ServiceAccount", "a", "{imagePullSecrets: [{name: p}], secrets: [{name: s}]}"),
        {("Secret", "p", "", "imagePullSecrets")},
    ),
    "a token": (
        thing("v1", "Secret", "t", "type: kubernetes.io/service-account-token").replace(
            "annotations: {}", "annotations: {kubernetes.io/service-account.name: a}"
        ),
        {("ServiceAccount", "a", "", "kubernetes.io/service-account.name")},
    ),
    "a generator": (
        thing(
            "external-secrets.io/v1",
            "ExternalSecret",
            "e",
            "spec: {dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: g}}}]}",
        ),
        {("Password", "g", "", "generatorRef")},
    ),
    "devices": (
        workload("{containers: [], resourceClaims: [{name: gpu, resourceClaimTemplateName: t}]}"),
        {("ResourceClaimTemplate", "t", "", "volume")},
    ),
    "an ExternalSecret": (
        thing(
            "external-secrets.io/v1",
            "ExternalSecret",
            "e",
            """spec: {secretStoreRef: {name: aws},
            dataFrom: [{sourceRef: {storeRef: {kind: ClusterSecretStore, name: all}}}]}""",
        ),
        {("SecretStore", "aws", "", "secretStoreRef"), ("ClusterSecretStore", "all", "", "secretStoreRef")},
    ),
    "a Certificate": (
        thing("cert-manager.io/v1", "Certificate", "c", "spec: {issuerRef: {kind: ClusterIssuer, name: le}}"),
        {("ClusterIssuer", "le", "", "issuerRef")},
    ),
    "a Certificate of another issuer": (
        thing("cert-manager.io/v1", "Certificate", "c", "spec: {issuerRef: {group: awspca.cert-manager.io, name: le}}"),
        set(),
    ),
    "an autoscaler": (
        thing(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "h",
            "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}}",
        ),
        {("StatefulSet", "db", "", "scaleTargetRef")},
    ),
    "a binding": (
        thing("rbac.authorization.k8s.io/v1", "RoleBinding", "b", "roleRef: {kind: ClusterRole, name: view}"),
        {("ClusterRole", "view", "", "roleRef")},
    ),
    "a Gateway": (
        thing(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            "g",
            "spec: {gatewayClassName: eg, listeners: [{tls: {certificateRefs: [{name: t}]}}]}",
        ),
        {
            ("GatewayClass", "eg", "", "parentRefs"),
            ("Secret", "t", "tls.crt", "tls"),
            ("Secret", "t", "tls.key", "tls"),
        },
    ),
    "an HTTPRoute": (
        thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r", "spec: {parentRefs: [{name: g, namespace: infra}]}"),
        {("Gateway", "g", "", "parentRefs")},
    ),
    "a Secret": (thing("v1", "Secret", "s"), set()),
}


@pytest.mark.parametrize(("text", "expected"), OBJECTS.values(), ids=OBJECTS)
def test_objects_need(text: str, expected: set[tuple[str, str, str, str]]) -> None:
    assert {row(each) for each in needed(text)} == expected


def test_the_annotation_of_an_ingress_names_its_class() -> None:
    text = thing("networking.k8s.io/v1", "Ingress", "i").replace(
        "annotations: {}", "annotations: {kubernetes.io/ingress.class: alb, cert-manager.io/cluster-issuer: le}"
    )
    assert [row(each) for each in needed(text)] == [
        ("IngressClass", "alb", "", str(Use.LEGACY_CLASS)),
        ("ClusterIssuer", "le", "", "issuerRef"),
    ]


def test_a_thing_is_needed_where_its_user_is() -> None:
    text = workload(ENV, namespace="other") + workload(
        "{serviceAccountName: a, priorityClassName: p, containers: []}", name="two"
    )
    assert {(each.thing.kind, each.thing.namespace) for each in needed(text)} == {
        ("Secret", "other"),
        ("Namespace", ""),
        ("ServiceAccount", NAMESPACE),
        ("PriorityClass", ""),
    }


def test_every_object_needs_its_kind_to_be_served() -> None:
    (need,) = needs_of(manifests(thing("example.test/v1", "Database", "d")), NAMESPACE)
    assert (need.use, need.api_version, need.thing.kind) == (Use.KIND, "example.test/v1", "Database")


def test_a_hook_that_helm_skips_needs_nothing() -> None:
    assert needs_of(manifests(thing("v1", "Secret", "s", hook="crd-install")), NAMESPACE) == ()
