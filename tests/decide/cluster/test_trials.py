"""What is tried of a deploy: what changes, its hooks, and the pods of both."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.decide.cluster.trials import Trial, merge_patch, own_kinds, renamed, trials
from jetscale_cicd.model.target import CrdsRule

SCOPE = DeployScope(namespace="shop", release="app")
CRD = (
    "# Source: app/crds/own.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: owns.own.test}\nspec: {group: own.test, names: {kind: Own}}\n"
)


def parsed(*documents: str) -> tuple[Manifest, ...]:
    return parse_manifests("".join(f"---\n{each}" for each in documents).encode(), "test")


RENDERED_CRD = CRD.replace("/crds/", "/templates/")


def config(name: str = "c", more: str = "") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n{more}"


def workload(kind: str = "Deployment", more: str = "", pod: str = "", api_version: str = "apps/v1") -> str:
    return (
        f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n{more}"
        f"  template: {{metadata: {{labels: {{a: b}}, name: x}}, spec: {{{pod}containers: [{{name: main}}]}}}}\n"
    )


def subjects(found: tuple[Trial, ...]) -> list[str]:
    return [each.subject for each in found]


def pod_of(document: str, before: str = "") -> Trial:
    (pod,) = (each for each in trials(SCOPE, parsed(document), parsed(*filter(None, [before]))) if each.is_pod)
    return pod


def test_what_is_new_or_changed_is_tried_and_nothing_else() -> None:
    before = parsed(config("same"), config("changed"), config("gone"))
    after = parsed(config("same"), config("changed", "data: {a: b}\n"), config("new"))
    assert subjects(trials(SCOPE, after, before)) == ["ConfigMap changed", "ConfigMap new"]


def test_an_object_is_sent_as_helm_would_send_it() -> None:
    (trial,) = trials(SCOPE, parsed(config(more="data: {a: b, gone: null}\n")), ())
    body: Any = trial.body
    assert body["data"] == {"a": "b"}
    assert body["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    assert body["metadata"]["annotations"] == {
        "meta.helm.sh/release-name": "app",
        "meta.helm.sh/release-namespace": "shop",
    }
    assert not trial.creates


@pytest.mark.parametrize(("when", "count"), [("pre-upgrade", 2), ("pre-install", 0), ("test", 0), ("pre-delete", 0)])
def test_a_hook_that_runs_is_created_anew_each_time(when: str, count: int) -> None:
    hook = workload("Job", api_version="batch/v1").replace(
        "{name: web}", f"{{name: web, annotations: {{helm.sh/hook: {when}}}}}"
    )
    found = trials(SCOPE, parsed(hook), parsed(hook))
    assert len(found) == count
    assert all(each.creates and each.adds for each in found)


def test_a_name_that_is_taken_is_replaced_by_one_that_is_not() -> None:
    (trial,) = trials(SCOPE, parsed(config(f"{'a' * 45}.{'b' * 100}")), ())
    metadata: Any = renamed(trial).body["metadata"]
    assert "name" not in metadata
    assert metadata["generateName"] == f"{'a' * 45}-"


# Pods


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_the_pod_of_a_workload_is_tried_without_what_other_checks_answer(kind: str) -> None:
    body: Any = pod_of(workload(kind, pod="serviceAccountName: s, nodeName: n, hostNetwork: true, ")).body
    assert (body["kind"], body["metadata"]["labels"], body["metadata"]["generateName"]) == ("Pod", {"a": "b"}, "web-")
    assert "name" not in body["metadata"]
    assert (body["spec"]["hostNetwork"], body["spec"]["serviceAccountName"]) == (True, "s")
    assert "nodeName" not in body["spec"]
    (owner,) = body["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("ReplicaSet" if kind == "Deployment" else kind, "web")


def test_the_pod_of_a_cron_job_is_two_templates_deep_and_comes_at_another_time() -> None:
    document = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n"
        "  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main}]}}}}\n"
    )
    pod = pod_of(document)
    spec: Any = pod.body["spec"]
    assert (spec["restartPolicy"], pod.adds) == ("Never", False)


def test_a_claim_of_a_stateful_set_is_a_volume_of_its_pods() -> None:
    spec: Any = pod_of(workload("StatefulSet", "  volumeClaimTemplates: [{metadata: {name: data}}]\n")).body["spec"]
    assert spec["volumes"] == [{"name": "data", "emptyDir": {}}]


@pytest.mark.parametrize(
    "document",
    [
        workload(more="  replicas: 0\n"),
        workload("Thing", api_version="own.test/v1"),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: [1]\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: text}}\n",
    ],
)
def test_what_makes_no_pod_has_none_tried(document: str) -> None:
    assert [each for each in trials(SCOPE, parsed(document), ()) if each.is_pod] == []


@pytest.mark.parametrize(
    ("kind", "more", "adds"),
    [
        ("Deployment", "", True),
        ("Deployment", "  strategy: {type: Recreate}\n", False),
        ("Deployment", "  strategy: {rollingUpdate: {maxSurge: 0}}\n", False),
        ("Deployment", '  strategy: {rollingUpdate: {maxSurge: "0%"}}\n', False),
        ("Deployment", "  strategy: {rollingUpdate: {maxSurge: 1}}\n", True),
        ("Deployment", "  replicas: 3\n", True),  # a quarter of it, rounded down, is none
        ("Deployment", "  replicas: 4\n", False),  # one old pod goes for the new one
        ("Deployment", "  replicas: 2\n  strategy: {rollingUpdate: {maxUnavailable: 1}}\n", False),
        ("Deployment", '  replicas: 4\n  strategy: {rollingUpdate: {maxUnavailable: "10%"}}\n', True),
        ("StatefulSet", "", False),
        ("DaemonSet", "", False),
        ("DaemonSet", "  updateStrategy: {rollingUpdate: {maxSurge: 1}}\n", True),
        ("DaemonSet", "  updateStrategy: {type: OnDelete}\n", False),
    ],
)
def test_a_pod_needs_room_where_it_comes_before_another_goes(kind: str, more: str, adds: bool) -> None:
    before, after = workload(kind, more), workload(kind, more, "hostNetwork: true, ")
    assert pod_of(after, before).adds == adds
    assert pod_of(after).adds  # a new workload's always


def test_another_name_is_no_longer_than_the_shortest_limit_of_a_kind() -> None:
    metadata = f"{{name: {'c' * 52}, annotations: {{helm.sh/hook: pre-upgrade}}}}"
    hook = workload("CronJob").replace("{name: web}", metadata)
    body: Any = renamed(trials(SCOPE, parsed(hook), ())[0]).body
    assert len(body["metadata"]["generateName"] + "12345") == 52


# What a client merges


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({"s": {"a": 1, "b": 2}}, {"s": {"a": 1, "c": 3}}, {"s": {"b": None, "c": 3}}),
        ({"s": {"a": 1}}, {"s": [1]}, {"s": [1]}),
        ({"s": [1]}, {"s": {"a": 1}}, {"s": {"a": 1}}),
        ({"s": [{"a": 1}]}, {"s": [{"a": 1}, {"b": 1}]}, {"s": [{"a": 1}, {"b": 1}]}),
    ],
)
def test_a_patch_names_what_changed_and_what_is_gone(
    before: dict[str, object], after: dict[str, object], patch: dict[str, object]
) -> None:
    assert merge_patch(before, after) == patch


# Definitions


@pytest.mark.parametrize(
    ("rule", "installs", "comes"),
    [("check", True, True), ("check", False, False), ("ignore", False, False), ("apply", False, True)],
)
def test_a_definition_of_crds_comes_with_the_first_deploy_or_is_applied(
    rule: CrdsRule, installs: bool, comes: bool
) -> None:
    scope = DeployScope(namespace="shop", release="app", installs=installs, definitions=rule)
    assert len(trials(scope, parsed(CRD), ())) == (
        comes and rule != "apply"
    )  # what a run applies itself it tries itself
    assert own_kinds(scope, parsed(CRD), ()) == ({("own.test", "Own")} if comes else set())


def test_a_definition_that_gets_other_labels_brings_no_kind_that_is_not_known() -> None:
    labelled = RENDERED_CRD.replace("metadata: {", "metadata: {labels: {helm.sh/chart: app-1.0.1}, ", 1)
    assert own_kinds(SCOPE, parsed(labelled), parsed(RENDERED_CRD)) == set()


def test_of_a_revision_that_failed_nothing_is_known_to_be_taken() -> None:
    unproven = DeployScope(namespace="shop", release="app", unproven=True)
    assert trials(SCOPE, parsed(workload()), parsed(workload())) == ()
    assert [each.subject for each in trials(unproven, parsed(workload()), parsed(workload()))] == [
        "Deployment web",
        "a pod of Deployment web",
    ]


def test_a_kind_whose_definition_comes_or_changes_with_the_deploy_is_not_known_to_the_server() -> None:
    changed = RENDERED_CRD.replace("spec:", "spec: {more: 1}").replace("{more: 1} {", "{more: 1, ")
    expected = {("own.test", "Own")}
    assert own_kinds(SCOPE, parsed(RENDERED_CRD, config()), ()) == expected
    assert own_kinds(SCOPE, parsed(changed), parsed(RENDERED_CRD)) == expected
    assert own_kinds(SCOPE, parsed(RENDERED_CRD), parsed(RENDERED_CRD)) == set()
