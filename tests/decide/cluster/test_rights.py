"""What a deploy has to be allowed, by the objects that it changes and by what it does itself."""

import json
from collections.abc import Iterable

import pytest

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.cluster.missing_rights import Account, missing_rights
from jetscale_cicd.decide.cluster.rights import Access, DeployScope, needed_accesses
from jetscale_cicd.decide.cluster.served import Resource
from jetscale_cicd.model.target import CrdsRule

SERVED = {
    ("v1", "ConfigMap"): Resource("", "v1", "configmaps", True),
    ("v1", "Namespace"): Resource("", "v1", "namespaces", False),
    ("v1", "Pod"): Resource("", "v1", "pods", True),
    ("apps/v1", "Deployment"): Resource("apps", "v1", "deployments", True),
    ("apps/v1", "StatefulSet"): Resource("apps", "v1", "statefulsets", True),
    ("apps/v1beta1", "Deployment"): Resource("apps", "v1beta1", "deployments", True),
    ("batch/v1", "Job"): Resource("batch", "v1", "jobs", True),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): Resource("rbac.authorization.k8s.io", "v1", "clusterroles", False),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): Resource(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", False
    ),
}
SCOPE = DeployScope(namespace="shop", release="app")


def one(api_version: str, kind: str, name: str, source: str = "", **annotations: str) -> Manifest:
    metadata = {"name": name, "annotations": {key.replace("_", "/"): value for key, value in annotations.items()}}
    document: dict[str, object] = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    return Manifest(api_version, kind, "", name, document, source)


def hook(kind: str, when: str, api_version: str = "batch/v1") -> Manifest:
    return one(api_version, kind, "hooked", **{"helm.sh_hook": when})


def verbs(accesses: Iterable[Access], resource: str, *, needed: bool = True, namespace: str = "shop") -> set[str]:
    """Of one resource, those that are needed, or are only useful."""
    return {
        each.verb for each in accesses if (each.full_name, each.needed, each.namespace) == (resource, needed, namespace)
    }


WEB, API = (one("apps/v1", "Deployment", name) for name in ("web", "api"))
MAP = one("v1", "ConfigMap", "map")
ROLE = one("rbac.authorization.k8s.io/v1", "ClusterRole", "reader")
CRD = one("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.example.test", "app/crds/things.yaml")


def test_what_is_new_is_created_and_what_is_gone_is_deleted() -> None:
    found = needed_accesses(SCOPE, [WEB, MAP], SERVED, [WEB, one("v1", "ConfigMap", "old")])
    assert verbs(found, "configmaps") == {"get", "patch", "create", "delete"}
    assert verbs(found, "deployments.apps") == {"get", "patch", "list"}  # the last to verify it


def test_helm_3_creates_what_is_new_and_patches_what_is_there() -> None:
    helm3 = DeployScope(namespace="shop", release="app", applies=False)
    job = hook("Job", "pre-upgrade")
    new = needed_accesses(helm3, [WEB, job], SERVED)
    assert "patch" not in verbs(new, "deployments.apps") | verbs(new, "jobs.batch")
    assert "patch" in verbs(needed_accesses(helm3, [WEB], SERVED, [WEB]), "deployments.apps")


def test_what_is_in_a_revision_that_failed_may_have_to_be_created() -> None:
    unproven = DeployScope(namespace="shop", release="app", unproven=True)
    assert "create" in verbs(needed_accesses(unproven, [MAP], SERVED, [MAP]), "configmaps")


def test_what_is_there_is_made_again_where_somebody_deletes_it() -> None:
    found = needed_accesses(SCOPE, [MAP], SERVED, [MAP])
    assert (verbs(found, "configmaps"), verbs(found, "configmaps", needed=False)) == ({"get", "patch"}, {"create"})


