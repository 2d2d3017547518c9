"""Helm's storage: what Helm writes is read, what anybody else writes is refused, and only what is asked for changes."""

import base64
import gzip
import json
from typing import Any

import pytest

from jetscale_cicd.tools import helm_storage
from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease
from tests.support.helm_secret import packed, secret, unpacked

Object = dict[str, Any]


def decoded(**more: Any) -> StoredRelease:
    return StoredRelease.decode(secret(**more))


def with_release(data: object) -> Object:
    return {"metadata": {"name": "s"}, "data": {"release": data}}


def twice(content: bytes) -> str:
    return base64.b64encode(base64.b64encode(content)).decode()


def test_what_helm_writes_is_read() -> None:
    hooks = [{"kind": "Job", "name": "migrate"}, {"kind": "Pod", "name": "check"}]
    stored = decoded(number=3, status="failed", description="why", config={"a": 1}, manifest="kind: X", hooks=hooks)
    assert (stored.number, stored.status, stored.description) == (3, "failed", "why")
    assert (stored.chart_version, stored.config, stored.manifest) == ("0.1.0", {"a": 1}, "kind: X")
    assert stored.hooks == {("Job", "migrate"), ("Pod", "check")}


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"metadata": {}},
        {"metadata": {"name": "s"}, "data": None},
        {"metadata": {"name": "s"}, "data": {}},
        with_release(None),
        with_release(7),
        with_release("§"),
        with_release("?"),
        with_release(base64.b64encode(b"e30=").decode()),
        with_release("bm90IGJhc2U2NCBpbnNpZGU="),
        with_release(twice(b"no gzip")),
        with_release(twice(gzip.compress(b"{}")[:-9])),
        with_release(twice(gzip.compress(b"\x1f\x8b"))),
        with_release(twice(gzip.compress(b"no JSON"))),
        with_release(packed([])),
        with_release(packed({"version": 1})),
        with_release(packed({"info": "deployed"})),
    ],
)
def test_what_helm_does_not_write_is_refused(foreign: Object) -> None:
    with pytest.raises(UnreadableRelease):
        StoredRelease.decode(foreign)


@pytest.mark.parametrize(("bound", "readable"), [(0, True), (-1, False)])
def test_what_unpacks_to_more_than_the_bound_is_refused(
    monkeypatch: pytest.MonkeyPatch, bound: int, readable: bool
) -> None:
    made = secret()
    monkeypatch.setattr(helm_storage, "_LARGEST", len(json.dumps(unpacked(made))) + bound)
    if readable:
        assert StoredRelease.decode(made).number == 1
        return
    with pytest.raises(UnreadableRelease):
        StoredRelease.decode(made)


def test_nothing_asked_for_changes_nothing() -> None:
    made = secret(config={"a": [1, "é", "\U0001f600"]}, manifest="ü")
    written = StoredRelease.decode(made).encode()
    assert unpacked(written) == unpacked(made)
    assert {**written, "data": {}} == {**made, "data": {}}


def test_half_a_surrogate_pair_is_what_it_is_to_helm_too() -> None:
    """Go, encoding/json: "invalid UTF-16 surrogate pairs are replaced by U+FFFD"; helm would write that back."""
    assert decoded(config={"a": "\ud800", "b": "\ud83d\ude00"}).config == {"a": "\ufffd", "b": "\U0001f600"}


def test_a_new_status_is_written_where_helm_reads_it_and_where_helm_selects_by_it() -> None:
    written = decoded(status="pending-upgrade").encode(status="failed")
    assert unpacked(written)["info"]["status"] == "failed"
    assert written["metadata"]["labels"]["status"] == "failed"


def test_the_other_labels_and_fields_stay() -> None:
    made = secret(status="pending-upgrade", deleted="", description="d")
    made["metadata"] |= {"resourceVersion": "7", "uid": "u"}
    made["data"]["other"] = "kept"
    written = StoredRelease.decode(made).encode(status="failed", description="e")
    assert written["metadata"] == {**made["metadata"], "labels": {**made["metadata"]["labels"], "status": "failed"}}
    assert written["data"]["other"] == "kept"
    info = unpacked(made)["info"] | {"status": "failed", "description": "e"}
    assert unpacked(written) == {**unpacked(made), "info": info}


def test_a_record_is_written_with_its_values_and_labels_and_the_rest_stays() -> None:
    made = secret(config={"size": 1}, description="Install complete", notes="hello")
    made["metadata"]["resourceVersion"] = "7"
    edited = StoredRelease.decode(made).encode(
        status="failed", description="why", config={"size": 2}, labels={"stage6/state": "failed"}
    )
    after = StoredRelease.decode(edited)
    assert (after.status, after.description, after.config) == ("failed", "why", {"size": 2})
    assert after.content["info"]["notes"] == "hello"
    assert edited["metadata"]["resourceVersion"] == "7"  # or the API server would not refuse a later change
    labels = {**made["metadata"]["labels"], "status": "failed", "stage6/state": "failed"}
    assert edited["metadata"]["labels"] == labels


