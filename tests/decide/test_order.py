"""A target waits for those that it needs: until they have what it would get, live and verified."""

import pytest

from jetscale_cicd.decide.order import wait_for_needed
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, NotObserved, Revision
from jetscale_cicd.model.plan import Decision, Hold, TargetDecision, Waiting
from jetscale_cicd.model.revision import RevisionRecord, RevisionState
from jetscale_cicd.model.target import Target

A = "a" * 40
HOLD = Hold(revision=3, of=2, to=1, why="", status="deployed", sentence="revision 3 is a rollback to 1")


def live(state: RevisionState = RevisionState.VERIFIED) -> Deployed:
    record = RevisionRecord(revision=1, state=state, code="PROBE_FAILED" if state is RevisionState.UNVERIFIED else "")
    revision = Revision(number=1, status="deployed", record=record)
    return Deployed(version="0.1.0", commit=A, digest="", values_digest="", revision=revision)


def decided(
    name: str,
    decision: Decision = Decision.NOTHING,
    needs: tuple[str, ...] = (),
    seen: LiveState | None = None,
    *,
    superseded: bool = False,
    hold: Hold | None = None,
) -> TargetDecision:
    """The decision for a target."""
    return TargetDecision(
        target=Target(name=name, needs=needs),
        decision=decision,
        reasons=(),
        compared=Comparison(None, A, ""),
        live=seen or live(),
        superseded=superseded,
        hold=hold,
    )


def prod(decision: Decision = Decision.REDEPLOY) -> TargetDecision:
    return decided("prod", decision, needs=("staging",))


def waiting(staging: TargetDecision, *, left_out: bool, of: TargetDecision | None = None) -> Waiting | None:
    """For what prod waits."""
    of = of or prod()
    found = wait_for_needed([of], [staging]) if left_out else wait_for_needed([staging, of])
    return found[-1].waiting


@pytest.mark.parametrize("decision", [Decision.PUBLISH, Decision.REDEPLOY])
def test_what_the_same_run_brings_up_to_date_is_not_waited_for(decision: Decision) -> None:
    assert waiting(decided("staging", decision), left_out=False, of=prod(decision)) is None
    unverified = decided("staging", seen=live(RevisionState.UNVERIFIED))
    assert waiting(unverified, left_out=False) is None


@pytest.mark.parametrize("decision", [Decision.PUBLISH, Decision.REDEPLOY])
@pytest.mark.parametrize("seen", [live(), NotDeployed()])
def test_what_a_run_leaves_out_is_waited_for_until_it_has_it(decision: Decision, seen: LiveState) -> None:
    found = waiting(decided("staging", decision, seen=seen), left_out=True)
    assert found
    assert (found.needed, found.left_out, found.unseen) == ("staging", True, False)


def test_what_a_run_leaves_out_has_to_be_verified() -> None:
    found = waiting(decided("staging", seen=live(RevisionState.UNVERIFIED)), left_out=True)
    assert found
    assert found.left_out
    assert "PROBE_FAILED" in found.why


@pytest.mark.parametrize("left_out", [False, True])
def test_what_is_up_to_date_and_verified_is_not_waited_for(left_out: bool) -> None:
    assert waiting(decided("staging"), left_out=left_out) is None


@pytest.mark.parametrize("left_out", [False, True])
@pytest.mark.parametrize("kept", [{"hold": HOLD}, {"superseded": True}])
def test_what_is_held_or_newer_is_waited_for_and_a_run_that_leaves_it_out_is_refused(
    kept: dict[str, object], left_out: bool
) -> None:
    staging = decided("staging", **kept)  # type: ignore[arg-type]
    found = waiting(staging, left_out=left_out)
    assert found
    assert (found.left_out, found.unseen) == (left_out, False)


@pytest.mark.parametrize("left_out", [False, True])
def test_what_was_not_observed_is_never_taken_for_up_to_date(left_out: bool) -> None:
    found = waiting(decided("staging", seen=NotObserved("there is no kubeconfig")), left_out=left_out)
    assert found
    assert found.unseen


def test_who_waits_keeps_others_waiting() -> None:
    far = decided("far", Decision.REDEPLOY, needs=("prod",))
    other = decided("other", Decision.REDEPLOY)
    found = wait_for_needed([decided("staging", hold=HOLD), prod(), far, other])
    assert [each.decision for each in found] == [Decision.NOTHING] * 3 + [Decision.REDEPLOY]
    assert [each.waiting.needed if each.waiting else None for each in found] == [None, "staging", "prod", None]


def test_who_has_nothing_to_do_does_not_wait() -> None:
    assert waiting(decided("staging", hold=HOLD), left_out=False, of=prod(Decision.NOTHING)) is None
