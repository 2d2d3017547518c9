"""What an API server would refuse of a deploy, told before it is made, by the rules of a real one."""

import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import replace
from jetscale_cicd.observe.cluster.dry_run import PolicyReview, check_policy
from jetscale_cicd.tools.kubernetes import Kubernetes
from tests.cluster.test_rights import counted
from tests.support.accounts import Account, connected, rule
from tests.support.api_proxy import front
from tests.support.control_plane import Cluster

_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_MERGE = "application/merge-patch+json"
SOURCE = "# Source: app/templates/web.yaml\n"
SECURE = (
    "{allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, "
    "seccompProfile: {type: RuntimeDefault}}"
)


def deployment(name: str = "web", more: str = "", **container: str) -> str:
    keys = "".join(f", {key}: {value}" for key, value in container.items())
    return (
        f"{SOURCE}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n"
        f"  selector: {{matchLabels: {{app: {name}}}}}\n{more}"
        f"  template:\n    metadata: {{labels: {{app: {name}}}}}\n"
        f"    spec: {{containers: [{{name: main, image: x{keys}}}]}}\n"
    )


def job(image: str = "x", **annotations: str) -> str:
    around = "".join(f"helm.sh/{key}: {value}, " for key, value in annotations.items())
    return (
        f"{SOURCE}apiVersion: batch/v1\nkind: Job\nmetadata: {{name: once, annotations: {{{around}}}}}\n"
        f"spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: {image}}}]}}}}}}\n"
    )


def config(name: str = "c", more: str = "") -> str:
    return f"{SOURCE}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n{more}"


def parsed(*documents: str) -> tuple[Manifest, ...]:
    return parse_manifests("".join(f"---\n{each}" for each in documents).encode(), "test")