@pytest.mark.parametrize(("rolls_back", "useful"), [(True, {"delete"}), (False, set())])
def test_a_rollback_deletes_what_is_new(rolls_back: bool, useful: set[str]) -> None:
    scope = DeployScope(namespace="shop", release="app", rolls_back=rolls_back)
    assert verbs(needed_accesses(scope, [MAP], SERVED), "configmaps", needed=False) == useful


def test_what_helm_keeps_is_not_deleted() -> None:
    kept = one("v1", "ConfigMap", "old", **{"helm.sh_resource-policy": "keep"})
    assert verbs(needed_accesses(SCOPE, [], SERVED, [kept]), "configmaps") == set()


def test_an_object_of_another_version_of_its_group_is_the_same() -> None:
    found = needed_accesses(SCOPE, [WEB], SERVED, [one("apps/v1beta1", "Deployment", "web")])
    assert verbs(found, "deployments.apps") == {"get", "patch", "list"}


@pytest.mark.parametrize(
    ("when", "scope", "runs"),
    [
        ("pre-upgrade", SCOPE, True),
        ("post-install, post-upgrade", SCOPE, True),
        ("pre-install", SCOPE, False),
        ("pre-install", DeployScope(namespace="shop", release="app", installs=True), True),
        ("pre-delete", SCOPE, False),
        ("post-rollback", SCOPE, False),  # a rollback runs the hooks of what it brings back
        ("Pre-Upgrade", SCOPE, True),
        ("pre-upgrade, foo", SCOPE, False),
        ("test", SCOPE, False),
        ("test", DeployScope(namespace="shop", release="app", tests=True), True),
    ],
)
def test_a_hook_that_runs_is_deleted_created_and_watched(when: str, scope: DeployScope, runs: bool) -> None:
    expected = {"get", "patch", "create", "delete", "list", "watch"} if runs else set()
    assert verbs(needed_accesses(scope, [hook("Job", when)], SERVED), "jobs.batch") == expected


def test_helm_waits_for_no_hook_but_a_job_or_a_pod() -> None:
    found = needed_accesses(SCOPE, [hook("ConfigMap", "pre-upgrade", "v1")], SERVED)
    assert verbs(found, "configmaps") == {"get", "patch", "create", "delete"}


def test_a_kind_without_namespace_is_asked_of_the_cluster() -> None:
    assert verbs(needed_accesses(SCOPE, [ROLE], SERVED), "clusterroles.rbac.authorization.k8s.io", namespace="") == {
        *("get", "patch", "create")
    }


@pytest.mark.parametrize(
    ("rule", "installs", "expected"),
    [
        ("check", True, {"get", "patch", "create"}),
        ("check", False, {"get"}),
        ("ignore", False, set()),
        ("apply", False, {"get", "patch", "create"}),
    ],
)
def test_helm_installs_crds_with_the_first_revision_alone(rule: CrdsRule, installs: bool, expected: set[str]) -> None:
    scope = DeployScope(namespace="shop", release="app", installs=installs, definitions=rule)
    found = needed_accesses(scope, [CRD], SERVED)
    assert verbs(found, "customresourcedefinitions.apiextensions.k8s.io", namespace="") == expected


def test_a_kind_that_is_not_served_needs_no_right() -> None:
    assert needed_accesses(SCOPE, [one("example.test/v1", "Thing", "x")], SERVED) == needed_accesses(SCOPE, [], SERVED)


@pytest.mark.parametrize(
    ("manifest", "listed"),
    [
        (WEB, {"deployments.apps", "replicasets.apps", "pods"}),
        (one("apps/v1", "StatefulSet", "db"), {"statefulsets.apps", "pods"}),
        (MAP, set()),
    ],
)
def test_what_verifies_a_workload_is_listed(manifest: Manifest, listed: set[str]) -> None:
    found = needed_accesses(SCOPE, [manifest], SERVED)
    storage = {"secrets"}
    assert {each.full_name for each in found if each.verb == "list" and each.needed} - storage == listed


