"""Revisions as Stage 6 wrote them with real helms, before records had a schema and since then, are read alike.

tests/fixtures/revisions holds what Helm kept of one release after the same ten operations: a deploy; one that crashed
and its rollback; a deploy; the command `rollback`; `helm upgrade --reuse-values` by a person; a deploy that failed its
verification; `helm rollback` by a person; a deploy whose process was killed; a deploy.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.decide.cluster.revisions import (
    deployed_record,
    failed_verification,
    is_rollback,
    is_rollback_candidate,
    rollback_to,
)
from jetscale_cicd.model.revision import HelmRevision, RollbackCause
from jetscale_cicd.tools.helm_storage import StoredRelease

FIXTURES = Path(__file__).parents[2] / "fixtures" / "revisions"
EXPECTED = {
    1: ("verified", ""),
    2: ("failed", "CRASH_LOOP"),
    3: ("rollback", ""),
    4: ("verified", ""),
    5: ("rollback", ""),
    6: None,
    7: ("unverified", "REQUIRED_SECRET_MISSING"),
    8: None,
    9: ("interrupted", ""),
    10: ("verified", ""),
}
Revisions = dict[int, HelmRevision]


@pytest.fixture(params=["legacy-helm3", "legacy-helm4", "schema1-helm3", "schema1-helm4"])
def revisions(request: pytest.FixtureRequest) -> Revisions:
    contents: list[Any] = json.loads((FIXTURES / f"{request.param}.json").read_text())
    return {each["version"]: StoredRelease({}, each).revision for each in contents}


def test_what_became_of_each_revision_is_read(revisions: Revisions) -> None:
    records = {number: record_of(revision) for number, revision in revisions.items()}
    assert {number: (str(each.state), each.code) if each else None for number, each in records.items()} == EXPECTED
    assert records[2]
    assert records[2].reason.startswith("pod web-")
    assert records[9]
    assert records[9].reason == "its process ended while the release was pending-upgrade"


def test_why_a_rollback_was_made_is_read(revisions: Revisions) -> None:
    backs = [record.rollback for number in (3, 5) if (record := record_of(revisions[number]))]
    assert [(back.of, back.to, back.cause, back.code) for back in backs if back] == [
        (2, 1, RollbackCause.FAILED_DEPLOY, "CRASH_LOOP"),
        (4, 3, RollbackCause.REQUESTED, ""),
    ]


def test_rollbacks_are_known_whoever_made_them(revisions: Revisions) -> None:
    found = {number: rollback_to(each) for number, each in revisions.items() if is_rollback(each)}
    assert found == {3: 1, 5: 3, 8: 4}


def test_what_failed_cannot_be_brought_back(revisions: Revisions) -> None:
    assert [number for number, each in revisions.items() if not is_rollback_candidate(each)] == [2, 9]
    assert [number for number, each in revisions.items() if failed_verification(each)] == [7]


def test_a_copied_record_is_believed_of_a_rollback_and_not_of_an_upgrade(revisions: Revisions) -> None:
    commits = {number: deployed_record(each, revisions.get).commit for number, each in revisions.items()}
    assert commits[6] == ""
    assert commits[3] == commits[5] == commits[1] != commits[8] == commits[4]
    assert all(commits[number] for number in commits if number != 6)