@pytest.fixture(scope="module")
def api(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with connected(cluster.kubeconfig, tmp_path_factory.mktemp("api")) as opened:
        yield opened


def scope(namespace: str, *, installs: bool = False) -> DeployScope:
    return DeployScope(namespace=namespace, release="app", installs=installs)


def codes(found: PolicyReview) -> list[str]:
    return [error.code for error in found.refused]


def make(cluster: Cluster, namespace: str, document: str, manager: str = "") -> None:
    """Put an object there, as an earlier deploy did; ``manager`` is who owns its fields then."""
    (manifest,) = parsed(document)
    group, _, version = manifest.api_version.rpartition("/")
    base = f"/apis/{group}/{version}" if group else f"/api/{version}"
    path = f"{base}/namespaces/{namespace}/{manifest.kind.lower()}s"
    cluster.ask(f"{path}?fieldManager={manager}" if manager else path, "POST", manifest.document)


def until(check: Callable[[], bool]) -> None:
    """Wait until a rule of the cluster has reached the API server's caches."""
    deadline = time.monotonic() + 15
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# What is right


def test_what_the_cluster_takes_is_no_finding_and_nothing_is_kept(
    cluster: Cluster, namespace: str, api: Kubernetes
) -> None:
    objects = parsed(deployment(), config(), job(hook="pre-upgrade"))
    assert check_policy(api, scope(namespace), objects) == PolicyReview()
    for kind in ("apps/v1:deployments", "batch/v1:jobs"):
        version, _, plural = kind.partition(":")
        assert cluster.ask(f"/apis/{version}/namespaces/{namespace}/{plural}")["items"] == []
    assert cluster.ask(f"/api/v1/namespaces/{namespace}/pods")["items"] == []


def test_nothing_is_asked_of_what_is_unchanged_and_calls_grow_with_what_changes_alone(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    many = [config(f"c-{number}") for number in range(60)]
    with front(cluster, tmp_path / "front") as before, connected(before.cluster.kubeconfig, tmp_path) as api:
        counts: list[int] = []
        for wanted in (many, [*many, config("new")], [*many, deployment()]):
            calls = counted(before)
            check_policy(api, scope(namespace), parsed(*wanted), parsed(*many))
            counts.append(sum((+calls).values()))
    # A ConfigMap and the list of its kinds; a Deployment and its pod besides.
    assert counts == [0, 2, 3]


# What is not

INVALID = {
    "unknown field": (deployment(more="  replica: 2\n"), "POLICY_INVALID", "kubectl explain deployment.spec"),
    "unknown field of a container": (
        deployment(imag="x"),
        "POLICY_INVALID",
        "kubectl explain deployment.spec.template.spec.containers",
    ),
    "wrong type": (deployment(more="  replicas: two\n"), "POLICY_INVALID", "kubectl explain deployment.spec.replicas"),
    "wrong value": (deployment(more="  replicas: -1\n"), "POLICY_INVALID", "kubectl explain deployment.spec.replicas"),
    "twice in a list": (deployment(env="[{name: A}, {name: A}]"), "POLICY_INVALID", "kubectl explain deployment"),
    "bad name": (deployment("we_b"), "POLICY_INVALID", "kubectl explain deployment.metadata.name"),
    "bad hook": (job(hook="pre-upgrade").replace("Never", "Sometimes"), "POLICY_INVALID", "kubectl explain job"),
    "unknown field of a hook": (
        job(
            hook="pre-upgrade",
        )
        + "oops: 1\n",
        "POLICY_INVALID",
        "kubectl explain job",
    ),
    "removed version": (
        f"{SOURCE}apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\n",
        "KIND_REMOVED",
        "app/templates/web.yaml",
    ),
    "unknown kind": (
        f"{SOURCE}apiVersion: nothing.test/v1\nkind: Thing\nmetadata: {{name: b}}\n",
        "KIND_REMOVED",
        "app/templates/web.yaml",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_what_is_invalid_is_told_with_its_template_and_its_field(namespace: str, api: Kubernetes, case: str) -> None:
    document, code, hint = INVALID[case]
    began = time.monotonic()
    (error,) = check_policy(api, scope(namespace), parsed(document, config())).refused
    assert (error.code, error.where) == (code, "app/templates/web.yaml")
    assert hint in error.hint
    assert time.monotonic() - began < 3  # a refusal that no repetition mends is not repeated


def test_a_version_that_was_removed_is_told_with_those_that_are_there(namespace: str, api: Kubernetes) -> None:
    (error,) = check_policy(api, scope(namespace), parsed(INVALID["removed version"][0])).refused
    assert "of policy it has v1" in error.message


IMMUTABLE = {
    "selector": (deployment(), deployment().replace("app: web}", "app: web, more: x}")),
    "template of a Job": (job(), job("other")),
    "immutable ConfigMap": (
        config(more="immutable: true\ndata: {a: b}\n"),
        config(more="immutable: true\ndata: {a: c}\n"),
    ),
    "address of a Service": tuple(
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{clusterIP: {ip}, ports: [{{port: 80}}]}}\n"
        for ip in ('""', "None")
    ),
}


@pytest.mark.parametrize("case", IMMUTABLE)
def test_what_cannot_be_changed_is_told_with_a_remedy(
    cluster: Cluster, namespace: str, api: Kubernetes, case: str
) -> None:
    before, after = IMMUTABLE[case]
    make(cluster, namespace, before)
    (error,) = check_policy(api, scope(namespace), parsed(after), parsed(before)).refused
    assert error.code == "FIELD_IMMUTABLE"
    assert f"--namespace {namespace}" in error.hint


def test_a_hook_of_an_earlier_deploy_is_deleted_before_and_so_never_immutable(
    cluster: Cluster, namespace: str, api: Kubernetes
) -> None:
    make(cluster, namespace, job(hook="pre-upgrade"))
    assert check_policy(api, scope(namespace), parsed(job("other", hook="pre-upgrade"))) == PolicyReview()


def test_a_hook_that_is_there_is_tried_under_a_name_that_its_kind_takes(
    cluster: Cluster, namespace: str, api: Kubernetes
) -> None:
    hook = job(hook="pre-upgrade").replace("kind: Job", "kind: CronJob").replace("name: once", f"name: {'c' * 52}")
    hook = hook.replace("spec: {", "spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {", 1).rstrip() + "}}\n"
    make(cluster, namespace, hook)
    assert check_policy(api, scope(namespace), parsed(hook)) == PolicyReview()


def test_a_refusal_does_not_repeat_the_value_of_a_variable(cluster: Cluster, namespace: str, api: Kubernetes) -> None:
    before, after = (
        job().replace("image: x", f"image: x, env: [{{name: URL, value: {value}}}]")
        for value in ("old", "https://user:canary-word@host")
    )
    make(cluster, namespace, before)
    (error,) = check_policy(api, scope(namespace), parsed(after), parsed(before)).refused
    assert (error.code, "canary" in error.message) == ("FIELD_IMMUTABLE", False)


# What an apply would be refused for, and a deploy is not


MOUNTED = "image: x, volumeMounts: [{name: v, mountPath: /v}]"
MERGED = {
    "a variable from a value to a source": (
        deployment(env="[{name: A, value: a}]"),
        deployment(env="[{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"),
    ),
    "another probe": (
        deployment(livenessProbe="{httpGet: {port: 80}}"),
        deployment(livenessProbe="{tcpSocket: {port: 80}}"),
    ),
    "another kind of volume": tuple(
        deployment().replace("image: x}]}", f"{MOUNTED}}}], volumes: [{{name: v, {kind}}}]}}")
        for kind in ("emptyDir: {}", "hostPath: {path: /v}")
    ),
    "another port of a Service": tuple(
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: [{{name: http, port: {port}}}]}}\n"
        for port in (80, 81)
    ),
}


@pytest.mark.parametrize("applies", [True, False], ids=["helm 4", "helm 3"])
@pytest.mark.parametrize("case", MERGED)
def test_what_helm_3_deployed_is_tried_as_a_client_merges_it(
    cluster: Cluster, namespace: str, api: Kubernetes, case: str, applies: bool
) -> None:
    before, after = MERGED[case]
    make(cluster, namespace, before, "helm")
    of_helm = replace(scope(namespace), applies=applies)
    assert check_policy(api, of_helm, parsed(after), parsed(before)) == PolicyReview()
    wrong = after.replace("name: v,", "name: no_v,").replace("port: 8", "port: -8").replace("name: A,", "name: '=',")
    found = check_policy(api, of_helm, parsed(wrong), parsed(before))
    assert codes(found) == ["POLICY_INVALID"]


@pytest.mark.parametrize("applies", [True, False], ids=["helm 4", "helm 3"])
def test_a_field_that_is_none_is_refused_whatever_helm_does_with_it(
    namespace: str, api: Kubernetes, applies: bool
) -> None:
    """helm 3 deploys it without the field, and only warns; the commit says otherwise."""
    found = check_policy(api, replace(scope(namespace), applies=applies), parsed(deployment(imag="x")))
    assert codes(found) == ["POLICY_INVALID"]
    assert "imag" in found.refused[0].message


def test_what_helm_3_deploys_with_a_warning_is_a_note(namespace: str, api: Kubernetes) -> None:
    wanted = parsed(deployment(env="[{name: A, value: a}, {name: A, value: b}]"))
    assert codes(check_policy(api, scope(namespace), wanted)) == ["POLICY_INVALID"]
    found = check_policy(api, replace(scope(namespace), applies=False), wanted)
    assert found.refused == ()
    assert "the cluster warns of Deployment web" in found.notes[0]


# The cluster's rules


@pytest.fixture
def quota(cluster: Cluster, namespace: str, api: Kubernetes) -> str:
    """No pod more, and no ConfigMap."""
    hard = {"pods": "0", "count/configmaps": "0"}
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    cluster.ask(path, "POST", {"metadata": {"name": "tight"}, "spec": {"hard": hard}})
    until(lambda: "hard" in cluster.ask(f"{path}/tight").get("status", {}))
    until(lambda: codes(check_policy(api, scope(namespace), parsed(config()))) == ["QUOTA_EXCEEDED"])
    return namespace


def test_a_quota_is_told_of_objects_and_of_the_pods_that_a_workload_would_make(quota: str, api: Kubernetes) -> None:
    found = check_policy(api, scope(quota), parsed(config(), deployment()))
    assert codes(found) == ["QUOTA_EXCEEDED"] * 2
    assert "a pod of Deployment web" in found.refused[1].message
    assert f"kubectl describe resourcequota tight --namespace {quota}" in found.refused[1].hint


@pytest.mark.parametrize(
    ("strategy", "code"),
    [
        ("", ["QUOTA_EXCEEDED"]),
        ("  strategy: {type: Recreate}\n", []),
        ("  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}\n", []),
    ],
)
def test_a_pod_that_takes_the_place_of_another_needs_no_room_of_its_own(
    quota: str, api: Kubernetes, strategy: str, code: list[str]
) -> None:
    before, after = (deployment(more=strategy, workingDir=place) for place in ("/a", "/b"))
    assert codes(check_policy(api, scope(quota), parsed(after), parsed(before))) == code


@pytest.mark.parametrize(
    ("policy", "code"), [("before-hook-creation", []), ("", []), ("hook-succeeded", ["QUOTA_EXCEEDED"])]
)
def test_a_hook_gets_the_room_of_the_one_that_helm_deletes_before(
    cluster: Cluster, namespace: str, api: Kubernetes, policy: str, code: list[str]
) -> None:
    hook = job(hook="pre-upgrade", **({"hook-delete-policy": policy} if policy else {}))
    make(cluster, namespace, hook)
    body = {"metadata": {"name": "tight"}, "spec": {"hard": {"count/jobs.batch": "1"}}}
    cluster.ask(f"/api/v1/namespaces/{namespace}/resourcequotas", "POST", body)
    other = parsed(hook.replace("name: once", "name: other"))
    until(lambda: codes(check_policy(api, scope(namespace), other)) == ["QUOTA_EXCEEDED"])
    assert codes(check_policy(api, scope(namespace), parsed(hook))) == code


def test_a_limit_of_a_namespace_is_told(cluster: Cluster, namespace: str, api: Kubernetes) -> None:
    body = {"metadata": {"name": "most"}, "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}}
    cluster.ask(f"/api/v1/namespaces/{namespace}/limitranges", "POST", body)
    heavy = parsed(deployment(resources="{limits: {cpu: 2}}"))
    until(lambda: codes(check_policy(api, scope(namespace), heavy)) == ["POLICY_DENIED"])
    (error,) = check_policy(api, scope(namespace), heavy).refused
    assert "maximum cpu usage" in error.message


def label(cluster: Cluster, namespace: str, **labels: str) -> None:
    named = {f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()}
    cluster.ask(f"/api/v1/namespaces/{namespace}", "PATCH", {"metadata": {"labels": named}}, _MERGE)


def test_pod_security_denies_the_pods_and_not_the_workload_so_they_are_tried(
    cluster: Cluster, namespace: str, api: Kubernetes
) -> None:
    label(cluster, namespace, enforce="restricted")
    until(lambda: codes(check_policy(api, scope(namespace), parsed(deployment()))) == ["POLICY_DENIED"])
    (error,) = check_policy(api, scope(namespace), parsed(deployment())).refused
    assert 'PodSecurity "restricted:latest"' in error.message
    assert f"kubectl get namespace {namespace}" in error.hint
    assert check_policy(api, scope(namespace), parsed(deployment(securityContext=SECURE))) == PolicyReview()


def test_what_the_server_warns_of_is_a_note(cluster: Cluster, namespace: str, api: Kubernetes) -> None:
    label(cluster, namespace, warn="restricted")
    until(lambda: bool(check_policy(api, scope(namespace), parsed(deployment())).notes))
    found = check_policy(api, scope(namespace), parsed(deployment()))
    assert found.refused == ()
    assert all("would violate PodSecurity" in note for note in found.notes)
    assert any("Deployment web" in note for note in found.notes)


@contextmanager
def admission(cluster: Cluster, plural: str, body: Any) -> Iterator[None]:
    """A rule of admission, until the end of the block."""
    cluster.ask(f"{_ADMISSION}/{plural}", "POST", body)
    try:
        yield
    finally:
        cluster.ask(f"{_ADMISSION}/{plural}/{body['metadata']['name']}", "DELETE")


@contextmanager
def denying(cluster: Cluster, namespace: str, name: str, spec: Any) -> Iterator[None]:
    """A policy of one namespace."""
    selected = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    bound = {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selected}}
    with (
        admission(cluster, "validatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec}),
        admission(cluster, "validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": bound}),
    ):
        yield


def test_a_policy_is_told_by_its_name(cluster: Cluster, namespace: str, api: Kubernetes) -> None:
    spec = yaml.safe_load(
        "failurePolicy: Fail\nmatchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], "
        "operations: [CREATE, UPDATE], resources: [deployments]}]}\n"
        "validations: [{expression: object.spec.replicas < 3, message: two replicas are enough}]\n"
    )
    name = f"few-{namespace}"
    many = parsed(deployment(more="  replicas: 5\n"))
    with denying(cluster, namespace, name, spec):
        until(lambda: codes(check_policy(api, scope(namespace), many)) == ["POLICY_DENIED"])
        (error,) = check_policy(api, scope(namespace), many).refused
    assert "two replicas are enough" in error.message
    assert f"kubectl get validatingadmissionpolicy {name}" in error.hint


@pytest.mark.parametrize(
    ("rule", "account", "found", "tried"),
    [
        ("has(object.metadata.ownerReferences)", True, [], True),
        ("object.spec.serviceAccountName == 'web'", True, [], True),
        ("object.spec.serviceAccountName == 'web'", False, [], False),
        ("object.spec.serviceAccountName == 'other'", True, ["POLICY_DENIED"], True),
    ],
)
def test_a_rule_about_pods_judges_one_of_that_account_and_owner(
    cluster: Cluster, namespace: str, api: Kubernetes, rule: str, account: bool, found: list[str], tried: bool
) -> None:
    match = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    denied = {"expression": "!has(object.metadata.labels) || !('probe' in object.metadata.labels)", "message": "probe"}
    rules = [{"expression": rule, "message": "no"}, denied]
    if account:
        make(cluster, namespace, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n")
    objects = parsed(deployment(name="web").replace("spec: {containers", "spec: {serviceAccountName: web, containers"))
    probe = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"probe": "yes"}}}
    probe["spec"] = {"containers": [{"name": "m", "image": "x"}]}
    spec = {"matchConstraints": {"resourceRules": match}, "validations": rules}
    with denying(cluster, namespace, f"pods-{namespace}", spec):
        until(lambda: denies(cluster, f"/api/v1/namespaces/{namespace}/pods?dryRun=All", probe))
        review = check_policy(api, scope(namespace), objects)
    assert codes(review) == found
    assert any("its account is not there yet" in note for note in review.notes) is not tried


