"""The definitions of ``crds/``, which helm makes once and never changes, with helm 3 and helm 4."""

import base64
import contextlib
import json
import urllib.error
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from jetscale_cicd.decide.cluster.definitions import DEFINITIONS
from tests.cluster.stack import Stack, stack
from tests.support.accounts import Account
from tests.support.accounts import rule as of
from tests.support.command import Ended
from tests.support.control_plane import Cluster
from tests.support.definitions import crd, webhook

MERGE = "application/merge-patch+json"
SUB, CHART_YAML = "charts/app/charts/sub", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
FILE, RESOURCE = "charts/app/crds/things.yaml", "charts/app/templates/thing.yaml"


def thing(group: str, **spec: str) -> str:
    """A custom resource of it."""
    fields = f"spec: {json.dumps(spec)}\n"
    return f"apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: one}}\n{fields}"


def code(ended: Ended) -> tuple[int, str]:
    return ended.status, ended.json["error"]["code"]


def on_cluster(live: Stack, group: str, plural: str = "things") -> Any:
    """The definition; None where there is none."""
    with contextlib.suppress(urllib.error.HTTPError):
        return live.ask(f"{DEFINITIONS}/{plural}.{group}")
    return None


def fields_of(live: Stack, group: str, plural: str = "things") -> set[str]:
    """Fields that the definition on the cluster has in its spec."""
    (version,) = on_cluster(live, group, plural)["spec"]["versions"]
    return set(version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])


def states(live: Stack) -> dict[str, str]:
    (target,) = live.command("status", "--output=json").json["targets"]
    return {each["name"]: each["state"] for each in target["objects"]}


def changed(live: Stack, group: str, **fields: Any) -> None:
    """A commit that changes nothing but ``crds/``: a field less, and one more."""
    live.sample.commit("fix: the definition", {FILE: crd(group, **fields)})


@pytest.fixture
def first_of(cluster: Cluster, namespace: str, tmp_path: Path, group: str) -> Any:
    """Deploys a chart with a definition and a resource of it for the first time."""

    def deploy(helm: Path, rule: str, **files: str) -> Stack:
        contents = {FILE: crd(group, size="string"), RESOURCE: thing(group), **files}
        live = stack(tmp_path, cluster, namespace, helm, more=f"    crds: {rule}", **contents)
        live.done()
        return live

    return deploy


@pytest.fixture
def first(first_of: Any, helm: Path) -> Any:
    """The same, by each helm."""
    return partial(first_of, helm)


@pytest.fixture
def first_by_any(first_of: Any, helm: Path) -> Any:
    """The same, by one helm: nothing of what follows depends on which."""
    return partial(first_of, helm)


def test_a_change_of_crds_alone_is_refused_before_anything_is_published(first: Any, group: str) -> None:
    live = first("check")
    assert states(live)[f"things.{group}"] == "ready"
    changed(live, group, weight="string")
    ended = live.run()
    assert code(ended) == (3, "CRD_DIFFERS")
    assert f"things.{group}" in ended.json["error"]["message"]
    assert FILE in ended.json["error"]["hint"]
    assert live.sample.published == ["app-0.1.0.tgz"] or live.sample.published
    assert live.history() == [(1, "deployed")]


def test_crds_are_applied_before_helm(first: Any, group: str) -> None:
    live = first("apply")
    assert states(live)[f"things.{group}"] == "ready"
    changed(live, group, weight="string")
    live.done()
    assert fields_of(live, group) == {"weight"}
    before = on_cluster(live, group)
    assert live.done()["decision"] == "nothing"
    assert on_cluster(live, group)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert states(live)[f"things.{group}"] == "ready"
    live.ask(f"{DEFINITIONS}/things.{group}", "PATCH", {"spec": {"names": {"shortNames": ["th"]}}}, MERGE)
    assert states(live)[f"things.{group}"] == "failed"
    live.done("--redeploy")
    assert states(live)[f"things.{group}"] == "ready"


