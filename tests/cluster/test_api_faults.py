"""An API server that stops, is slow, refuses, is in conflict, or has too much to do."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stack import LIVE, Stack, stack
from tests.cluster.test_lock import LEASE
from tests.support.api_proxy import Front, front
from tests.support.control_plane import Cluster
from tests.support.sample import step_results


@pytest.fixture
def before(cluster: Cluster, tmp_path: Path) -> Iterator[Front]:
    if cluster.certificate:
        pytest.skip("nobody stands in front of a server that knows its user by a certificate")
    with front(cluster, tmp_path / "front") as made:
        yield made


@pytest.fixture
def live(before: Front, namespace: str, helm: Path, tmp_path: Path) -> Stack:
    """0.1.0 is live, new values are due; everything goes through ``before``."""
    made = stack(tmp_path / "stack", before.cluster, namespace, helm, timeout="8s")
    made.done()
    made.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    return made


def is_lease(method: str, path: str) -> bool:
    return method == "PUT" and "/leases/" in path


def is_release(method: str, path: str) -> bool:
    return method == "GET" and "/secrets/sh.helm.release" in path


@pytest.mark.parametrize("match", [is_lease, is_release])
def test_a_refusal_that_passes_is_gone_on_from(live: Stack, before: Front, match: Any) -> None:
    for number, status in enumerate((429, 500, 503), 1):
        before.refused.clear()
        before.refuse(status, 2, match)
        live.done()
        assert len(before.refused) == 2
        assert live.history()[-1] == (number + 1, "deployed")
        live.sample.edit("chore(live): more", LIVE, f"size: {number + 3}", f"size: {number + 4}")


def test_a_conflict_over_the_lock_is_looked_at_again(live: Stack, before: Front) -> None:
    before.refuse(409, 2, is_lease)
    live.done()
    assert len(before.refused) == 2
    assert live.history()[-1] == (2, "deployed")


def test_a_conflict_over_an_object_is_tried_again_within_the_run(live: Stack, before: Front) -> None:
    def is_change(method: str, path: str) -> bool:
        return method in ("PATCH", "PUT") and "/deployments/web" in path and "dryRun" not in path

    before.refuse(409, 1, is_change)
    live.done()
    assert len(before.refused) == 1
    assert live.history()[-1] == (3, "deployed")
    assert live.record(2)["code"] == "CONFLICT"
    assert live.done()["decision"] == "nothing"


def test_a_conflict_over_the_description_of_a_failure_is_looked_at_again(live: Stack, before: Front) -> None:
    live.sample.commit("chore(live): bad", {LIVE: "image: faults.invalid/crash\n"})
    # helm's own writings come first: the revision is created, and then marked failed
    seen: list[str] = []

    def rule(method: str, path: str) -> int | None:
        if method == "PUT" and path.startswith(
            f"/api/v1/namespaces/{live.namespace}/secrets/sh.helm.release.v1.app.v2"
        ):
            seen.append(path)
            return 409 if len(seen) == 2 else None
        return None

    before.rule = rule
    assert live.run().json["error"]["code"] == "CRASH_LOOP"
    assert len(seen) >= 3
    assert " failed: CRASH_LOOP " in live.helm("history", "app")[1]["description"]


def test_a_slow_server_only_takes_longer(live: Stack, before: Front) -> None:
    before.delay = 0.15
    live.done()
    assert live.history()[-1] == (2, "deployed")


def test_a_server_that_is_away_for_a_moment_fails_nothing(live: Stack, before: Front) -> None:
    """While helm waits: what it writes at the end it sends once, and it would meet a server that is away then."""
    live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:6\n"})
    done = _while_helm_waits(live, before, lambda: _away(before, 1.5))
    assert done.status == 0, done.stderr
    assert live.history()[-1] == (2, "deployed")


def test_a_server_that_stops_is_named_and_the_next_run_heals(live: Stack, before: Front) -> None:
    live.sample.commit("chore(live): slow", {LIVE: "size: 4\nimage: faults.invalid/slow:6\n"})
    ended = _while_helm_waits(live, before, before.down.set)
    assert ended.status in (5, 8), ended.stderr
    assert ended.json["error"]["code"] == "API_UNREACHABLE"
    before.down.clear()
    assert live.history()[-1][1] in ("pending-upgrade", "failed")
    past = {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}
    live.ask(f"{LEASE}/stage6-app", "PATCH", past, "application/merge-patch+json")
    live.done()
    assert [status for _, status in live.history()][-2:] == ["failed", "deployed"]


def test_a_server_that_was_never_there_is_no_decision(live: Stack, before: Front) -> None:
    before.down.set()
    started = time.monotonic()
    for words in (("plan",), ("stage6",), ("status",)):
        ended = live.command(*words)
        assert ended.status == 8
        assert "CLUSTER_UNREACHABLE" in ended.stderr
    assert time.monotonic() - started < 45  # bounded: no attempt without an end


def _away(before: Front, seconds: float) -> None:
    before.down.set()
    threading.Timer(seconds, before.down.clear).start()


def _while_helm_waits(live: Stack, before: Front, happens: Any) -> Any:
    """A run, and something that happens once helm has written its revision."""
    written = threading.Event()

    def rule(method: str, path: str) -> int | None:
        if (
            method == "POST"
            and path.startswith(f"/api/v1/namespaces/{live.namespace}/secrets")
            and not written.is_set()
        ):
            written.set()
            threading.Timer(1.0, happens).start()
        return None

    before.rule = rule
    ended = live.run()
    assert written.is_set()
    return ended


# Rights: a real account, with all of them but one


CHANGE = ["get", "list", "create", "update", "patch", "delete"]
RULES: list[dict[str, list[str]]] = [
    {"apiGroups": [""], "resources": ["secrets"], "verbs": CHANGE},
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
    {"apiGroups": [""], "resources": ["pods", "pods/log", "events", "services"], "verbs": ["get", "list"]},
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["replicasets", "statefulsets", "daemonsets"], "verbs": ["get", "list"]},
    {
        "apiGroups": ["apps"],
        "resources": ["deployments"],
        "verbs": ["get", "list", "create", "update", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": CHANGE},
]


def account(cluster: Cluster, namespace: str, directory: Path, without: tuple[str, str] = ("", "")) -> Cluster:
    """A ServiceAccount that may do what docs/deploy.md lists, but for one verb on one resource."""
    rules = [
        {**rule, "resources": [resource], "verbs": [verb for verb in rule["verbs"] if (resource, verb) != without]}
        for rule in RULES
        for resource in rule["resources"]
    ]
    base = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    cluster.ask(base, "POST", {"metadata": {"name": "deployer"}})
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    cluster.ask(f"{rbac}/roles", "POST", {"metadata": {"name": "deployer"}, "rules": rules})
    cluster.ask(
        f"{rbac}/rolebindings",
        "POST",
        {
            "metadata": {"name": "deployer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
            "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": namespace}],
        },
    )
    token = cluster.ask(f"{base}/deployer/token", "POST", {"spec": {}})["status"]["token"]
    document = json.loads(cluster.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": token}
    file = directory / "deployer.kubeconfig"
    file.write_text(json.dumps(document))
    return replace(cluster, kubeconfig=file)


def test_the_documented_rights_are_enough(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> None:
    live = stack(tmp_path / "stack", account(cluster, namespace, tmp_path), namespace, helm)
    live.done()
    live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
    live.done()
    assert live.history() == [(1, "superseded"), (2, "deployed")]


@pytest.mark.parametrize(
    ("without", "status", "code"),
    [
        (("leases", "create"), 3, "LOCK_FORBIDDEN"),
        (("leases", "get"), 3, "LOCK_FORBIDDEN"),
        (("secrets", "list"), 8, "CLUSTER_FORBIDDEN"),
        (("secrets", "create"), 5, "FORBIDDEN"),
        (("deployments", "create"), 5, "FORBIDDEN"),
        (("pods", "list"), 8, "VERIFY_FORBIDDEN"),
        (("daemonsets", "list"), 0, ""),  # the release has none
        (("events", "list"), 0, ""),
    ],
)
def test_a_right_that_is_missing_is_named(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path, without: tuple[str, str], status: int, code: str
) -> None:
    """Where its precondition only warns; else nothing is begun (tests/cluster/test_rights.py)."""
    more = "    checks: {rights: warn}"
    live = stack(
        tmp_path / "stack", account(cluster, namespace, tmp_path, without), namespace, helm4, more, timeout="5s"
    )
    ended = live.run()
    assert ended.status == status, ended.stderr
    if code == "CLUSTER_FORBIDDEN":
        assert without[0] in ended.json["error"]["message"]
    elif code:
        assert ended.json["error"]["code"] == code, ended.stderr
        assert without[0].removesuffix("s") in ended.json["error"]["message"].lower()
        assert step_results(ended)["verify live"] == ("failed" if code == "VERIFY_FORBIDDEN" else "skipped")
    if code == "VERIFY_FORBIDDEN":  # it stays red until somebody could look
        again = live.run()
        assert (again.status, again.json["decision"], live.history()) == (8, "nothing", [(1, "deployed")])