def denies(cluster: Cluster, path: str, body: Any) -> bool:
    try:
        cluster.ask(path, "POST", body)
    except urllib.error.HTTPError as refused:
        return refused.code in (403, 422)
    return False


def test_a_binding_to_a_role_of_the_same_release_is_not_refused(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    group = "rbac.authorization.k8s.io"
    account = Account(cluster, namespace).may(
        rule("", "configmaps", "get"),
        *(rule(group, kind, "get", "patch", "create") for kind in ("roles", "rolebindings")),
    )
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n"
    role += "rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]\n"
    binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\n"
    binding += "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\n"
    binding += "subjects: [{kind: ServiceAccount, name: web}]\n"
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        until(lambda: any("its role is" in each for each in check_policy(api, scope(namespace), parsed(binding)).notes))
        review = check_policy(api, scope(namespace), parsed(role, binding))
    assert codes(review) == []
    assert any("its role is not there yet" in note for note in review.notes)


def webhook(namespace: str) -> Any:
    match = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
    one = {
        "name": "down.example.test",
        "clientConfig": {"url": "https://127.0.0.1:9/"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "rules": [match],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
    }
    return {"metadata": {"name": f"down-{namespace}"}, "webhooks": [one]}


def test_a_webhook_that_is_down_is_no_refusal_and_no_consent(cluster: Cluster, namespace: str, api: Kubernetes) -> None:
    with admission(cluster, "validatingwebhookconfigurations", webhook(namespace)):
        until(lambda: codes(check_policy(api, scope(namespace), parsed(config()))) == ["WEBHOOK_DOWN"])
        (error,) = check_policy(api, scope(namespace), parsed(config())).refused
    assert isinstance(error, CannotTellError)
    assert "down.example.test" in error.message


# What cannot be tried


def test_what_is_in_a_namespace_that_is_not_there_yet_is_not_tried(api: Kubernetes) -> None:
    found = check_policy(api, scope("not-there-yet", installs=True), parsed(deployment(), config()))
    assert found.refused == ()
    (note,) = found.notes
    assert "Deployment web, ConfigMap c" in note


def test_a_kind_that_the_deploy_brings_is_not_tried(namespace: str, api: Kubernetes) -> None:
    crd = (
        "# Source: app/crds/own.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: owns.own.test}\nspec:\n  group: own.test\n  scope: Namespaced\n"
        "  names: {plural: owns, singular: own, kind: Own}\n"
        "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n"
    )
    own = "# Source: app/templates/own.yaml\napiVersion: own.test/v1\nkind: Own\nmetadata: {name: o}\n"
    found = check_policy(api, scope(namespace, installs=True), parsed(crd, own))
    assert found.refused == ()
    assert ["Own o" in note for note in found.notes] == [True]


def test_who_may_not_make_pods_has_none_tried(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    account = Account(cluster, namespace).may(rule("apps", "deployments", "get", "patch", "create"))
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        until(lambda: "Deployment web" not in str(notes_of(api, namespace)).replace("a pod of Deployment web", ""))
        found = check_policy(api, scope(namespace), parsed(deployment()))
    assert found.refused == ()
    assert ["a pod of Deployment web" in note for note in found.notes] == [True]


def notes_of(api: Kubernetes, namespace: str) -> Sequence[str]:
    return check_policy(api, scope(namespace), parsed(deployment())).notes


def test_a_role_that_grants_more_than_the_run_has_is_told(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    role = (
        f"{SOURCE}apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r}}\n"
        "rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]\n"
    )
    account = Account(cluster, namespace)
    account.may(rule("rbac.authorization.k8s.io", "roles", "get", "patch", "create", "update"))
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        until(lambda: not check_policy(api, scope(namespace), parsed(role)).notes)
        found = check_policy(api, scope(namespace), parsed(role))
        assert codes(found) == ["RBAC_ESCALATION"]
        account.may(rule("", "secrets", "get"))
        until(lambda: check_policy(api, scope(namespace), parsed(role)) == PolicyReview())


def test_every_refusal_is_told_in_one_review(cluster: Cluster, namespace: str, api: Kubernetes) -> None:
    make(cluster, namespace, job())
    documents = [deployment(more="  replica: 2\n"), job("other"), INVALID["removed version"][0], config()]
    found = check_policy(api, scope(namespace), parsed(*documents), parsed(job()))
    assert Counter(codes(found)) == Counter(["POLICY_INVALID", "FIELD_IMMUTABLE", "KIND_REMOVED"])
