"""Preflight on a real API server: which cluster it is, the namespace, and the Secret for pulling images."""

import base64
import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.stack import Stack, stack, store
from tests.cluster.test_policy import denying, until
from tests.support.api_proxy import front
from tests.support.command import Ended
from tests.support.control_plane import Cluster

FILE = ".stage6.yaml"
CA = "ca-" + "0" * 64


def rows(ended: Ended) -> dict[str, list[tuple[str, str | None]]]:
    """State and code of each row of a preflight, by the id of its check."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for each in ended.json["preconditions"]:
        found.setdefault(each["id"], []).append((each["state"], each["error"] and each["error"]["code"]))
    return found


def preflight(live: Stack, *words: str, **env: str) -> Ended:
    return live.command("preflight", "--output=json", *words, **env)


def records(live: Stack) -> list[str]:
    """The clusters that the remote has a record of."""
    listed = live.sample.repo.git("ls-remote", "origin", "refs/stage6/cluster/*")
    return [line.partition("refs/stage6/cluster/")[2] for line in listed.splitlines()]


def kube_system(cluster: Cluster) -> str:
    uid: str = cluster.ask("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    return uid


@pytest.fixture
def live(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    """A stack with a remote, released by nobody yet."""
    return stack(tmp_path, cluster, namespace, helm)


def test_everything_is_met_and_nothing_is_changed(live: Stack) -> None:
    ended = preflight(live)
    assert (ended.status, ended.json["ready"]) == (0, True), ended.stderr
    assert rows(ended)["cluster"] == [("met", None)]
    assert live.ask("/api/v1/namespaces/{}/secrets")["items"] == []
    assert live.sample.repo.git("tag") == ""


def test_the_first_deploy_records_its_cluster_and_no_later_one_goes_to_another(live: Stack) -> None:
    live.done()
    assert records(live) == [f"live/uid-{kube_system(live.cluster)}"]
    live.sample.repo.git("push", "-q", "origin", f":refs/stage6/cluster/{records(live)[0]}")
    live.sample.repo.git("push", "-q", "origin", f"HEAD:refs/stage6/cluster/live/{CA}")  # of another cluster
    live.sample.edit("fix: another size", "envs/live/values.yaml", "size: 3", "size: 4")
    assert rows(preflight(live))["cluster"] == [("unmet", "CLUSTER_DIFFERS")]
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "CLUSTER_DIFFERS")
    assert live.history() == [(1, "deployed")]


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("{uid}", "met"),
        ("{server}", "met"),
        ("sha256:{authority}", "met"),
        ("00000000-0000-4000-8000-000000000000", "unmet"),
        ("https://elsewhere.invalid:6443", "unmet"),
        ("sha256:" + "0" * 64, "unmet"),
    ],
)
def test_a_target_names_its_cluster_in_each_form(live: Stack, written: str, state: str) -> None:
    config = yaml.safe_load(live.cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    known = {"uid": kube_system(live.cluster), "server": config["server"], "authority": authority_of(config)}
    key = f"    cluster: {written.format(**known)}"
    live.sample.edit("chore: pinned", FILE, "    client_name:", f"{key}\n    client_name:")
    assert [found for found, _ in rows(preflight(live, "--only=cluster"))["cluster"]] == [state]


def authority_of(config: dict[str, Any]) -> str:
    from jetscale_cicd.tools.certificates import der_certificates, fingerprint

    held = config.get("certificate-authority-data")
    pem = base64.b64decode(held) if held else Path(config["certificate-authority"]).read_bytes()
    return fingerprint(next(iter(der_certificates(pem))))


def test_a_missing_namespace_is_made_by_the_run_and_said_before(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, f"{namespace}-new", helm, "    create_namespace: true")
    ended = preflight(live)
    found = {each["id"]: each for each in ended.json["preconditions"]}["namespace"]
    assert (found["state"], found["why"]) == ("met", f"a deploy makes namespace {live.namespace}")
    assert rows(ended)["policy"] == [("warning", "POLICY_UNTRIED")]
    live.done()
    labels = live.ask("/api/v1/namespaces/{}")["metadata"]["labels"]
    assert labels["app.kubernetes.io/managed-by"] == "stage6"
    assert labels["stage6.jetscale.ai/target"] == "live"


def test_the_secret_for_pulling_images_is_made_and_kept_up_to_date(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    more = "    image_pull_secret: {name: pull, environment: IMAGES, registry: images.invalid}"
    live = stack(tmp_path, cluster, namespace, helm, more)
    assert rows(preflight(live))["pull-login"] == [("unmet", "PULL_LOGIN")]
    first = preflight(live, IMAGES="robot:pull-canary-1234")
    assert rows(first)["pull-login"] == [("met", None)]
    ended = live.run(IMAGES="robot:pull-canary-1234")
    assert ended.status == 0, ended.stderr
    assert login(live) == ("robot", "pull-canary-1234")
    live.sample.edit("fix: another size", "envs/live/values.yaml", "size: 3", "size: 4")
    again = live.run(IMAGES="robot:pull-canary-5678")
    assert (again.status, login(live)) == (0, ("robot", "pull-canary-5678"))
    assert all("pull-canary" not in each.stdout + each.stderr for each in (first, ended, again))


def test_a_pull_secret_that_is_not_the_runs_is_refused_before_anything_is_published(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    more = "    image_pull_secret: {name: pull, environment: IMAGES, registry: images.invalid}"
    live = stack(tmp_path, cluster, namespace, helm4, more)
    env = {"IMAGES": "robot:pull-canary-1234"}
    live.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "pull"}})
    assert unmet(preflight(live, **env)) == {"pull-secret": ["PULL_SECRET_FOREIGN"]}
    ended = live.run(**env)
    assert (ended.status, ended.json["error"]["code"]) == (3, "PULL_SECRET_FOREIGN")
    assert (live.sample.published, live.sample.remote_tags) == ([], {})
    live.ask("/api/v1/namespaces/{}/secrets/pull", "DELETE")
    twice = "apiVersion: v1\nkind: Secret\nmetadata: {name: pull}\n"
    live.sample.commit("feat: a Secret of that name", {"charts/app/templates/pull.yaml": twice})
    assert unmet(preflight(live, **env)) == {"pull-secret": ["PULL_SECRET_RENDERED"]}


def test_nothing_is_tried_on_another_cluster(live: Stack) -> None:
    key = "    cluster: 00000000-0000-4000-8000-000000000000"
    live.sample.edit("chore: pinned", FILE, "    client_name:", f"{key}\n    client_name:")
    found = rows(preflight(live))
    assert found.pop("cluster") == [("unmet", "CLUSTER_DIFFERS")]
    assert found["policy"] == [("skipped", None)]


def test_a_released_version_is_proven_and_checked_before_its_first_deploy(live: Stack) -> None:
    need_a_secret(live)
    released = live.command("release", "--output=json")
    assert released.status == 0, released.stderr
    assert unmet(preflight(live)) == {"chart-needs": ["NEEDED_SECRET_MISSING"]}
    assert unmet(preflight(live, "--only=chart-needs")) == {"chart-needs": ["NEEDED_SECRET_MISSING"]}


def test_a_choice_of_checks_says_nothing_of_a_deploy_and_an_empty_one_is_an_error(live: Stack) -> None:
    chosen = preflight(live, "--only=rights")
    assert (chosen.json["ready"], chosen.json["partial"]) == (True, True)
    empty = preflight(live, "--only=rights", "--skip=rights", "--skip=objects", "--skip=published")
    assert (empty.status, empty.json["error"]["code"]) == (2, "NOTHING_CHECKED")
    assert preflight(live, "--only=right").json["error"]["code"] == "UNKNOWN_CHECK"


def login(live: Stack) -> tuple[str, str]:
    secret = live.ask("/api/v1/namespaces/{}/secrets/pull")
    config = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    return config["auths"]["images.invalid"]["username"], config["auths"]["images.invalid"]["password"]


def secret(live: Stack, name: str, **data: str) -> None:
    """Make a Secret in the namespace, as people do."""
    body = {"metadata": {"name": name}, "stringData": data}
    live.ask("/api/v1/namespaces/{}/secrets", "POST", body)


def unmet(ended: Ended) -> dict[str, list[str]]:
    """Codes of what does not hold or cannot be told, by the id of the check."""
    found = {name: [code for state, code in each if code and state != "warning"] for name, each in rows(ended).items()}
    return {name: codes for name, codes in found.items() if codes}


CONTRACT = """
    contract:
      secrets: {db: [URL, USER], cache: }
