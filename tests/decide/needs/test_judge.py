"""Which needs are met when they have to be; one finding for each thing that is missing."""

from typing import Any

import pytest

from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Present, Resource
from jetscale_cicd.decide.needs.judge import removed_by, to_see, unserved_of_live, without_packaged, without_unserved
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing, Use
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.decide.needs.routes import Route
from jetscale_cicd.errors import PreconditionError
from tests.decide.needs.release import (
    CLAIM,
    DB,
    EXTERNAL,
    KEY,
    NAMESPACE,
    PULL,
    SECRET,
    STORE,
    Cluster,
    codes,
    having,
    job,
    judged,
    manifests,
    seen,
    thing,
    unmet,
    workload,
)

CSI = (
    "{containers: [{name: m, volumeMounts: [{name: v}]}], "
    "volumes: [{name: v, csi: {driver: DRIVER, volumeAttributes: {secretProviderClass: aws}}}]}"
)
INGRESS = thing("networking.k8s.io/v1", "Ingress", "i", "spec: {ingressClassName: alb}")

MISSING: dict[str, tuple[str, str]] = {
    "a Secret": (workload(SECRET), "NEEDED_SECRET_MISSING"),
    "the Secret of a key": (workload(KEY), "NEEDED_SECRET_MISSING"),
    "a ConfigMap": (workload(SECRET.replace("secretRef", "configMapRef")), "NEEDED_CONFIGMAP_MISSING"),
    "a login for a registry": (workload(PULL), "PULL_SECRET_MISSING"),
    "an account": (workload("{serviceAccountName: a, containers: []}"), "SERVICE_ACCOUNT_MISSING"),
    "a claim": (
        workload("{volumes: [{name: v, persistentVolumeClaim: {claimName: p}}], containers: []}"),
        "CLAIM_MISSING",
    ),
    "a priority": (workload("{priorityClassName: p, containers: []}"), "PRIORITY_CLASS_MISSING"),
    "a runtime": (workload("{runtimeClassName: p, containers: []}"), "RUNTIME_CLASS_MISSING"),
    "a class of Ingresses": (INGRESS, "INGRESS_CLASS_MISSING"),
    "a default class of Ingresses": (thing("networking.k8s.io/v1", "Ingress", "i"), "INGRESS_CLASS_MISSING"),
    "a class of storage": (CLAIM, "STORAGE_CLASS_MISSING"),
    "a default class of storage": (thing("v1", "PersistentVolumeClaim", "p"), "STORAGE_CLASS_MISSING"),
    "a store": (thing("external-secrets.io/v1", "ExternalSecret", "e", EXTERNAL), "SECRET_STORE_MISSING"),
    "an issuer": (thing("cert-manager.io/v1", "Certificate", "c", "spec: {issuerRef: {name: i}}"), "ISSUER_MISSING"),
    "a role": (
        thing("rbac.authorization.k8s.io/v1", "RoleBinding", "b", "roleRef: {kind: Role, name: r}"),
        "ROLE_MISSING",
    ),
    "a gateway": (
        thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r", "spec: {parentRefs: [{name: g}]}"),
        "GATEWAY_MISSING",
    ),
    "a driver of volumes": (workload(CSI.replace("DRIVER", "csi.test")), "REFERENCE_MISSING"),
    "what is scaled": (
        thing(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "h",
            "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}",
        ),
        "REFERENCE_MISSING",
    ),
    "a kind": (thing("example.test/v1", "Unheard", "d"), "KIND_NOT_SERVED"),
    "a version of a kind": (thing("batch/v1beta1", "CronJob", "c"), "KIND_NOT_SERVED"),
}


