"""What is told of the pipes: all that is wrong, the first cause first, each with its code and a command."""

from typing import Any

import pytest

from jetscale_cicd.decide.cluster.pipe_findings import check_pipes
from jetscale_cicd.decide.cluster.secret_pipes import Pipes
from jetscale_cicd.decide.fields import Object
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from tests.support.pipes import FAILED, NAMESPACE, NOW, STORE_INVALID, event, external_secret, operator, ready, store

APP = external_secret()
HOUR = 3600.0
MERGE = ready("True", "SecretMissing", "secret will not be created due to CreationPolicy=Merge")
CHANGED = {**APP, "metadata": {**APP["metadata"], "generation": 2}}
LEAVING = {**APP, "metadata": {**APP["metadata"], "deletionTimestamp": "2026-01-01T12:00:00Z"}}
LACKING = event(APP, "MissingProviderSecret", "secret does not exist at provider using spec.dataFrom[0]")


def pipes(*things: Object, later: float = 0, **more: Any) -> Pipes:
    stores = {"SecretStore": (store(),), "ClusterSecretStore": (store("shared", "ClusterSecretStore"),)}
    fields = {"secrets": frozenset({"app"}), "stores": stores, "operators": (operator(),), **more}
    return Pipes(namespace=NAMESPACE, now=NOW.timestamp() + later, external_secrets=things, **fields)


def codes(found: tuple[Stage6Error, ...]) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (pipes(APP), []),
        (pipes(), ["EXTERNAL_SECRET_MISSING"]),
        (pipes(readable=False, served=("v1alpha1",)), ["ESO_NOT_SERVED"]),
        (pipes(external_secret(condition=FAILED)), ["EXTERNAL_SECRET_NOT_SYNCED"]),
        (pipes(external_secret(condition=MERGE)), ["EXTERNAL_SECRET_NO_TARGET"]),
        (pipes(APP, secrets=frozenset()), ["EXTERNAL_SECRET_NO_TARGET"]),
        (pipes(external_secret(condition=None)), ["EXTERNAL_SECRET_NOT_SEEN"]),
        (pipes(CHANGED), ["EXTERNAL_SECRET_OUTDATED"]),
        (pipes(LEAVING), ["EXTERNAL_SECRET_NO_TARGET"]),
        (pipes(APP, events=(LACKING,)), ["EXTERNAL_SECRET_NOT_SYNCED"]),
        (pipes(external_secret(refreshInterval="soon")), ["EXTERNAL_SECRET_NOT_SYNCED"]),
        (pipes(APP, operators=(operator(0),)), ["ESO_NOT_WORKING"]),
        (pipes(APP, later=2 * HOUR), ["ESO_NOT_WORKING", "EXTERNAL_SECRET_STALE"]),
        (pipes(APP, stores={"SecretStore": (), "ClusterSecretStore": ()}), ["STORE_MISSING"]),
        (pipes(APP, stores={"SecretStore": (store(condition=None),)}), ["STORE_NOT_READY"]),
        (pipes(APP, stores={"SecretStore": None, "ClusterSecretStore": None}), []),
        (pipes(APP, secrets=None), ["EXTERNAL_SECRETS_UNSEEN"]),
        (pipes(APP, operators=None), []),
    ],
)
def test_one_external_secret_has_the_findings(seen: Pipes, expected: list[str]) -> None:
    found = check_pipes(seen, ("app",), ())
    assert codes(found) == expected
    assert all(each.hint and "kubectl " in each.hint and each.where == f"namespace {NAMESPACE}" for each in found)


@pytest.mark.parametrize(
    ("seen", "required", "expected"),
    [
        (pipes(), ("SecretStore/aws", "ClusterSecretStore/shared", "aws"), []),
        (pipes(), ("SecretStore/shared", "ClusterSecretStore/aws"), ["STORE_MISSING", "STORE_MISSING"]),
        (pipes(stores={"SecretStore": (store(condition=STORE_INVALID),)}), ("SecretStore/aws",), ["STORE_NOT_READY"]),
        (pipes(stores={"SecretStore": None}), ("SecretStore/aws",), ["EXTERNAL_SECRETS_UNSEEN"]),
        (pipes(stores={"SecretStore": None}), ("ClusterSecretStore/x",), ["STORE_MISSING"]),
        (pipes(later=HOUR, operators=None), ("SecretStore/aws",), ["ESO_UNPROVEN"]),
        (pipes(later=HOUR, operators=(operator(0),)), ("SecretStore/aws",), ["ESO_NOT_WORKING"]),
        (pipes(readable=False), ("SecretStore/aws",), ["ESO_NOT_SERVED"]),
        (pipes(readable=False), (), []),
    ],
)
def test_stores_have_the_findings(seen: Pipes, required: tuple[str, ...], expected: list[str]) -> None:
    assert codes(check_pipes(seen, (), required)) == expected


