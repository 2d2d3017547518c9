"""What the newest revision of a release means: pending, failed, unmanaged, rolled back."""

from dataclasses import replace
from typing import Any

import pytest

from jetscale_cicd.decide.hold import Verdict, by_revision
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.plan import Decision, Hold
from jetscale_cicd.model.revision import RevisionRecord, RevisionState, RollbackCause, RollbackRecord

A, B = "a" * 40, "b" * 40
RECORD = Deployed(version="0.1.0", commit=A, digest="sha256:1", values_digest="sha256:2")
TRIED = Deployed(
    version="0.2.0",
    commit=B,
    digest="sha256:3",
    values_digest="sha256:4",
    revision=Revision(number=3, status="superseded"),
)
FINE = Revision(number=4, status="deployed")
BACK = replace(FINE, rollback=True, rollback_to=2, attempted=TRIED)


def asked(
    revision: Revision,
    latest: str = "0.2.0",
    *,
    record: Deployed = RECORD,
    values_differ: bool = False,
    release_hold: bool = False,
) -> Verdict | None:
    live = replace(record, revision=revision)
    return by_revision(live, revision, latest, values_differ, release_hold)


def decided(revision: Revision, latest: str = "0.2.0", **more: Any) -> Decision:
    verdict = asked(revision, latest, **more)
    assert verdict
    return verdict.decision


def held(revision: Revision, latest: str = "0.2.0", **more: Any) -> Hold:
    """The hold of a revision that asks for nothing to be deployed."""
    verdict = asked(revision, latest, **more)
    assert verdict
    assert verdict.decision is Decision.NOTHING
    assert verdict.hold
    return verdict.hold


def of(state: RevisionState, **more: Any) -> RevisionRecord:
    return RevisionRecord(revision=4, state=state, **more)


def back(cause: RollbackCause, code: str = "") -> RevisionRecord:
    return of(RevisionState.ROLLBACK, rollback=RollbackRecord(of=3, to=2, cause=cause, code=code))


def test_a_revision_that_is_deployed_asks_for_nothing_of_its_own() -> None:
    assert asked(FINE) is None


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback", "uninstalling"])
def test_a_revision_that_is_not_finished_is_due_again(status: str) -> None:
    assert decided(replace(FINE, status=status)) is Decision.REDEPLOY


def test_a_revision_that_failed_is_due_again() -> None:
    verdict = asked(replace(FINE, status="failed"))
    assert verdict == Verdict(decision=Decision.REDEPLOY, why="revision 4 is failed")


@pytest.mark.parametrize("state", [RevisionState.FAILED, RevisionState.INTERRUPTED])
def test_why_a_revision_failed_is_named(state: RevisionState) -> None:
    verdict = asked(replace(FINE, status="failed", record=of(state, code="QUOTA", reason="no")))
    assert verdict
    assert verdict.why == "revision 4 is failed (QUOTA no)"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (back(RollbackCause.REQUESTED), "requested at revision 3"),
        (back(RollbackCause.FAILED_DEPLOY, "CRASH_LOOP"), "revision 3 failed with CRASH_LOOP"),
        (back(RollbackCause.COMPLETION), "completes the rollback of revision 3"),
        (None, ""),
    ],
)
def test_a_hold_names_both_revisions_and_why_the_rollback_was_made(record: RevisionRecord | None, why: str) -> None:
    hold = held(replace(BACK, record=record))
    assert (hold.revision, hold.of, hold.to, hold.why, hold.status) == (4, 3, 2, why, "deployed")
    assert not hold.unfinished
    assert why in hold.sentence


@pytest.mark.parametrize("code", ["QUOTA", "MISSING_SECRET", "UNSCHEDULABLE", "CONFLICT", "WEBHOOK_UNAVAILABLE"])
def test_what_was_taken_back_for_a_reason_outside_the_commit_is_tried_again(code: str) -> None:
    verdict = asked(replace(BACK, record=back(RollbackCause.FAILED_DEPLOY, code)))
    assert verdict
    assert (verdict.decision, verdict.hold) == (Decision.REDEPLOY, None)
    assert code in verdict.why


