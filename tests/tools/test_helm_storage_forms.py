"""Helm's release Secrets: read as Helm writes them, and edited so that Helm reads them."""

import base64
import gzip
import json
from typing import Any

import pytest

from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease

TIME = "2026-01-02T03:04:05Z"


def secret(*, info: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    """A Secret of Helm's of revision 4."""
    known = {"status": "deployed", "first_deployed": TIME, "last_deployed": TIME, **(info or {})}
    release = {"name": "app", "version": 4, "chart": {"metadata": {"version": "1.2.3"}}, "info": known, **content}
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    labels = {"owner": "helm", "status": known["status"], "version": "4", "name": "app"}
    metadata = {"name": "sh.helm.release.v1.app.v4", "resourceVersion": "7", "labels": labels}
    return {"metadata": metadata, "data": {"release": base64.b64encode(packed).decode()}}


def stored(**given: Any) -> StoredRelease:
    return StoredRelease.decode(secret(**given))


def test_a_secret_is_read() -> None:
    release = stored(config={"size": 1}, hooks=[{"kind": "Job", "name": "migrate"}], manifest="kind: Pod")
    assert (release.number, release.status, release.chart_version) == (4, "deployed", "1.2.3")
    assert (release.config, release.hooks, release.manifest) == (
        {"size": 1},
        frozenset({("Job", "migrate")}),
        "kind: Pod",
    )


@pytest.mark.parametrize("data", [{}, {"release": "?"}, {"release": base64.b64encode(b"e30=").decode()}])
def test_what_helm_did_not_write_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(UnreadableRelease):
        StoredRelease.decode({**secret(), "data": data})


def test_an_edit_changes_what_it_names_and_nothing_else() -> None:
    before = stored(config={"size": 1}, info={"description": "Install complete", "notes": "hello"})
    edited = before.encode(status="failed", description="why", config={"size": 2}, labels={"stage6/state": "failed"})
    after = StoredRelease.decode(edited)
    assert (after.status, after.description, after.config) == ("failed", "why", {"size": 2})
    assert after.content["info"]["notes"] == "hello"
    assert edited["metadata"]["resourceVersion"] == "7"  # or the API server would not refuse a later change
    assert edited["metadata"]["labels"] == {
        "owner": "helm",
        "status": "failed",  # Helm finds revisions by this one
        "version": "4",
        "name": "app",
        "stage6/state": "failed",
    }


def test_an_edit_of_nothing_changes_nothing() -> None:
    before = stored(config={"key": "größe \ud800"}, info={"description": "Install complete"})
    assert StoredRelease.decode(before.encode()).content == before.content
    assert before.encode()["metadata"] == before.secret["metadata"]


@pytest.mark.parametrize(
    ("status", "pending"),
    [
        ("pending-install", True),
        ("pending-upgrade", True),
        ("pending-rollback", True),
        ("uninstalling", True),
        ("deployed", False),
        ("superseded", False),
        ("failed", False),
        ("uninstalled", False),
    ],
)
def test_what_is_not_finished_is_known_by_its_status(status: str, pending: bool) -> None:
    release = stored(info={"status": status})
    assert (release.under_way, release.revision.pending) == (pending, pending)


@pytest.mark.parametrize(
    ("deleted", "uninstalled"), [(None, False), ("", False), ("0001-01-01T00:00:00Z", False), (TIME, True)]
)
def test_an_uninstallation_is_known_by_its_time(deleted: str | None, uninstalled: bool) -> None:
    assert stored(info={"deleted": deleted}).revision.uninstalled is uninstalled


def test_an_operation_began_when_helm_says_so() -> None:
    assert stored(info={"last_deployed": "a", "deleted": "b"}).begun == "a"
    assert stored(info={"last_deployed": "a", "deleted": "b", "status": "uninstalling"}).begun == "b"


def test_a_decision_gets_what_helm_keeps() -> None:
    info = {"description": "Rollback to 2", "rollback_revision": 2, "last_deployed": "later", "status": "superseded"}
    revision = stored(info=info, config={"size": 1}).revision
    assert (revision.release, revision.number, revision.status) == ("app", 4, "superseded")
    assert (revision.description, revision.rollback_revision, revision.first) == ("Rollback to 2", 2, False)
    assert (revision.chart_version, revision.config) == ("1.2.3", {"size": 1})
    assert stored().revision.rollback_revision is None
    assert stored().revision.first