def test_a_run_keeps_revisions_and_a_lock() -> None:
    found = needed_accesses(SCOPE, [], SERVED)
    assert verbs(found, "secrets") == {"get", "list", "create", "update", "delete"}
    assert verbs(found, "leases.coordination.k8s.io") == {"get", "create", "update"}
    assert {each.names for each in found if each.resource == "leases"} == {("stage6-app",)}
    assert verbs(found, "pods/log", needed=False) == {"get"}
    assert verbs(found, "events", needed=False) == {"list"}


def test_what_a_target_asks_for_besides_is_allowed_too() -> None:
    scope = DeployScope(
        namespace="shop", release="app", creates_namespace=True, pull_secret="pull", external_secrets=("db",)
    )
    found = needed_accesses(scope, [], SERVED)
    assert verbs(found, "namespaces", namespace="") == {"get", "create"}
    assert verbs(found, "externalsecrets.external-secrets.io") == {"get"}
    assert any("Secret pull" in purpose for each in found for purpose in each.purposes)


def test_as_many_as_there_are_kinds_are_asked_for_whatever_the_number_of_objects() -> None:
    many = [one("apps/v1", "Deployment", f"web-{number}") for number in range(500)]
    few, all_ = (needed_accesses(SCOPE, manifests, SERVED) for manifests in ([WEB], many))
    assert len(few) == len(all_)
    (get,) = (each for each in all_ if each.full_name == "deployments.apps" and each.verb == "get")
    assert len(get.names) == 500
    assert len("".join(get.purposes)) < 200


def test_what_has_no_name_yet_is_asked_for_without_one() -> None:
    (generated,) = parse_manifests(b"apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: m-}\n", "x")
    found = needed_accesses(SCOPE, [generated, MAP], SERVED)
    assert {each.names for each in found if each.resource == "configmaps"} == {()}


# What is missing


def test_of_a_resource_all_verbs_are_told_at_once_with_the_rule_that_grants_them() -> None:
    denied = [each for each in needed_accesses(SCOPE, [WEB, API, ROLE], SERVED) if each.resource != "secrets"]
    found = missing_rights(denied, Account(name="system:serviceaccount:ci:deployer", groups=("system:authenticated",)))
    errors = {error.message.split(" may not ")[1].split(":")[0]: error for error in found.missing}
    error = errors["get, patch, create and list deployments.apps in namespace shop"]
    assert error.code == "RIGHT_MISSING"
    assert "system:serviceaccount:ci:deployer" in error.message
    assert "Deployment web, api" in error.message
    assert "kubectl auth can-i get deployments.apps --namespace shop" in error.hint
    assert '[{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch", "create", "list"]}]' in (
        error.hint
    )
    assert error.details[0] == "its groups: system:authenticated"
    assert (
        "--namespace" not in errors["get, patch and create clusterroles.rbac.authorization.k8s.io on the cluster"].hint
    )


def test_what_is_only_useful_is_told_apart() -> None:
    found = missing_rights(needed_accesses(SCOPE, [], SERVED), Account())
    assert {error.code for error in found.missing} == {"RIGHT_MISSING"}
    assert {error.code for error in found.useful} == {"RIGHT_USEFUL"}
    (log,) = (error for error in found.useful if "pods/log" in error.message)
    assert "kubectl auth can-i get pods --subresource=log --namespace shop" in log.hint
    assert log.message.startswith("this run may not")


def test_all_that_is_missing_in_a_namespace_is_one_role_besides() -> None:
    denied = needed_accesses(SCOPE, [WEB, API, ROLE], SERVED)
    roles = [line for error in missing_rights(denied, Account()).missing for line in error.details]
    (role,) = (json.loads(line.partition("RoleBinding: ")[2]) for line in roles)
    rules = {rule["resources"][0]: rule["verbs"] for rule in role["rules"]}
    assert (role["kind"], role["metadata"]) == ("Role", {"generateName": "stage6-", "namespace": "shop"})
    assert (rules["leases"], "clusterroles" in rules) == (["get", "create", "update"], False)