@pytest.mark.parametrize("code", ["CRASH_LOOP", "IMAGE_PULL", "INVALID_OBJECT", "A_CODE_OF_ANOTHER_VERSION", ""])
def test_what_was_taken_back_for_its_own_fault_is_held(code: str) -> None:
    assert held(replace(BACK, record=back(RollbackCause.FAILED_DEPLOY, code))).of == 3


def test_no_description_is_read() -> None:
    words = ("HELD: Rollback to 1: stage6 failed: unverified: me", "Rollback to 2")
    assert [asked(replace(FINE, description=each)) for each in words] == [None, None]


def test_a_revision_without_a_record_is_deployed_over() -> None:
    assert decided(FINE, record=replace(RECORD, commit="", digest="", values_digest="")) is Decision.REDEPLOY


def test_a_rollback_holds_what_it_took_back() -> None:
    verdict = asked(BACK)
    assert verdict
    assert verdict.hold
    assert verdict.why == f"HELD: {verdict.hold.sentence}"
    assert f"took back 0.2.0 of {B[:12]}" in verdict.hold.sentence


def test_a_version_that_was_not_tried_ends_the_hold() -> None:
    assert decided(BACK, latest="0.3.0") is Decision.REDEPLOY


def test_values_that_were_not_tried_end_the_hold() -> None:
    assert decided(BACK, values_differ=True) is Decision.REDEPLOY


def test_of_an_unmanaged_deploy_that_was_rolled_back_the_values_are_not_known() -> None:
    unmanaged = replace(BACK, attempted=replace(TRIED, commit="", values_digest=""))
    assert held(unmanaged, values_differ=True).to == 2


def test_a_rollback_of_what_helm_no_longer_keeps_holds_too() -> None:
    assert held(replace(BACK, attempted=None), latest="0.3.0").of is None


def test_a_rollback_that_failed_is_completed() -> None:
    hold = held(replace(BACK, status="failed"))
    assert (hold.unfinished, hold.status) == (True, "failed")


@pytest.mark.parametrize("more", [{"latest": "0.3.0"}, {"values_differ": True}, {"release_hold": True}])
def test_a_rollback_that_failed_is_deployed_over_by_what_is_new(more: Any) -> None:
    assert decided(replace(BACK, status="failed"), **more) is Decision.REDEPLOY


@pytest.mark.parametrize("holder", ["run 7", ""])
def test_a_pending_revision_names_the_holder_of_the_lock(holder: str) -> None:
    verdict = asked(replace(FINE, status="pending-upgrade", holder=holder))
    assert verdict
    assert holder in verdict.why


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (of(RevisionState.UNVERIFIED, code="REQUIRED_SECRET_MISSING"), "REQUIRED_SECRET_MISSING"),
        (of(RevisionState.UNVERIFIED, reason="not yet checked"), "not yet checked"),
        (of(RevisionState.INTERRUPTED, reason="the run was interrupted"), "the run was interrupted"),
        (of(RevisionState.FAILED, code="SMOKE_TEST_FAILED"), "SMOKE_TEST_FAILED"),  # a run died before it took it back
        (of(RevisionState.VERIFIED), ""),
        (back(RollbackCause.REQUESTED), ""),
        (None, ""),
    ],
)
def test_what_was_not_verified_is_verified_and_not_deployed_again(record: RevisionRecord | None, why: str) -> None:
    revision = replace(FINE, record=record)
    assert (asked(revision), revision.unverified) == (None, why)


def test_what_failed_needs_no_verification() -> None:
    assert replace(FINE, status="failed", record=of(RevisionState.UNVERIFIED, code="QUOTA")).unverified == ""


def test_a_hold_is_released_on_request() -> None:
    assert decided(BACK, release_hold=True) is Decision.REDEPLOY
