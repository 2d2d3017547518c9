"""A real External Secrets Operator and a Secrets Manager: what is told of an ExternalSecret is what became of it."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.external_secrets import Sync
from jetscale_cicd.decide.cluster.pipe_findings import check_pipes
from jetscale_cicd.decide.cluster.secret_pipes import Pipes
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.external_secrets import read_pipes
from jetscale_cicd.tools.kubernetes import Kubernetes, open_kubernetes
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.support.canary import leaks
from tests.support.control_plane import Cluster
from tests.support.moto import Moto
from tests.support.secrets_operator import SecretsOperator, aws_provider, ready, running_operator

VALUE = "Zq7xKWv3kP"
HOUR = 3600.0
NAME = "app"


@contextlib.contextmanager
def connected(kubeconfig: Path, directory: Path) -> Iterator[Kubernetes]:
    processes = Processes(Redactor.of(()), lambda *_: None)
    with open_kubernetes(processes, {**os.environ, "KUBECONFIG": str(kubeconfig)}, "", directory) as api:
        yield api


@pytest.fixture(scope="module")
def api(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with connected(cluster.kubeconfig, tmp_path_factory.mktemp("api")) as opened:
        yield opened


def look(api: Kubernetes, namespace: str, later: float = 0) -> Pipes:
    seen = read_pipes(api, Target(name="live", namespace=namespace))
    return replace(seen, now=seen.now + later)


def told(seen: Pipes, *names: str, stores: tuple[str, ...] = ()) -> tuple[Stage6Error, ...]:
    return check_pipes(seen, names or (NAME,), stores)


def codes(found: tuple[Stage6Error, ...]) -> list[str]:
    return [each.code for each in found]


def lacking(seen: Pipes, names: tuple[str, ...], expected: list[str], parts: tuple[str, ...]) -> list[str]:
    """The parts that are not told, and all codes where they are not those; and nothing of a value."""
    found = told(seen, *names)
    said = [f"{each.message} {each.hint} {each.details}" for each in found]
    assert leaks(VALUE, said) == []
    return [part for part in parts if part not in " ".join(said)] + (codes(found) if codes(found) != expected else [])


def eventually(nothing: Callable[[], list[str]]) -> None:
    """Wait until nothing is left: an event comes a moment after the condition that it explains."""
    deadline = time.monotonic() + 10
    while left := nothing():
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


# --- each thing alone ---------------------------------------------------------------------------------------------

MINE = {"user": "u", "password": VALUE}
TEMPLATE = {"template": {"data": {"x": '{{ mustToDate "2006-01-02" .password }}'}}}
UNSYNCED, NO_TARGET = "EXTERNAL_SECRET_NOT_SYNCED", "EXTERNAL_SECRET_NO_TARGET"
Made = tuple[tuple[str, ...], dict[str, Any]]
# What it reads, with the namespace for {}, and its spec; the reason of its condition; the codes; parts of what is told.
ROWS: dict[str, tuple[Made, str, list[str], tuple[str, ...]]] = {
    "a property": ((("{}-mine/user",), {}), "SecretSynced", [], ()),
    "a whole key": ((("{}-mine",), {}), "SecretSynced", [], ()),
    "no Secret is wanted": ((("{}-mine",), {"target": {"creationPolicy": "None"}}), "SecretSynced", [], ()),
    "the key is missing": (
        (("{}-absent",), {}),
        "SecretSyncedError",
        [UNSYNCED],
        ("Secret does not exist", "{}-absent through SecretStore aws"),
    ),
    "the property is missing": (
        (("{}-mine/nope",), {}),
        "SecretSyncedError",
        [UNSYNCED],
        ("key nope does not exist in secret {}-mine",),
    ),
    "the value is no JSON": (
        (("{}-text",), {}),
        "SecretSyncedError",
        [UNSYNCED],
        ("unable to unmarshal secret {}-text",),
    ),
    "the template fails": ((("{}-mine",), {"target": TEMPLATE}), "SecretSyncedError", [UNSYNCED], ("template: x:1:3",)),
    "the store is missing": (
        (("{}-mine",), {"store": "absent"}),
        "SecretSyncedError",
        ["STORE_MISSING", UNSYNCED],
        ("SecretStore absent",),
    ),
    "the store has no login": (
        (("{}-mine",), {"store": "closed"}),
        "SecretSyncedError",
        ["STORE_NOT_READY", UNSYNCED],
        ("SecretStore closed", 'secrets "absent" not found'),
    ),
    "nobody makes its Secret": (
        (("{}-mine",), {"target": {"creationPolicy": "Merge"}}),
        "SecretMissing",
        [NO_TARGET],
        ("SecretMissing",),
    ),
    "its Secret goes with the key": (
        (("{}-absent",), {"target": {"deletionPolicy": "Delete"}}),
        "SecretDeleted",
        [NO_TARGET],
        ("SecretDeleted",),
    ),
    "one of two keys is missing": (
        (("{}-absent", "{}-mine"), {"target": {"deletionPolicy": "Merge"}}),
        "SecretSynced",
        [UNSYNCED],
        ("does not exist at provider", "{}-absent"),
    ),
    "nothing is found": (
        ((), {"dataFrom": [{"find": {"name": {"regexp": "^nothing$"}}}]}),
        "SecretSynced",
        [NO_TARGET],
        ("there is no Secret",),
    ),
    "its Secret is another's": (
        (("{}-mine",), {"target": {"name": "first"}}),
        "SecretSyncedError",
        [UNSYNCED],
        ("owned by another ExternalSecret",),
    ),
}


def prepare(operator: SecretsOperator, namespace: str) -> None:
    """Two values, a store, one without a login, and an ExternalSecret that is synced."""
    operator.moto.put(f"{namespace}-mine", MINE)
    operator.moto.put(f"{namespace}-text", f"{VALUE}, no JSON")
    operator.store(namespace)
    operator.store(namespace, "closed", provider={"aws": aws_provider("absent")})
    operator.external_secret(namespace, "first", f"{namespace}-mine")
    operator.until(namespace, "first", "SecretSynced")


def make(operator: SecretsOperator, namespace: str, made: Made, name: str = NAME) -> None:
    keys, spec = made
    operator.external_secret(namespace, name, *(key.format(namespace) for key in keys), **spec)


@pytest.mark.parametrize("row", ROWS)
def test_what_is_wrong_is_told_alone_with_its_cause(
    secrets_operator: SecretsOperator, namespace: str, api: Kubernetes, row: str
) -> None:
    made, outcome, expected, parts = ROWS[row]
    prepare(secrets_operator, namespace)
    make(secrets_operator, namespace, made)
    secrets_operator.until(namespace, NAME, outcome)
    wanted = tuple(part.format(namespace) for part in parts)
    eventually(lambda: lacking(look(api, namespace), (NAME, "first"), expected, wanted))


def test_all_that_is_wrong_is_told_in_one_look(
    secrets_operator: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    prepare(secrets_operator, namespace)
    rows = {f"row-{number}": row for number, row in enumerate(ROWS.values())}
    for name, (made, _, _, _) in rows.items():
        make(secrets_operator, namespace, made, name)
    for name, (_, outcome, _, _) in rows.items():
        secrets_operator.until(namespace, name, outcome)
    stores, own = ["STORE_MISSING", "STORE_NOT_READY"], [code for row in rows.values() for code in row[2][-1:]]
    expected = [*stores, *own, "EXTERNAL_SECRET_MISSING"]
    eventually(lambda: lacking(look(api, namespace), (*rows, "absent"), expected, ()))


def test_a_login_that_may_not_read_is_named_though_its_store_is_ready(
    secrets_operator: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    operator, moto = secrets_operator, secrets_operator.moto
    moto.put(f"{namespace}-mine", MINE)
    operator.store(namespace, login=moto.user(namespace))
    with moto.rights_enforced():
        operator.external_secret(namespace, NAME, f"{namespace}-mine")
        operator.until(namespace, NAME, "SecretSyncedError")
        parts = ("AccessDeniedException", "secretsmanager:GetSecretValue", f"user/{namespace}")
        eventually(lambda: lacking(look(api, namespace), (NAME,), [UNSYNCED], parts))
    assert check_pipes(look(api, namespace), (), ("SecretStore/aws",)) == ()


# --- the remedy that is told is the remedy ------------------------------------------------------------------------


def follow(cluster: Cluster, command: str) -> None:
    """Type a command that a hint gives."""
    env = {name: os.environ[name] for name in ("PATH", "HOME")} | {"KUBECONFIG": str(cluster.kubeconfig)}
    subprocess.run(["bash", "-c", command], env=env, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    ("spec", "outcome"),
    [
        ({}, "SecretSyncedError"),
        ({"target": {"deletionPolicy": "Merge"}}, "SecretSynced"),
        ({"target": {"deletionPolicy": "Delete"}}, "SecretDeleted"),
    ],
)
def test_a_value_that_was_put_is_synced_at_once_by_the_command_of_the_hint(
    secrets_operator: SecretsOperator, namespace: str, api: Kubernetes, spec: dict[str, Any], outcome: str
) -> None:
    operator = secrets_operator
    prepare(operator, namespace)
    also = (f"{namespace}-mine/user",) if outcome == "SecretSynced" else ()
    operator.external_secret(namespace, NAME, f"{namespace}-late", *also, **spec)
    operator.until(namespace, NAME, outcome)
    eventually(lambda: [] if told(look(api, namespace)) else ["it is not told yet"])
    (found,) = told(look(api, namespace))
    time.sleep(1.1)  # events and refreshes have whole seconds: within one, nobody knows which of them was later
    operator.moto.put(f"{namespace}-late", MINE)
    follow(operator.cluster, found.hint.rpartition("; then: ")[2])
    eventually(lambda: codes(told(look(api, namespace))))


@pytest.mark.parametrize("spec", [{"refreshPolicy": "CreatedOnce"}, {"refreshInterval": "0s"}])
def test_one_that_reads_once_is_synced_again_once_its_secret_is_deleted(
    secrets_operator: SecretsOperator, namespace: str, api: Kubernetes, spec: dict[str, str]
) -> None:
    operator = secrets_operator
    prepare(operator, namespace)
    operator.external_secret(namespace, NAME, f"{namespace}-mine/user", **spec)
    operator.until(namespace, NAME, "SecretSynced")
    assert told(look(api, namespace, 1000 * HOUR)) == ()
    key = {"secretKey": "b", "remoteRef": {"key": f"{namespace}-mine", "property": "password"}}
    operator.patch(namespace, NAME, {"data": [key]})
    (found,) = told(look(api, namespace))
    assert found.code == "EXTERNAL_SECRET_OUTDATED"
    follow(operator.cluster, found.hint.rpartition("deleted: ")[2])
    operator.until(namespace, NAME, "SecretSynced", lambda thing: synced_generation(thing) == "2")
    assert told(look(api, namespace)) == ()


def synced_generation(thing: Any) -> str:
    return str(thing["status"]["syncedResourceVersion"].partition("-")[0])


# --- an operator that ends ----------------------------------------------------------------------------------------


@pytest.fixture
def ended(served_crds: Cluster, moto: Moto, namespace: str, tmp_path: Path) -> SecretsOperator:
    """An operator of this namespace that synced one ExternalSecret, and then died."""
    with running_operator(served_crds, moto, tmp_path / "operator", namespace) as operator:
        moto.put(f"{namespace}-mine", MINE)
        operator.store(namespace)
        operator.external_secret(namespace, NAME, f"{namespace}-mine")
        operator.until(namespace, NAME, "SecretSynced")
    return operator


def test_for_an_interval_what_a_dead_operator_synced_is_as_it_was(
    ended: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    assert told(look(api, namespace)) == ()
    assert told(look(api, namespace, HOUR - 60)) == ()


def test_then_it_is_stale_because_the_operator_died_though_its_condition_is_true(
    ended: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    assert ready(ended.get(namespace, NAME))["status"] == "True"
    assert codes(told(look(api, namespace, 2 * HOUR))) == ["ESO_NOT_WORKING", "EXTERNAL_SECRET_STALE"]


def test_a_change_that_nobody_synced_is_told_though_its_condition_is_true(
    ended: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    ended.patch(namespace, NAME, {"refreshInterval": "2h"})
    assert ready(ended.get(namespace, NAME))["status"] == "True"
    assert codes(told(look(api, namespace))) == ["EXTERNAL_SECRET_OUTDATED"]


def test_a_secret_that_was_deleted_is_told_though_the_condition_is_true(
    ended: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    ended.cluster.ask(f"/api/v1/namespaces/{namespace}/secrets/{NAME}", "DELETE")
    assert codes(told(look(api, namespace))) == [NO_TARGET]


def test_one_that_no_operator_has_seen_may_be_seen_yet_and_after_minutes_is_overdue(
    ended: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    ended.external_secret(namespace, "new", f"{namespace}-mine")
    assert codes(told(look(api, namespace), "new")) == ["EXTERNAL_SECRET_NOT_SEEN"]
    assert codes(told(look(api, namespace, 600), "new")) == ["ESO_NOT_WORKING", "EXTERNAL_SECRET_NOT_SEEN"]


def test_another_operator_that_starts_mends_all_of_it(
    ended: SecretsOperator, namespace: str, api: Kubernetes, tmp_path: Path
) -> None:
    ended.patch(namespace, NAME, {"refreshInterval": "2h"})
    ended.external_secret(namespace, "new", f"{namespace}-mine")
    with running_operator(ended.cluster, ended.moto, tmp_path / "next", namespace) as operator:
        operator.until(namespace, "new", "SecretSynced")
        operator.until(namespace, NAME, "SecretSynced", lambda thing: synced_generation(thing) == "2")
    assert told(look(api, namespace), NAME, "new") == ()


def test_a_store_alone_is_proof_as_long_as_it_is_validated(
    ended: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    required = ("SecretStore/aws",)
    assert check_pipes(look(api, namespace), (), required) == ()
    assert codes(check_pipes(look(api, namespace, HOUR / 2), (), required)) == ["ESO_UNPROVEN"]


# --- what is seen -------------------------------------------------------------------------------------------------


def test_both_versions_of_the_api_say_the_same(
    secrets_operator: SecretsOperator, namespace: str, api: Kubernetes
) -> None:
    prepare(secrets_operator, namespace)
    secrets_operator.external_secret(namespace, NAME, f"{namespace}-absent")
    secrets_operator.until(namespace, NAME, "SecretSyncedError")
    seen = look(api, namespace)
    old = api.items(f"/apis/external-secrets.io/v1beta1/namespaces/{namespace}/externalsecrets")
    states = {each["metadata"]["name"]: seen.state(each) for each in old}
    assert {name: state.sync for name, state in states.items()} == {"first": Sync.SYNCED, NAME: Sync.FAILED}
    assert states[NAME] == seen.state(seen.external_secret(NAME) or {})


def test_a_deployment_shows_whether_it_works(served_crds: Cluster, namespace: str, api: Kubernetes) -> None:
    labels = {"app.kubernetes.io/name": "external-secrets", "test": namespace}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "registry.invalid/eso"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    served_crds.ask(path, "POST", {"metadata": {"name": "eso", "labels": labels}, "spec": spec})
    try:
        until_available(served_crds, f"{path}/eso", 1)
        assert "ESO_UNPROVEN" not in codes(told_of_stores(api, namespace))
        served_crds.ask(f"{path}/eso", "PATCH", {"spec": {"replicas": 0}}, "application/merge-patch+json")
        until_available(served_crds, f"{path}/eso", 0)
        found = told_of_stores(api, namespace)
        assert codes(found) == ["ESO_NOT_WORKING", "STORE_MISSING"]
        assert f"{namespace}/eso" in found[0].message
    finally:
        served_crds.ask(f"{path}/eso", "DELETE")


def told_of_stores(api: Kubernetes, namespace: str) -> tuple[Stage6Error, ...]:
    return check_pipes(look(api, namespace), (), ("SecretStore/aws",))


def until_available(cluster: Cluster, path: str, pods: int) -> None:
    deadline = time.monotonic() + 30
    while (status := cluster.ask(path).get("status", {})).get("availableReplicas", 0) != pods:
        assert time.monotonic() < deadline, f"not {pods} pods within 30 s: {status}"
        time.sleep(0.05)


def test_without_rights_nothing_is_told_as_absent(served_crds: Cluster, namespace: str, tmp_path: Path) -> None:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    token = served_crds.ask(path, "POST", {"spec": {"expirationSeconds": 600}})["status"]["token"]
    document = json.loads(served_crds.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": token}
    file = tmp_path / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(json.dumps(document))
    with connected(file, tmp_path) as nobody:
        found = told(look(nobody, namespace), stores=("SecretStore/aws", "ClusterSecretStore/x"))
    assert codes(found) == ["EXTERNAL_SECRETS_UNSEEN"] * 4