@pytest.mark.parametrize(("text", "code"), MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_one_finding_that_names_it(text: str, code: str) -> None:
    (found,) = judged(text)
    assert (found.code, type(found)) == (code, PreconditionError)
    assert found.hint
    assert found.where.startswith("app/templates/")
    assert found.details


PRESENT: dict[str, tuple[str, Cluster]] = {
    "a Secret": (workload(SECRET), {("Secret", "db"): ()}),
    "a key": (workload(KEY), {("Secret", "db"): ("url",)}),
    "an account": (workload("{serviceAccountName: a, containers: []}"), {("ServiceAccount", "a"): None}),
    "a class of Ingresses": (INGRESS, {("IngressClass", "alb"): None}),
    "a class of storage": (CLAIM, {("StorageClass", "fast"): None}),
    "a claim that has its storage already": (CLAIM, {("PersistentVolumeClaim", "p"): None}),
    "a claim of a StatefulSet that has its storage already": (
        thing(
            "apps/v1",
            "StatefulSet",
            "db",
            "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]}",
        ),
        {("PersistentVolumeClaim", "data-db-0"): None},
    ),
    "a default class": (thing("networking.k8s.io/v1", "Ingress", "i"), {("IngressClass", ""): None}),
    "what Kubernetes makes": (
        workload(
            "{volumes: [{name: v, configMap: {name: kube-root-ca.crt, items: [{key: ca.crt}]}}],"
            " containers: [{volumeMounts: [{name: v}]}]}"
        ),
        {},
    ),
}


@pytest.mark.parametrize(("text", "there"), PRESENT.values(), ids=PRESENT)
@pytest.mark.parametrize("install", [True, False])
def test_what_is_there_is_no_finding(text: str, there: Cluster, install: bool) -> None:
    assert codes(text, seen(there), install=install) == []


OWN: dict[str, str] = {
    "a Secret": workload(SECRET) + thing("v1", "Secret", "db"),
    "a key in clear": workload(KEY) + thing("v1", "Secret", "db", "stringData: {url: x}"),
    "a key": workload(KEY) + thing("v1", "Secret", "db", "data: {url: eA==}"),
    "a token": workload(KEY) + thing("v1", "Secret", "db", "type: kubernetes.io/service-account-token"),
    "what a sealed one becomes": workload(KEY)
    + thing("bitnami.com/v1alpha1", "SealedSecret", "db", "spec: {encryptedData: {url: x}}"),
    "a login": workload(PULL) + thing("v1", "Secret", "db", "type: kubernetes.io/dockerconfigjson"),
    "a binary key of a ConfigMap": workload(KEY.replace("secretKeyRef", "configMapKeyRef"))
    + thing("v1", "ConfigMap", "db", "binaryData: {url: eA==}"),
    "a Secret of another namespace's workload": workload(SECRET, namespace="other")
    + thing("v1", "Secret", "db").replace("name: db", "name: db\n  namespace: other"),
    "a certificate": thing(
        "networking.k8s.io/v1", "Ingress", "i", "spec: {ingressClassName: alb, tls: [{secretName: t}]}"
    )
    + thing("cert-manager.io/v1", "Certificate", "c", "spec: {secretName: t, issuerRef: {name: i}}")
    + thing("cert-manager.io/v1", "Issuer", "i"),
    "a claim of a StatefulSet": workload(
        "{volumes: [{name: v, persistentVolumeClaim: {claimName: data-db-1}}], containers: []}"
    )
    + thing(
        "apps/v1",
        "StatefulSet",
        "db",
        "spec: {replicas: 2, volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: ''}}]}",
    ),
    "a claim of a StatefulSet that counts from another number": workload(
        "{volumes: [{name: v, persistentVolumeClaim: {claimName: data-db-5}}], containers: []}"
    )
    + thing(
        "apps/v1",
        "StatefulSet",
        "db",
        "spec: {ordinals: {start: 5}, volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: ''}}]}",
    ),
    "a volume without a class": thing("v1", "PersistentVolume", "v", "spec: {}")
    + thing("v1", "PersistentVolumeClaim", "p"),
    "the class of a volume of people": thing("v1", "PersistentVolume", "v", "spec: {storageClassName: fast}") + CLAIM,
}
SERVED_TOO: Cluster = {("IngressClass", "alb"): None, ("Namespace", "other"): None}


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_what_the_release_makes_is_no_finding(text: str) -> None:
    found = codes(text, seen(SERVED_TOO))
    assert [code for code in found if code != "KIND_NOT_SERVED"] == []


EXTERNALS: dict[str, tuple[str, list[str]]] = {
    "its own name": (EXTERNAL, []),
    "another name": (
        EXTERNAL.replace("{secretStoreRef", "{target: {name: other}, secretStoreRef"),
        ["NEEDED_SECRET_MISSING"],
    ),
    "no Secret at all": (
        EXTERNAL.replace("{secretStoreRef", "{target: {creationPolicy: None}, secretStoreRef"),
        ["NEEDED_SECRET_MISSING"],
    ),
    "another key": (EXTERNAL.replace("url", "uri"), ["NEEDED_SECRET_KEY_MISSING"]),
    "keys that nobody knows": (EXTERNAL.replace("data: [{secretKey: url}]", "dataFrom: [{extract: {key: a}}]"), []),
    "a template in place of its keys": (
        EXTERNAL.replace("{secretStoreRef", "{target: {template: {data: {dsn: x}}}, secretStoreRef"),
        ["NEEDED_SECRET_KEY_MISSING"],
    ),
    "a template beside its keys": (
        EXTERNAL.replace(
            "{secretStoreRef", "{target: {template: {mergePolicy: Merge, data: {dsn: x}}}, secretStoreRef"
        ),
        [],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), EXTERNALS.values(), ids=EXTERNALS)
def test_an_external_secret_makes(spec: str, expected: list[str]) -> None:
    assert codes(workload(KEY) + thing("external-secrets.io/v1", "ExternalSecret", "db", spec), seen(STORE)) == expected


CRD = "spec: {group: new.test, names: {kind: Thing}, versions: [{name: v1}, {name: v0, served: false}]}"
OF_CRD = thing("new.test/v1", "Thing", "t")
DEFINED = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.new.test", CRD)
IN_CRDS = DEFINED.replace("app/templates/", "app/charts/sub/crds/")
KINDS: dict[str, tuple[str, bool, list[str]]] = {
    "crds/ of an install": (IN_CRDS + OF_CRD, True, []),
    "crds/ of an upgrade": (IN_CRDS + OF_CRD, False, ["KIND_NOT_SERVED"]),
    "a template, for an object": (DEFINED + OF_CRD, True, ["KIND_NOT_SERVED"]),
    "a template, for a hook after": (DEFINED + thing("new.test/v1", "Thing", "t", hook="post-install"), True, []),
    "a hook before, for an object": (
        DEFINED.replace("annotations: {}", "annotations: {helm.sh/hook: pre-install}") + OF_CRD,
        True,
        ["KIND_NOT_SERVED"],
    ),
    "a version that is not served": (IN_CRDS + thing("new.test/v0", "Thing", "t"), True, ["KIND_NOT_SERVED"]),
}


@pytest.mark.parametrize(("text", "install", "expected"), KINDS.values(), ids=KINDS)
def test_a_kind_comes_from(text: str, install: bool, expected: list[str]) -> None:
    assert codes(text, install=install) == expected


def test_a_run_that_applies_crds_brings_their_kinds_in_an_upgrade_too() -> None:
    assert codes(IN_CRDS + OF_CRD, install=False, definitions=True) == []
    other = IN_CRDS.replace("CustomResourceDefinition", "ConfigMap") + OF_CRD
    assert codes(other, install=False, definitions=True) == ["KIND_NOT_SERVED"]


def test_of_a_kind_that_crds_brings_another_check_says_whether_it_is_there() -> None:
    rendered = manifests(IN_CRDS + OF_CRD + thing("other.test/v1", "Other", "o"))
    left = without_packaged(needs_of(rendered, NAMESPACE), made_by(rendered, NAMESPACE))
    assert [each.thing.kind for each in left if each.use is Use.KIND and each.api_version == "new.test/v1"] == []
    assert "Other" in [each.thing.kind for each in left]


def test_a_version_that_was_removed_is_told_with_the_one_that_is_served() -> None:
    (found,) = judged(thing("batch/v1beta1", "CronJob", "one") + thing("batch/v1beta1", "CronJob", "two"))
    assert "batch/v1, and not" in found.message
    assert {line.partition(":")[0] for line in found.details} >= {"CronJob one", "CronJob two"}


def test_a_secret_of_three_workloads_is_one_finding_that_names_them() -> None:
    text = "".join(workload(SECRET, name=name) for name in ("one", "two", "three"))
    (found,) = judged(text, values={"a.yaml": b"x: 1\n", "b.yaml": b"a:\n  - name: db\n"})
    assert [line for line in found.details if "envFrom" in line] == [
        f"Deployment {name}, container main: envFrom" for name in ("one", "two", "three")
    ]
    assert found.where == "app/templates/web.yaml, b.yaml:2"
    assert found.hint == "kubectl create secret generic db --namespace shop --from-env-file=FILE"


def test_keys_that_are_missing_are_named_with_what_is_close() -> None:
    keys = ", ".join(
        f"{{name: {key}, valueFrom: {{secretKeyRef: {{name: db, key: {key}}}}}}}" for key in ("DB_URL", "user")
    )
    (found,) = judged(
        workload(f"containers: [{{name: main, env: [{keys}]}}]"), seen({("Secret", "db"): ("db-url", "port")})
    )
    assert found.code == "NEEDED_SECRET_KEY_MISSING"
    assert "DB_URL, user" in found.message
    assert any("db-url" in line for line in found.details)
    assert found.hint.count("kubectl patch secret db --namespace shop") == 1


def test_a_secret_of_a_similar_name_is_told() -> None:
    (found,) = judged(workload(SECRET.replace("db", "shop-db")), seen({("Secret", "shop_db"): (), ("Secret", "x"): ()}))
    assert any("shop_db" in line for line in found.details)


def test_a_key_is_added_to_what_makes_it() -> None:
    made = thing("v1", "Secret", "db", "data: {uri: ''}")
    (found,) = judged(workload(KEY) + made)
    assert "Secret db (app/templates/secret.yaml)" in found.hint
    owned = {Thing("", "Secret", NAMESPACE, "db"): Present(keys={"uri": False}, controller="ExternalSecret db")}
    (found,) = judged(workload(KEY), seen(things=owned))
    assert "ExternalSecret db" in found.hint


@pytest.mark.parametrize(
    ("kind", "expected"), [("Opaque", ["PULL_SECRET_TYPE"]), ("kubernetes.io/dockercfg", []), ("", [])]
)
def test_a_login_has_the_type_of_one(kind: str, expected: list[str]) -> None:
    there = {Thing("", "Secret", NAMESPACE, "db"): Present(keys={}, type=kind)}
    assert codes(workload(PULL), seen(things=there)) == expected


def test_an_own_secret_that_is_no_login() -> None:
    assert codes(workload(PULL) + thing("v1", "Secret", "db")) == ["PULL_SECRET_TYPE"]


def test_a_class_that_a_controller_answers_needs_no_object() -> None:
    legacy = INGRESS.replace("annotations: {}", "annotations: {kubernetes.io/ingress.class: alb}")
    other = Route(Thing("networking.k8s.io", "Ingress", "x", "y"), "h", "", "alb")
    assert codes(legacy, seen(routes=(other,))) == ["INGRESS_CLASS_MISSING"]
    assert codes(legacy, seen(routes=(other._replace(answered=True),))) == []


@pytest.mark.parametrize(
    ("hook", "arguments", "expected"),
    [
        ("pre-install", "[create, --secret-name=db]", []),
        ("pre-install", "[create, --secret-name=other]", ["NEEDED_SECRET_MISSING"]),
        ("pre-install", "[patch, --secret-name=db]", ["NEEDED_SECRET_MISSING"]),
        ("pre-upgrade", "[create, --secret-name=db]", ["NEEDED_SECRET_MISSING"]),
        ("post-install", "[create, --secret-name=db]", ["WAITS_FOR_HOOK"]),
    ],
)
@pytest.mark.parametrize("policy", ["before-hook-creation", "before-hook-creation,hook-succeeded"])
def test_a_certificate_that_a_hook_makes_outlives_it(
    hook: str, arguments: str, expected: list[str], policy: str
) -> None:
    pods = f"spec: {{template: {{spec: {{containers: [{{name: create, args: {arguments}}}]}}}}}}"
    job_of_hook = thing("batch/v1", "Job", "certificate", pods, hook, hook_delete_policy=policy)
    assert codes(job_of_hook + workload(SECRET)) == expected


@pytest.mark.parametrize(
    ("class_name", "on_gke"),
    [
        ("annotations: {kubernetes.io/ingress.class: gce}", []),
        ("annotations: {kubernetes.io/ingress.class: gce-internal}", []),
        ("annotations: {kubernetes.io/ingress.class: alb}", ["INGRESS_CLASS_MISSING"]),
        ("annotations: {}", []),
    ],
)
def test_the_controller_of_gke_has_no_class(class_name: str, on_gke: list[str]) -> None:
    text = thing("networking.k8s.io/v1", "Ingress", "i").replace("annotations: {}", class_name)
    gke = Resource("networking.gke.io/v1beta1", "FrontendConfig", "frontendconfigs", namespaced=True)
    assert codes(text, seen(resources=(*(seen().resources or ()), gke))) == on_gke
    assert codes(text) == ["INGRESS_CLASS_MISSING"]


def test_the_controller_of_gke_does_not_read_the_field() -> None:
    gke = Resource("networking.gke.io/v1beta1", "FrontendConfig", "frontendconfigs", namespaced=True)
    text = INGRESS.replace("alb", "gce")
    assert codes(text, seen(resources=(*(seen().resources or ()), gke))) == ["INGRESS_CLASS_MISSING"]


def test_an_operator_may_make_what_is_named_after_its_object() -> None:
    database = thing("example.test/v1", "Database", "orders")
    needs = workload(SECRET.replace("db", "orders-login"))
    assert codes(needs + database) == ["NEEDED_MAYBE_MADE"]
    assert codes(needs.replace("orders-login", "payments") + database) == ["NEEDED_SECRET_MISSING"]
    assert codes(needs + database, seen({("Secret", "orders-login"): ()})) == []


def test_what_an_upgrade_removes_is_no_more_there() -> None:
    live, new = thing("v1", "Secret", "db"), workload(SECRET)
    there: dict[str, Any] = {"inventory": seen({("Secret", "db"): ()}), "install": False}
    leaving = removed_by(manifests(live), manifests(new), NAMESPACE)
    assert codes(new, leaving=leaving, **there) == ["UPGRADE_REMOVES_NEEDED"]
    kept = having(DB, Present(kept=True))
    assert codes(new, kept, install=False, leaving=leaving) == []  # helm asks the object, and not its manifest
    assert codes(new + live, leaving=removed_by(manifests(live), manifests(new + live), NAMESPACE), **there) == []


def test_what_is_being_deleted_is_not_there_whatever_keys_it_has() -> None:
    (found,) = judged(workload(KEY), having(DB, Present(leaving=True, keys={"url": False})))
    assert found.code == "NEEDED_SECRET_MISSING"
    assert "kubectl patch" not in found.hint


PODS = f"template: {{spec: {{{SECRET}}}}}"
IDLE = {
    "no replicas": thing("apps/v1", "Deployment", "web", f"spec: {{replicas: 0, {PODS}}}"),
    "a schedule that is suspended": thing(
        "batch/v1", "CronJob", "c", f"spec: {{suspend: true, jobTemplate: {{spec: {{{PODS}}}}}}}"
    ),
    "a job that is suspended": thing("batch/v1", "Job", "j", f"spec: {{suspend: true, {PODS}}}"),
}


@pytest.mark.parametrize("text", IDLE.values(), ids=IDLE)
def test_what_makes_no_pods_now_does_not_stop_a_deploy_for_what_they_need(text: str) -> None:
    found = unmet(text)
    assert ([each.code for each in found.errors], [each.code for each in found.warnings]) == (
        [],
        ["NEEDED_SECRET_MISSING"],
    )


def test_what_others_need_too_stops_it() -> None:
    assert [each.code for each in unmet(IDLE["no replicas"] + workload(SECRET)).errors] == ["NEEDED_SECRET_MISSING"]


def test_what_the_run_makes_before_is_there() -> None:
    login = frozenset({Thing("", "Secret", NAMESPACE, "db")})
    assert codes(workload(PULL), provided=login) == []


def test_a_claim_that_may_not_be_seen_is_unseen_and_its_class_not_missing() -> None:
    (found,) = judged(CLAIM, seen(unseen=("PersistentVolumeClaim",)))
    assert found.code == "NEED_UNSEEN"
    assert "PersistentVolumeClaim p" in found.message


def test_in_a_new_namespace_the_remedy_begins_with_it() -> None:
    (found,) = judged(workload(SECRET), seen(new_namespaces=frozenset({NAMESPACE})))
    assert found.hint.startswith("kubectl create namespace shop && kubectl create secret")


def test_what_is_being_deleted_is_no_more_there() -> None:
    there = {Thing("", "Secret", NAMESPACE, "db"): Present(keys={}, leaving=True)}
    assert codes(workload(SECRET), seen(things=there)) == ["NEEDED_SECRET_MISSING"]


def test_the_cluster_is_asked_for_what_the_release_does_not_make_in_time() -> None:
    text = (
        workload(SECRET + "\nserviceAccountName: web\npriorityClassName: high")
        + thing("v1", "ServiceAccount", "web")
        + job("migrate", "late", "pre-install")
        + thing("v1", "Secret", "late")
        + job("other", "never", "pre-upgrade")
        + CLAIM
    )
    rendered = manifests(text)
    asked = to_see(needs_of(rendered, NAMESPACE), made_by(rendered, NAMESPACE), Deploy(install=True))
    assert {(each.kind, each.name) for each in asked} == {
        ("Secret", "db"),
        ("Secret", "late"),
        ("PriorityClass", "high"),
        ("StorageClass", "fast"),
        ("PersistentVolumeClaim", "p"),
    }


def test_a_name_cannot_leave_its_command() -> None:
    (found,) = judged(workload(SECRET.replace("name: db", "name: 'a; rm -rf $HOME'")))
    assert "'a; rm -rf $HOME'" in found.hint


def test_a_secrets_store_needs_its_driver_and_its_class() -> None:
    text = workload(CSI.replace("DRIVER", "secrets-store.csi.k8s.io"))
    found = {each.message.partition(" in ")[0] for each in judged(text)}
    assert found == {"there is no CSIDriver secrets-store.csi.k8s.io", "there is no SecretProviderClass aws"}


def test_an_object_of_another_namespace_needs_that() -> None:
    text = thing("v1", "ConfigMap", "c").replace("name: c", "name: c\n  namespace: gone")
    assert codes(text) == ["OBJECT_NAMESPACE_MISSING"]
    assert codes(text + thing("v1", "Namespace", "gone")) == []
    assert codes(text + thing("v1", "Namespace", "gone", hook="pre-install")) == []
    assert codes(text + thing("v1", "Namespace", "gone", hook="post-install")) == ["WAITS_FOR_HOOK"]


@pytest.mark.parametrize(("weight", "expected"), [("-1", []), ("1", ["HOOK_DEADLOCK"])])
def test_a_hook_of_another_namespace_needs_it_when_it_is_made(weight: str, expected: list[str]) -> None:
    text = thing("v1", "ConfigMap", "c", hook="pre-install").replace("name: c", "name: c\n  namespace: gone")
    assert codes(text + thing("v1", "Namespace", "gone", hook="pre-install", hook_weight=weight)) == expected


def test_an_external_secret_that_only_adds_keys_makes_no_secret() -> None:
    merged = thing(
        "external-secrets.io/v1", "ExternalSecret", "db", f"{EXTERNAL[:-1]}, target: {{creationPolicy: Merge}}}}"
    )
    assert codes(workload(KEY) + merged, seen(STORE)) == ["NEEDED_SECRET_MISSING"]
    assert codes(workload(KEY) + merged, seen({**STORE, ("Secret", "db"): ["other"]})) == []


def test_what_is_copied_to_every_namespace_comes_to_that_of_the_release() -> None:
    spec = "spec: {externalSecretName: db, externalSecretSpec: {data: [{secretKey: url}]}}"
    copied = thing("external-secrets.io/v1", "ClusterExternalSecret", "all", spec)
    assert [code for code in codes(workload(KEY) + copied) if code != "KIND_NOT_SERVED"] == []


def test_a_stateful_set_that_grows_needs_its_class_again() -> None:
    spec = (
        "spec: {replicas: 2, template: {spec: {containers: []}}, "
        "volumeClaimTemplates: [{metadata: {name: d}, spec: {storageClassName: fast}}]}"
    )
    text = thing("apps/v1", "StatefulSet", "db", spec)
    assert codes(text, seen({("PersistentVolumeClaim", "d-db-0"): None})) == ["STORAGE_CLASS_MISSING"]
    assert codes(text, seen({("PersistentVolumeClaim", f"d-db-{number}"): None for number in range(2)})) == []


def test_a_kind_of_the_live_revision_that_is_no_longer_served_keeps_helm_from_upgrading() -> None:
    live = manifests(thing("batch/v1beta1", "CronJob", "c") + thing("v1", "ConfigMap", "c"))
    assert [each.code for each in unserved_of_live(live, seen(), "shop/app")] == ["LIVE_KIND_NOT_SERVED"]
    assert unserved_of_live(manifests(thing("batch/v1", "CronJob", "c")), seen(), "shop/app") == ()


def test_an_object_of_a_kind_that_comes_with_the_release_is_tried_and_one_of_no_kind_is_not() -> None:
    here, defined = manifests(OF_CRD), manifests(OF_CRD + DEFINED)
    assert without_unserved(here, made_by(here, NAMESPACE), seen()) == ()
    assert without_unserved(defined, made_by(defined, NAMESPACE), seen()) == defined