def test_what_could_not_be_listed_is_not_told_as_absent() -> None:
    hidden = Pipes(
        namespace=NAMESPACE,
        now=NOW.timestamp(),
        external_secrets=None,
        secrets=None,
        stores={"SecretStore": None, "ClusterSecretStore": None},
        operators=None,
    )
    found = check_pipes(hidden, ("app",), ("SecretStore/aws", "ClusterSecretStore/shared"))
    assert codes(found) == ["EXTERNAL_SECRETS_UNSEEN"] * 4
    assert {type(each) for each in found} == {CannotTellError}
    asked = [each.hint.partition("kubectl auth can-i list ")[2].split()[0] for each in found]
    group = "external-secrets.io"
    assert asked == [f"externalsecrets.{group}", "secrets", f"secretstores.{group}", f"clustersecretstores.{group}"]


def test_a_store_that_several_use_is_told_once_and_before_them() -> None:
    things = [external_secret(name, FAILED) for name in ("a", "b")]
    seen = pipes(*things, events=(event(things[0], "UpdateFailed", "an older cause"),), stores={"SecretStore": ()})
    found = check_pipes(seen, ("a", "b"), ("SecretStore/aws",))
    assert codes(found) == ["STORE_MISSING", "EXTERNAL_SECRET_NOT_SYNCED", "EXTERNAL_SECRET_NOT_SYNCED"]
    assert all("SecretStore aws" in each.message for each in found)
    assert not any("an older cause" in each.message for each in found)


def test_a_failed_read_names_its_cause_its_key_and_its_store() -> None:
    thing = external_secret(condition=FAILED)
    (found,) = check_pipes(pipes(thing, events=(event(thing, "UpdateFailed", "Secret does not exist"),)), ("app",), ())
    assert isinstance(found, PreconditionError)
    assert all(part in found.message for part in ("Secret does not exist", "prod-app", "SecretStore aws"))
    assert f"kubectl describe externalsecret app --namespace {NAMESPACE}" in found.hint


def test_one_that_reads_once_is_remedied_by_deleting_its_secret() -> None:
    thing = external_secret(refreshPolicy="CreatedOnce", target={"name": "made"})
    changed = {**thing, "metadata": {**thing["metadata"], "generation": 2}}
    (found,) = check_pipes(pipes(changed, secrets=frozenset({"made"})), ("app",), ())
    assert found.hint.endswith(f"kubectl delete secret made --namespace {NAMESPACE}")


def test_each_thing_that_is_wrong_is_told_in_one_look() -> None:
    things = [APP, external_secret("failed", FAILED), external_secret("merge", MERGE), external_secret("new", None)]
    found = check_pipes(pipes(*things), ("app", "failed", "gone", "merge", "new", "failed"), ("SecretStore/x",))
    assert codes(found) == [
        "STORE_MISSING",
        "EXTERNAL_SECRET_NOT_SYNCED",
        "EXTERNAL_SECRET_MISSING",
        "EXTERNAL_SECRET_NO_TARGET",
        "EXTERNAL_SECRET_NOT_SEEN",
    ]


@pytest.mark.parametrize(
    ("coming", "expected"),
    [
        ((), ["STORE_MISSING", "EXTERNAL_SECRET_NOT_SYNCED"]),
        ((("ExternalSecret", "failed"),), ["STORE_MISSING"]),
        ((("SecretStore", "aws"),), []),  # and what reads through it is synced once that is there
        ((("SecretStore", "other"), ("ExternalSecret", "other")), ["STORE_MISSING", "EXTERNAL_SECRET_NOT_SYNCED"]),
    ],
)
def test_what_the_deploy_itself_makes_or_changes_need_not_be_right_before(
    coming: tuple[tuple[str, str], ...], expected: list[str]
) -> None:
    seen = pipes(external_secret("failed", FAILED), stores={"SecretStore": ()})
    assert codes(check_pipes(seen, ("failed",), ("SecretStore/aws",), coming)) == expected


def test_what_nobody_requires_is_not_told() -> None:
    assert check_pipes(pipes(external_secret(condition=FAILED), stores={}), (), ()) == ()