def test_ignored_crds_are_named_and_not_judged(first_by_any: Any, group: str) -> None:
    live = first_by_any("ignore")
    changed(live, group, weight="string")
    done = live.done()
    assert "not judged" in next(each["detail"] for each in done["steps"] if each["name"] == "verify")
    assert fields_of(live, group) == {"size"}
    assert f"things.{group}" not in states(live)


@pytest.mark.parametrize("rule", ["check", "apply"])
def test_a_definition_that_is_new_in_an_upgrade(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path, group: str, rule: str
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, more=f"    crds: {rule}")
    live.done()
    live.sample.commit("feat: things", {FILE: crd(group, size="string"), RESOURCE: thing(group, size="1")})
    ended = live.run()
    if rule == "check":
        assert code(ended) == (3, "CRD_MISSING")
        assert "details" not in ended.json["error"]  # it is told once
        assert f"things.{group}" in ended.json["error"]["message"]
        assert live.history() == [(1, "deployed")]
    else:
        assert ended.status == 0, ended.stderr
        assert states(live)["one"] == "ready"


@pytest.mark.parametrize("rule", ["check", "apply"])
def test_helm_leaves_a_definition_that_is_there_in_a_first_install(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path, group: str, rule: str
) -> None:
    cluster.ask(DEFINITIONS, "POST", yaml.safe_load(crd(group, other="string")))
    files = {FILE: crd(group, size="string"), RESOURCE: thing(group)}
    live = stack(tmp_path, cluster, namespace, helm, more=f"    crds: {rule}", **files)
    ended = live.run()
    if rule == "check":
        assert code(ended) == (3, "CRD_DIFFERS")
        assert fields_of(live, group) == {"other"}
    else:
        assert ended.status == 0, ended.stderr
        assert fields_of(live, group) == {"size"}


def test_helm_4_changes_in_a_first_install_what_helm_3_leaves(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path, group: str
) -> None:
    cluster.ask(DEFINITIONS, "POST", yaml.safe_load(crd(group, other="string")))
    live = stack(tmp_path, cluster, namespace, helm, more="    crds: ignore", **{FILE: crd(group, size="string")})
    live.done()
    assert fields_of(live, group) == {"size" if helm.name == "helm4" else "other"}


def test_crds_of_subcharts_are_known_to_later_runs_by_the_record(first_by_any: Any, group: str) -> None:
    """Helm keeps no file of a subchart. Nor does a comment of the file make it another chart's."""
    files = "\n---\n".join(f"# Source: elsewhere/templates/a.yaml\n{crd(group, each)}" for each in ("ones", "twos"))
    live = first_by_any("apply", **{f"{SUB}/Chart.yaml": CHART_YAML, f"{SUB}/crds/all.yaml": files})
    named = [f"{each}.{group}" for each in ("things", "ones", "twos")]
    assert states(live) == dict.fromkeys(("app", "web", "one", *named), "ready")
    live.ask(f"{DEFINITIONS}/twos.{group}", "PATCH", {"spec": {"names": {"shortNames": ["two"]}}}, MERGE)
    assert states(live)[f"twos.{group}"] == "failed"
    live.done("--redeploy")
    assert states(live)[f"twos.{group}"] == "ready"


@pytest.mark.parametrize("rule", ["check", "apply"])
def test_a_version_in_which_objects_are_stored_is_not_removed(first_by_any: Any, group: str, rule: str) -> None:
    live = first_by_any(rule)
    live.sample.commit("feat!: the second version", {FILE: crd(group, versions=("v2",), size="string"), RESOURCE: ""})
    ended = live.run()
    assert code(ended) == (3, "CRD_CANNOT_CHANGE")
    assert "v1" in ended.json["error"]["message"]
    assert live.history() == [(1, "deployed")]


