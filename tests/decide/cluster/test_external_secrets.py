"""Whether an ExternalSecret is synced; conditions, reasons and messages are those of the real operator (0.16.2)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.external_secrets import (
    StoreRef,
    Sync,
    remote_keys,
    store_refs,
    sync_state,
    target_secret,
)
from jetscale_cicd.decide.fields import Object
from tests.support.pipes import FAILED, NOW, PROVIDER_FAILED, SYNCED, at, event, external_secret, ready

SECRETS = frozenset({"app"})
HOUR = 3600.0
MERGE = ready("True", "SecretMissing", "secret will not be created due to CreationPolicy=Merge")
DELETED = ready("True", "SecretDeleted", "secret deleted due to DeletionPolicy=Delete")
APP = external_secret()


def verdict(
    thing: Object, events: list[Object] | None = None, secrets: frozenset[str] | None = SECRETS, later: float = 0
) -> Sync:
    return sync_state(thing, events or [], secrets, NOW.timestamp() + later).sync


def changed(thing: Object, **fields: Any) -> Object:
    """With other fields of its metadata or status."""
    parts = {name: {**thing[name], **fields[name]} for name in fields}
    return {**thing, **parts}


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (APP, Sync.SYNCED),
        (external_secret(condition=FAILED), Sync.FAILED),
        (external_secret(condition=MERGE), Sync.TARGET_MISSING),
        (external_secret(condition=DELETED), Sync.TARGET_MISSING),
        (external_secret(condition=None), Sync.NOT_SEEN),
        (external_secret(condition=ready("True", "Renamed", "another version")), Sync.UNREADABLE),
        (external_secret(condition=ready("Unknown", "SecretSynced", "")), Sync.FAILED),
        (changed(APP, status={"conditions": []}), Sync.NOT_SEEN),
        (changed(APP, metadata={"deletionTimestamp": at(0)}), Sync.LEAVING),
        (changed(APP, metadata={"generation": 2}), Sync.OUTDATED),
        (changed(APP, metadata={"generation": 11}, status={"syncedResourceVersion": "1-f47f"}), Sync.OUTDATED),
        (changed(APP, metadata={"generation": 1}, status={"syncedResourceVersion": "11-f47f"}), Sync.OUTDATED),
        (changed(APP, status={"syncedResourceVersion": ""}), Sync.OUTDATED),
        (changed(APP, status={"refreshTime": None}), Sync.UNREADABLE),
        (changed(APP, metadata={"generation": "1"}), Sync.UNREADABLE),
        (external_secret(refreshInterval="soon"), Sync.UNREADABLE),
        (external_secret("other"), Sync.TARGET_MISSING),
        (external_secret("other", target={"name": "app"}), Sync.SYNCED),
        (external_secret(target={"name": "other"}), Sync.TARGET_MISSING),
        (external_secret("other", target={"creationPolicy": "None"}), Sync.SYNCED),
        (external_secret("other", target={"creationPolicy": "Orphan"}), Sync.TARGET_MISSING),
    ],
)
def test_what_it_is_follows_from_condition_generation_and_secret(thing: Object, expected: Sync) -> None:
    assert verdict(thing) is expected


@pytest.mark.parametrize(
    ("spec", "later", "expected"),
    [
        ({}, HOUR, Sync.SYNCED),
        ({}, HOUR + 290, Sync.SYNCED),
        ({}, HOUR + 310, Sync.STALE),
        ({}, -HOUR, Sync.STALE),
        ({"refreshInterval": None}, HOUR, Sync.SYNCED),
        ({"refreshInterval": None}, 2 * HOUR, Sync.STALE),
        ({"refreshInterval": "1m"}, 110, Sync.SYNCED),
        ({"refreshInterval": "1m"}, 130, Sync.STALE),
        ({"refreshPolicy": "Periodic"}, 2 * HOUR, Sync.STALE),
        ({"refreshPolicy": "AnotherVersions"}, 2 * HOUR, Sync.STALE),
        ({"refreshPolicy": "CreatedOnce"}, 1000 * HOUR, Sync.SYNCED),
        ({"refreshPolicy": "OnChange"}, 1000 * HOUR, Sync.SYNCED),
        ({"refreshInterval": "0"}, 1000 * HOUR, Sync.SYNCED),
        ({"refreshInterval": "0s"}, 1000 * HOUR, Sync.SYNCED),
        ({"refreshInterval": "-1m"}, 1000 * HOUR, Sync.SYNCED),
    ],
)
def test_one_that_is_refreshed_periodically_is_stale_a_margin_after_its_interval(
    spec: dict[str, Any], later: float, expected: Sync
) -> None:
    assert verdict(external_secret(**spec), later=later) is expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"refreshPolicy": "CreatedOnce"}, Sync.FROZEN),
        ({"refreshInterval": "0s"}, Sync.FROZEN),
        ({"refreshInterval": "0s", "refreshPolicy": "Periodic"}, Sync.FROZEN),
        ({"refreshInterval": "0s", "refreshPolicy": "OnChange"}, Sync.OUTDATED),
        ({"refreshPolicy": "OnChange"}, Sync.OUTDATED),
        ({}, Sync.OUTDATED),
    ],
)
def test_one_that_reads_once_is_never_synced_again_after_a_change(spec: dict[str, Any], expected: Sync) -> None:
    assert verdict(changed(external_secret(**spec), metadata={"generation": 2})) is expected


def test_one_that_nobody_saw_is_overdue_after_minutes() -> None:
    young = changed(external_secret(condition=None), metadata={"creationTimestamp": at(-60)})
    assert sync_state(young, [], SECRETS, NOW.timestamp()).due is None
    assert sync_state(young, [], SECRETS, NOW.timestamp() + 120).due == NOW.timestamp() - 60


def test_secrets_that_could_not_be_listed_are_not_absent() -> None:
    assert verdict(external_secret("other"), secrets=None) is Sync.SYNCED


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ([], f"SecretSyncedError: {PROVIDER_FAILED}"),
        ([event(APP, "UpdateFailed", "Secret does not exist")], "Secret does not exist"),
        ([event(APP, "UpdateFailed", "old", -40), event(APP, "UpdateFailed", "new", -20)], "new"),
        ([event(APP, "UpdateFailed", "just before the condition", -64)], "just before the condition"),
        ([event(APP, "UpdateFailed", "of a failure before", -600)], f"SecretSyncedError: {PROVIDER_FAILED}"),
        ([event(APP, "Created", "secret created")], f"SecretSyncedError: {PROVIDER_FAILED}"),
        ([{"reason": "UpdateFailed", "message": 7, "lastTimestamp": at(0)}], f"SecretSyncedError: {PROVIDER_FAILED}"),
    ],
)
def test_the_cause_of_a_failure_is_its_newest_event_else_the_condition(events: list[Object], cause: str) -> None:
    assert sync_state(external_secret(condition=FAILED), events, SECRETS, NOW.timestamp()).cause == cause


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-60, Sync.INCOMPLETE), (-59, Sync.INCOMPLETE), (-61, Sync.SYNCED), (-600, Sync.SYNCED)]
)
def test_a_key_that_the_last_refresh_did_not_find_leaves_it_incomplete(seconds: float, expected: Sync) -> None:
    lacking = event(APP, "MissingProviderSecret", "secret does not exist at provider using spec.dataFrom[0]", seconds)
    assert verdict(external_secret(target={"deletionPolicy": "Merge"}), [lacking]) is expected


@pytest.mark.parametrize(
    ("spec", "keys", "refs"),
    [
        ({}, ("prod-app",), (StoreRef("SecretStore", "aws"),)),
        (
            {
                "data": [{"secretKey": "a", "remoteRef": {"key": "k", "property": "p"}}, {"remoteRef": {"key": "k"}}],
                "dataFrom": [{"find": {"name": {"regexp": "^x"}}}, {"find": {"tags": {"a": "b"}}}],
                "secretStoreRef": {"name": "aws"},
            },
            ("k (p)", "k", "every key like ^x", "every key with certain tags"),
            (StoreRef("SecretStore", "aws"),),
        ),
        (
            {
                "data": [
                    {"remoteRef": {"key": "k"}, "sourceRef": {"storeRef": {"name": "b", "kind": "ClusterSecretStore"}}}
                ],
                "dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "g"}}}],
                "secretStoreRef": {},
            },
            ("k",),
            (StoreRef("ClusterSecretStore", "b"),),
        ),
        ({"data": "x", "dataFrom": [7, {"extract": []}], "secretStoreRef": []}, (), ()),
    ],
)
def test_what_it_reads_and_through_which_store(spec: dict[str, Any], keys: Any, refs: Any) -> None:
    thing = external_secret(**spec)
    assert (remote_keys(thing), store_refs(thing)) == (keys, refs)


def test_its_secret_has_its_name_unless_it_says_another() -> None:
    assert target_secret(external_secret(target={"name": "x"})) == "x"
    assert target_secret(external_secret(target=None)) == "app"
    assert target_secret(external_secret(target={"creationPolicy": "None", "name": "x"})) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "key", "kind", "x"]), inner),
    max_leaves=5,
)
FIELDS = ("metadata", "spec", "status")
INNER = {
    "metadata": ("name", "uid", "generation", "creationTimestamp", "deletionTimestamp"),
    "spec": ("data", "dataFrom", "refreshInterval", "refreshPolicy", "secretStoreRef", "target"),
    "status": ("conditions", "refreshTime", "syncedResourceVersion"),
}


@given(field=st.sampled_from(FIELDS), data=st.data())
def test_no_type_of_a_field_breaks_it_nor_makes_it_synced_without_status(field: str, data: st.DataObject) -> None:
    thing = external_secret()
    inner = data.draw(st.sampled_from((*INNER[field], "")))
    value = data.draw(JSON)
    thing = {**thing, field: {**thing[field], inner: value} if inner else value}
    state = sync_state(thing, [event(APP, "UpdateFailed", "m")], SECRETS, NOW.timestamp())
    remote_keys(thing), store_refs(thing), target_secret(thing)
    if field == "status" and value != external_secret()["status"].get(inner):
        assert state.sync is not Sync.SYNCED


@given(condition=st.sampled_from([FAILED, MERGE, DELETED]), interval=st.sampled_from(["1h", "0", "1m"]))
def test_whatever_else_holds_nothing_but_secret_synced_is_synced(condition: Object, interval: str) -> None:
    assert verdict(external_secret(condition=condition, refreshInterval=interval)) is not Sync.SYNCED
    assert verdict(external_secret(condition=SYNCED, refreshInterval=interval)) is Sync.SYNCED
