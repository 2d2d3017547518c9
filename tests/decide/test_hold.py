"""What the newest revision of a release means: unfinished, failed, by other hands, rolled back."""

from dataclasses import replace
from typing import Any

import pytest

from jetscale_cicd.decide.hold import by_revision
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.plan import HELD, Decision

A, B = "a" * 40, "b" * 40
RECORD = Deployed(version="0.1.0", commit=A, digest="sha256:1", values_digest="sha256:2")
TRIED = Deployed(version="0.2.0", commit=B, digest="sha256:3", values_digest="sha256:4")
FINE = Revision(number=4, status="deployed")
BACK = replace(FINE, rollback=True, rollback_to=2, attempted=TRIED)


def asked(
    revision: Revision,
    latest: str = "0.2.0",
    *,
    record: Deployed = RECORD,
    values_differ: bool = False,
    release_hold: bool = False,
) -> tuple[Decision | None, str]:
    live = replace(record, revision=revision)
    found = by_revision(live, revision, latest, values_differ, release_hold)
    return found or (None, "")


def test_a_revision_that_is_deployed_asks_for_nothing_of_its_own() -> None:
    assert asked(FINE)[0] is None


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback", "uninstalling"])
def test_a_revision_that_is_not_finished_is_due_again(status: str) -> None:
    assert asked(replace(FINE, status=status)) == (
        Decision.REDEPLOY,
        f"revision 4 is {status}: a helm by hand, or a run that died",
    )


def test_a_revision_that_failed_is_due_again() -> None:
    assert asked(replace(FINE, status="failed")) == (Decision.REDEPLOY, "revision 4 is failed")


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        (replace(FINE, status="failed", description="stage6 0.2.0 failed: QUOTA no"), "4 is failed (QUOTA no)"),
        (
            replace(BACK, description="Rollback to 2: by hand, from revision 3"),
            "to 2 (by hand, from revision 3), which",
        ),
        (replace(BACK, description="Rollback to 2"), "to 2, which"),
    ],
)
def test_why_a_revision_is_what_it_is_is_told_again(revision: Revision, says: str) -> None:
    assert says in asked(revision)[1]


def test_a_revision_without_a_record_is_deployed_over() -> None:
    decision, why = asked(FINE, record=replace(RECORD, commit="", digest="", values_digest=""))
    assert decision is Decision.REDEPLOY
    assert "by other hands" in why


def test_a_rollback_holds_what_it_took_back() -> None:
    decision, why = asked(BACK)
    assert decision is Decision.NOTHING
    assert why.startswith(f"{HELD}: revision 4 is a rollback to 2, which took back 0.2.0 of {B[:12]}")


def test_a_version_that_was_not_tried_ends_the_hold() -> None:
    assert asked(BACK, latest="0.3.0")[0] is Decision.REDEPLOY


def test_values_that_were_not_tried_end_the_hold() -> None:
    assert asked(BACK, values_differ=True)[0] is Decision.REDEPLOY


def test_of_a_hand_that_was_rolled_back_nobody_knows_the_values() -> None:
    by_hand = replace(BACK, attempted=replace(TRIED, commit="", values_digest=""))
    assert asked(by_hand, values_differ=True)[0] is Decision.NOTHING


def test_a_rollback_of_what_nobody_remembers_holds_too() -> None:
    decision, why = asked(replace(BACK, attempted=None), latest="0.3.0")
    assert (decision, why.startswith(HELD)) == (Decision.NOTHING, True)


def test_a_rollback_that_failed_is_finished() -> None:
    decision, why = asked(replace(BACK, status="failed"))
    assert (decision, why) == (
        Decision.NOTHING,
        f"{HELD}: revision 4 is a rollback to 2 that is failed, and is brought to its end",
    )


@pytest.mark.parametrize("more", [{"latest": "0.3.0"}, {"values_differ": True}, {"release_hold": True}])
def test_a_rollback_that_failed_is_deployed_over_by_what_is_new(more: Any) -> None:
    assert asked(replace(BACK, status="failed"), **more)[0] is Decision.REDEPLOY


@pytest.mark.parametrize(
    ("holder", "says"), [("run 7", "run 7 is at work on it"), ("", "a helm by hand, or a run that died")]
)
def test_a_pending_revision_says_whether_somebody_is_at_work(holder: str, says: str) -> None:
    assert asked(replace(FINE, status="pending-upgrade", holder=holder))[1].endswith(f": {says}")


def test_what_was_not_verified_is_looked_at_and_not_deployed_again() -> None:
    unverified = replace(FINE, description="stage6 0.1.0 unverified: REQUIRED_SECRET_MISSING")
    assert (asked(unverified)[0], unverified.unverified) == (None, "REQUIRED_SECRET_MISSING")


def test_the_hold_is_released_by_hand() -> None:
    assert asked(BACK, release_hold=True)[0] is Decision.REDEPLOY