def test_what_others_added_stays_and_what_helm_made_goes(first: Any, group: str) -> None:
    live = first("apply", **{FILE: webhook(crd(group, size="string"), group)})
    authority = base64.b64encode(live.cluster.ca.read_bytes()).decode()
    others = {
        "metadata": {"annotations": {"example.test/other": "kept"}},
        "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": authority}}}},
    }
    live.ask(f"{DEFINITIONS}/things.{group}", "PATCH", others, MERGE)
    assert states(live)[f"things.{group}"] == "ready"
    live.sample.commit("fix: a field", {FILE: webhook(crd(group, weight="string"), group)})
    live.done()
    found = on_cluster(live, group)
    assert found["metadata"]["annotations"]["example.test/other"] == "kept"
    assert found["spec"]["conversion"]["webhook"]["clientConfig"]["caBundle"] == authority
    assert fields_of(live, group) == {"weight"}
    live.sample.commit("fix: no conversion, no other name", {FILE: crd(group, weight="string")})
    live.done()
    found = on_cluster(live, group)["spec"]
    assert (found["conversion"], found["names"].get("shortNames")) == ({"strategy": "None"}, None)


def test_a_rollback_takes_no_definition_back_and_says_so(first: Any, group: str) -> None:
    live = first("apply")
    changed(live, group, size="string", weight="string")
    live.done()
    ended = live.command("rollback", "--target=live", "--output=json")
    assert ended.status == 0, ended.stderr
    assert fields_of(live, group) == {"size", "weight"}
    (target,) = live.command("status", "--output=json").json["targets"]
    (row,) = [each for each in target["objects"] if each["name"] == f"things.{group}"]
    assert (row["state"], "rollback" in row["reason"]) == ("ready", True)


def test_an_object_of_the_release_that_moves_to_crds_is_not_removed(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path, group: str
) -> None:
    """Helm removes what the release has no more, and with a definition all its objects."""
    template = "charts/app/templates/crd.yaml"
    live = stack(tmp_path, cluster, namespace, helm, more="    crds: apply", **{template: crd(group, size="string")})
    live.done()
    live.sample.commit("refactor: the definition", {FILE: crd(group, size="string"), template: None})
    assert code(live.run()) == (3, "CRD_REMOVED")
    kept = {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}}
    live.ask(f"{DEFINITIONS}/things.{group}", "PATCH", kept, MERGE)
    live.done()
    assert fields_of(live, group) == {"size"}


@pytest.mark.parametrize(
    ("rule", "verbs", "expected"),
    [
        ("check", (), (8, "CRD_UNSEEN")),
        ("apply", ("get",), (3, "RIGHT_MISSING")),
        ("apply", ("get", "create", "patch"), (0, "")),
    ],
)
def test_a_run_needs_the_right_to_see_them_and_to_apply_them_and_no_other(
    first_by_any: Any, group: str, tmp_path: Path, rule: str, verbs: tuple[str, ...], expected: tuple[int, str]
) -> None:
    live = first_by_any(rule)
    changed(live, group, weight="string")
    account = Account(live.cluster, live.namespace).may(of("*", "*", "*")).may_on_cluster(of("", "namespaces", "get"))
    if verbs:
        account.may_on_cluster(of("apiextensions.k8s.io", "customresourcedefinitions", *verbs))
    ended = live.run(KUBECONFIG=str(account.kubeconfig(tmp_path / "account")))
    assert (ended.status, (ended.json.get("error") or {}).get("code", "")) == expected, ended.stderr


def test_what_the_server_does_not_take_is_refused_before_anything_is_published(first_by_any: Any, group: str) -> None:
    live = first_by_any("apply")
    changed(live, group, size="strings")
    assert code(live.run()) == (3, "CRD_REFUSED")
    assert live.history() == [(1, "deployed")]


def test_what_helm_made_is_tried_as_it_is_applied(first: Any, group: str) -> None:
    """Helm owns what it made, and an apply in another name leaves that: here a webhook without its strategy."""
    live = first("check", **{FILE: webhook(crd(group, size="string"), group)})
    config = (live.sample.repo.path / ".stage6.yaml").read_text().replace("crds: check", "crds: apply")
    without = yaml.safe_load(crd(group, size="string"))
    without["spec"]["conversion"] = {"strategy": "None"}
    live.sample.commit("fix: no conversion", {FILE: yaml.safe_dump(without), ".stage6.yaml": config})
    live.done()
    assert on_cluster(live, group)["spec"]["conversion"] == {"strategy": "None"}