def test_only_what_is_asked_for_is_written() -> None:
    stored = decoded(status="pending-upgrade", description="d", config={"a": 1})
    described, configured = unpacked(stored.encode(description="e")), unpacked(stored.encode(config={}))
    assert (described["info"]["status"], described["info"]["description"]) == ("pending-upgrade", "e")
    assert described["config"] == {"a": 1}
    assert (configured["info"]["description"], configured["config"]) == ("d", {})


def test_what_is_written_is_no_larger_than_helms_own() -> None:
    text = json.dumps({"info": {}, "manifest": "ü" * 1000}, ensure_ascii=False, separators=(",", ":"))
    stored = StoredRelease.decode(with_release(twice(gzip.compress(text.encode()))))
    raw = base64.b64decode(base64.b64decode(stored.encode()["data"]["release"]))
    assert gzip.decompress(raw) == text.encode()


def test_what_was_read_is_not_changed_by_writing() -> None:
    made = secret(status="pending-upgrade")
    before = json.dumps(made)
    StoredRelease.decode(made).encode(status="failed", description="e", config={"x": 1})
    assert json.dumps(made) == before


@pytest.mark.parametrize(
    ("status", "under_way"),
    [
        ("deployed", False),
        ("superseded", False),
        ("failed", False),
        ("uninstalled", False),
        ("pending-install", True),
        ("pending-upgrade", True),
        ("pending-rollback", True),
        ("uninstalling", True),
        ("unknown", False),
    ],
)
def test_a_helm_is_at_work_on_what_is_pending_or_uninstalling(status: str, under_way: bool) -> None:
    stored = decoded(status=status)
    assert (stored.under_way, stored.revision.pending) == (under_way, under_way)


@pytest.mark.parametrize(
    ("deleted", "was"), [("", False), (None, False), ("0001-01-01T00:00:00Z", False), ("2026-01-01T00:00:00Z", True)]
)
def test_an_uninstallation_is_told_by_its_time(deleted: str | None, was: bool) -> None:
    stored = decoded(deleted=deleted)
    assert (stored.was_uninstalled, stored.revision.uninstalled) == (was, was)


@pytest.mark.parametrize(
    ("metadata", "written"),
    [
        ({"creationTimestamp": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:00Z"),
        (
            {"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": [{"time": "2026-01-03T00:00:00Z"}, {}]},
            "2026-01-03T00:00:00Z",
        ),
        ({"managedFields": None}, ""),
        ({"creationTimestamp": 5, "managedFields": [None, {"time": 5}]}, ""),
    ],
)
def test_when_a_secret_was_written_is_what_the_server_says(metadata: Object, written: str) -> None:
    secret = with_release(packed({"info": {"last_deployed": "2027-01-01T00:00:00Z"}}))
    secret["metadata"] |= metadata
    assert StoredRelease.decode(secret).written == written


def test_a_revision_that_lacks_everything_optional_is_read() -> None:
    stored = StoredRelease.decode(with_release(packed({"info": {}})))
    assert (stored.number, stored.status, stored.chart_version) == (0, "unknown", "")
    assert (stored.config, stored.hooks, stored.manifest) == ({}, frozenset(), "")
    assert stored.was_uninstalled is False


@pytest.mark.parametrize("nothing", [{"config": None}, {"hooks": None}])
def test_what_go_writes_for_nothing_is_nothing(nothing: Object) -> None:
    stored = decoded(**nothing)
    assert (stored.config, stored.hooks) == ({}, frozenset())


def of_chart(*files: tuple[str, str | None]) -> StoredRelease:
    kept = [{"name": name, "data": data and base64.b64encode(data.encode()).decode()} for name, data in files]
    return decoded(chart={"metadata": {"name": "shop", "version": "0.1.0"}, "files": kept})


def test_the_files_of_crds_are_given_as_helm_template_writes_them() -> None:
    stored = of_chart(("README.md", "x"), ("crds/a.yaml", "kind: A"), ("crds/b.json", "{}"), ("crds/notes.txt", "x"))
    assert stored.crds == b"---\n# Source: shop/crds/a.yaml\nkind: A\n---\n# Source: shop/crds/b.json\n{}\n"
    assert of_chart(("crds/empty.yaml", None)).crds == b"---\n# Source: shop/crds/empty.yaml\n\n"
    assert decoded().crds == b""


def test_a_file_that_helm_did_not_write_is_refused() -> None:
    with pytest.raises(UnreadableRelease, match=r"crds/a\.yaml"):
        _ = decoded(chart={"files": [{"name": "crds/a.yaml", "data": "%"}]}).crds


def test_a_decision_gets_what_helm_keeps() -> None:
    given = {"description": "Rollback to 2", "rollback_revision": 2, "config": {"size": 1}}
    revision = decoded(number=4, status="superseded", **given).revision
    assert (revision.release, revision.number, revision.status) == ("app", 4, "superseded")
    assert (revision.description, revision.rollback_revision, revision.first) == ("Rollback to 2", 2, False)
    assert (revision.chart_version, revision.config) == ("0.1.0", {"size": 1})
    assert decoded().revision.rollback_revision is None
    assert decoded(first_deployed="t", last_deployed="t").revision.first