"""


def test_the_secrets_of_the_contract_have_their_keys(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm, CONTRACT)
    assert unmet(preflight(live)) == {"contract-secrets": ["CONTRACT_SECRET_MISSING", "CONTRACT_SECRET_MISSING"]}
    secret(live, "db", URL="canary-value-1", USR="x")
    secret(live, "cache")
    ended = preflight(live)
    assert unmet(ended) == {"contract-secrets": ["CONTRACT_SECRET_KEY_MISSING"]}
    assert "canary-value-1" not in ended.stdout + ended.stderr
    refused = live.run()
    assert (refused.status, refused.json["error"]["code"]) == (3, "CONTRACT_SECRET_KEY_MISSING")
    assert live.sample.repo.git("tag") == ""
    live.ask("/api/v1/namespaces/{}/secrets/db", "DELETE")
    secret(live, "db", URL="", USER="x")
    assert unmet(preflight(live)) == {"contract-secrets": ["CONTRACT_SECRET_KEY_EMPTY"]}


def need_a_secret(live: Stack) -> None:
    values = "envFrom: [{secretRef: {name: app-db}}]"
    live.sample.edit("feat: a secret", "charts/app/values.yaml", "envFrom: []", values)


def test_what_the_chart_needs_is_there_before_it_is_deployed(live: Stack) -> None:
    need_a_secret(live)
    ended = live.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "NEEDED_SECRET_MISSING")
    assert "kubectl create secret generic app-db" in ended.json["error"]["hint"]
    assert live.ask("/api/v1/namespaces/{}/secrets")["items"] == []
    secret(live, "app-db", URL="x")
    live.done()
    live.ask("/api/v1/namespaces/{}/secrets/app-db", "DELETE")
    assert unmet(preflight(live)) == {"chart-needs": ["NEEDED_SECRET_MISSING"]}


def test_what_is_in_a_revision_that_failed_may_have_been_refused_and_is_tried(live: Stack) -> None:
    live.done()
    spec = yaml.safe_load(
        "failurePolicy: Fail\nmatchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], "
        "operations: [CREATE, UPDATE], resources: [deployments]}]}\nvalidations: [{expression: 'false'}]\n"
    )
    with denying(live.cluster, live.namespace, f"none-{live.namespace}", spec):
        store(live, 1, status="failed")
        until(lambda: unmet(preflight(live)) == {"policy": ["POLICY_DENIED"]})
        store(live, 1, status="deployed")
        assert unmet(preflight(live)) == {}  # it is as it was taken


def test_an_object_of_another_release_is_named(live: Stack) -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    annotations = {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": live.namespace}
    spec = {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "x", "image": "x"}]}},
    }
    body = {"metadata": {"name": "web", "labels": labels, "annotations": annotations}, "spec": spec}
    live.ask("/apis/apps/v1/namespaces/{}/deployments", "POST", body)
    assert unmet(preflight(live)) == {"ownership": ["OBJECT_OF_ANOTHER"]}


def test_checks_are_softened_left_out_and_chosen(live: Stack) -> None:
    need_a_secret(live)
    assert list(rows(preflight(live, "--only=chart-needs"))) == ["objects", "chart-needs"]
    assert preflight(live, "--skip=chart-needs").json["ready"] is True
    live.sample.edit("chore: soft", FILE, "    client_name:", "    checks: {chart-needs: warn}\n    client_name:")
    soft = preflight(live)
    assert (soft.status, rows(soft)["chart-needs"]) == (0, [("warning", "NEEDED_SECRET_MISSING")])
    live.sample.edit("chore: off", FILE, "chart-needs: warn", "chart-needs: off")
    assert rows(preflight(live))["chart-needs"] == [("skipped", None)]


def test_a_preflight_waits_for_what_mends_itself(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm, "    contract: {secrets: {db: [URL]}}")
    late = threading.Timer(12, secret, (live, "db"), {"URL": "x"})  # after the first look, on a busy machine, too
    late.start()
    ended = preflight(live, "--wait=60s")
    assert (ended.status, ended.json["ready"], ended.json["waited"] > 0) == (0, True, True)


MANY = """\
{{- range until (int .Values.size) }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "config-{{ . }}"}
{{- end }}
"""


def test_the_number_of_calls_is_flat_in_the_number_of_objects(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path / "stack", cluster, namespace, helm4, **{"charts/app/templates/many.yaml": MANY})
    asked = []
    for size in (3, 80):
        live.sample.commit(f"chore(live): {size}", {"envs/live/values.yaml": f"size: {size}\n"})
        live.done()
        with front(cluster, tmp_path / f"front-{size}") as before:
            calls: list[str] = []
            before.rule = lambda method, path, calls=calls: calls.append(f"{method} {path}")  # type: ignore[misc]
            assert unmet(preflight(replace(live, cluster=before.cluster))) == {}
            asked.append(Counter(each.partition("?")[0] for each in calls))
    few, many = asked
    assert few.total() < 60
    # Nothing that is deployed is sent again, and each kind is listed once; Helm's history has one revision more.
    assert many.total() - few.total() <= 1, many - few


def test_a_target_that_a_run_would_leave_as_it_is_is_not_ready(live: Stack) -> None:
    live.done()
    first = live.sample.repo.head
    live.sample.edit("fix: another size", "envs/live/values.yaml", "size: 3", "size: 4")
    live.done()
    older = preflight(live, f"--head={first}")
    assert (older.status, older.json["ready"]) == (3, False)
    assert ("unmet", "TARGET_SUPERSEDED") in rows(older)["hold"]
    assert live.command("rollback", "--to=1").status == 0
    held = preflight(live)
    assert (held.status, held.json["ready"], rows(held)["hold"]) == (3, False, [("unmet", "TARGET_HELD")])


def test_a_pending_revision_is_named_before_anything_is_published(live: Stack) -> None:
    live.done()
    store(live, 1, status="pending-upgrade")
    ended = preflight(live)
    assert rows(ended)["pending"] == [("warning", "RELEASE_PENDING")]


def test_another_cluster_is_told_first(live: Stack) -> None:
    sample = live.sample
    sample.edit("ci: it is elsewhere", FILE, "    release:", "    cluster: https://192.0.2.1:443\n    release:")
    ended = preflight(live)
    assert ended.json["error"]["code"] == "CLUSTER_DIFFERS"


def test_what_was_not_asked_for_is_nothing_that_was_checked(live: Stack) -> None:
    ended = preflight(live, "--only=external-secrets")
    assert (ended.status, ended.json["error"]["code"]) == (2, "NOTHING_CHECKED")
    assert preflight(live, "--only=namespace,values").status == 0
