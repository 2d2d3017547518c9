"""The rights of an account with few: a deploy works with exactly those that are asked for; what lacks is named."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.cluster.missing_rights import RightsReview
from jetscale_cicd.decide.cluster.rights import Access, DeployScope, needed_accesses
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.cluster.access import check_rights, who_am_i
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.kubernetes import Kubernetes
from tests.cluster.stack import CHART, stack
from tests.support.accounts import Account, Rule, connected, rule
from tests.support.api_proxy import Front, front
from tests.support.control_plane import Cluster

HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: before, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: registry.invalid/job}]}}}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}], selector: {app: web}}\n"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: registry.invalid/web}]}}
"""


def parsed(*documents: str) -> tuple[Manifest, ...]:
    return parse_manifests("\n---\n".join(documents).encode(), "test")


def rules_of(accesses: tuple[Access, ...], *, but: Access | None = None) -> tuple[list[Rule], list[Rule]]:
    """The rules of exactly these accesses: of the namespace, and of the cluster."""
    rules: tuple[list[Rule], list[Rule]] = ([], [])
    for each in accesses:
        if each != but:
            rules[not each.namespace].append(rule(each.group, each.resource, each.verb))
    return rules


def test_a_deploy_works_with_the_rights_that_are_asked_for_and_no_others(
    helm: Path, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Installation, upgrade with an object less and one more, and a rollback."""
    first = DeployScope(namespace=namespace, release="app", installs=True)
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n"
    objects, others = (parsed(WEB, HOOK, config, SERVICE % name) for name in ("one", "two"))
    with connected(cluster.kubeconfig, tmp_path) as api:
        served = Kinds(api).served(objects)
    later = replace(first, installs=False)
    asked = (*needed_accesses(first, objects, served), *needed_accesses(later, others, served, objects))
    within, around = rules_of(asked)
    assert around == []
    account = Account(cluster, namespace).may(*within)
    restricted = replace(cluster, kubeconfig=account.kubeconfig(tmp_path))
    files = {"charts/app/templates/hook.yaml": HOOK, "charts/app/templates/service.yaml": SERVICE % "one"}
    live = stack(tmp_path, restricted, namespace, helm, timeout="12s", **files)
    live.done()
    live.sample.edit("fix: another service", "charts/app/templates/service.yaml", "name: one", "name: two")
    live.done()
    live.sample.edit("fix: what cannot start", CHART, "registry.invalid/web", "faults.invalid/no-image:1")
    ended = live.run()
    assert ended.json["error"]["code"] == "IMAGE_PULL", ended.stderr
    assert [status for _, status in live.history()] == ["superseded", "superseded", "failed", "deployed"]


def test_every_right_that_lacks_is_told_and_no_other(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    objects = parsed(WEB, HOOK)
    scope = DeployScope(namespace=namespace, release="app")
    with connected(cluster.kubeconfig, tmp_path) as api:
        asked = needed_accesses(scope, objects, Kinds(api).served(objects))
    assert len(asked) > 20
    account = Account(cluster, namespace)
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        for each in asked:
            account.may_only(*rules_of(asked, but=each)[0])
            told = f"{account.user} may not {each.verb} {each.full_name} in namespace {namespace}"
            found = settled(api, scope, objects, told)
            (error,) = found.missing if each.needed else found.useful
            assert len(found.missing) + len(found.useful) == 1
            assert told in error.message
            assert "system:serviceaccounts" in error.details[0]


def settled(api: Kubernetes, scope: DeployScope, objects: tuple[Manifest, ...], *expected: str) -> RightsReview:
    """The review, once the authorizer has seen the roles that were just made, at the latest after five seconds."""
    deadline = time.monotonic() + 5
    while True:
        found = check_rights(api, scope, objects)
        told = [error.message for error in (*found.missing, *found.useful)]
        as_expected = len(told) == len(expected) and all(map(str.__contains__, told, expected))
        if as_expected or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


@pytest.mark.parametrize(("names", "lacks"), [(("web", "web-2"), ""), (("web",), "web-2")])
def test_a_right_for_some_names_is_a_right_for_those(
    cluster: Cluster, namespace: str, tmp_path: Path, names: tuple[str, ...], lacks: str
) -> None:
    objects = parsed(WEB, WEB.replace("name: web}", "name: web-2}", 1))
    scope = DeployScope(namespace=namespace, release="app")
    with connected(cluster.kubeconfig, tmp_path) as api:
        asked = needed_accesses(scope, objects, Kinds(api).served(objects))
    (patch,) = (each for each in asked if (each.resource, each.verb) == ("deployments", "patch"))
    lease = [rule("coordination.k8s.io", "leases", "get", "update", names=("stage6-app",))]
    unnamed = tuple(
        each for each in asked if (each.resource, each.verb) not in (("leases", "get"), ("leases", "update"))
    )
    account = Account(cluster, namespace).may(*rules_of(unnamed, but=patch)[0])
    account.may(*lease, rule("apps", "deployments", "patch", names=names))
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        found = settled(api, scope, objects, *(["patch deployments.apps"] if lacks else []))
    assert found.useful == ()
    assert [error.code for error in found.missing] == (["RIGHT_MISSING"] if lacks else [])
    assert all("patch deployments.apps" in error.message for error in found.missing)


def test_a_kind_of_the_cluster_is_asked_of_the_cluster(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    objects = parsed("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1\n")
    scope = DeployScope(namespace=namespace, release="app", rolls_back=False)
    account = Account(cluster, namespace).may(rule("*", "*", "*"))
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        found = settled(api, scope, objects, "priorityclasses")
        (error,) = found.missing
        assert "get, patch and create priorityclasses.scheduling.k8s.io on the cluster" in error.message
        account.may_on_cluster(rule("scheduling.k8s.io", "priorityclasses", "*"))
        assert settled(api, scope, objects) == RightsReview()


def counted(before: Front) -> Counter[str]:
    """The calls that come through from now on, but for what kubectl itself asks."""
    calls: Counter[str] = Counter()

    def rule(method: str, path: str) -> None:
        bare = path.partition("?")[0]
        calls[f"{method} {bare}"] += bare != "/version"

    before.rule = rule
    return calls


def test_an_account_that_may_do_everything_is_asked_once_and_another_by_the_number_of_kinds(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    scope = DeployScope(namespace=namespace, release="app")
    few, many = ([WEB.replace("name: web}", f"name: web-{number}}}", 1) for number in range(size)] for size in (1, 60))
    account = Account(cluster, namespace)
    asked: list[Counter[str]] = []
    for kubeconfig in (cluster.kubeconfig, account.kubeconfig(tmp_path)):
        for documents in (few, many):
            with front(replace(cluster, kubeconfig=kubeconfig), tmp_path / "front") as before:
                calls = counted(before)
                with connected(before.cluster.kubeconfig, tmp_path) as api:
                    check_rights(api, scope, parsed(*documents))
                asked.append(+calls)
    admin, admin_of_many, nobody, nobody_of_many = asked
    reviews = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert admin == admin_of_many == {"GET /apis/apps/v1": 1, reviews: 1}
    # Names are reviewed one by one where they are few: that is what may differ.
    assert nobody_of_many[reviews] <= nobody[reviews] < 100
    assert nobody["POST /apis/authentication.k8s.io/v1/selfsubjectreviews"] == 1


def test_who_this_run_is_is_the_servers_word(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    account = Account(cluster, namespace)
    with connected(account.kubeconfig(tmp_path), tmp_path) as api:
        found = who_am_i(api)
    assert found.name == account.user
    assert "system:authenticated" in found.groups


def test_a_server_that_reviews_nothing_is_no_right_and_no_lack_of_one(cluster: Cluster, tmp_path: Path) -> None:
    with front(cluster, tmp_path / "front") as before:
        before.rule = lambda _, path: 403 if "selfsubjectaccessreviews" in path else None
        with connected(before.cluster.kubeconfig, tmp_path) as api, pytest.raises(CannotTellError) as error:
            check_rights(api, DeployScope(namespace="shop", release="app"), parsed(WEB))
    assert error.value.code == "RIGHTS_UNSEEN"
