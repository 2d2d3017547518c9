"""The audit of a run and the end of it: every locked target is recorded and unlocked, and every session closed."""

import json

import pytest

from jetscale_cicd.act.deploy.steps import TargetSteps
from jetscale_cicd.errors import Interrupted
from jetscale_cicd.model.outcome import Result
from jetscale_cicd.model.step import StepName
from tests.act.conftest import RELEASE, UNWRITABLE, FakeSession, Stage, plan, raising

# The audit


@pytest.mark.parametrize(
    ("refusal", "result", "entry"),
    [(UNWRITABLE, Result.WARNED, "deployed"), (KeyboardInterrupt(), Result.FAILED, "interrupted")],
)
def test_what_could_not_be_appended_is_appended_at_the_end(
    stage: Stage, refusal: BaseException, result: Result, entry: str
) -> None:
    stage.refusals = [refusal]
    outcomes = stage.perform(plan("one"))
    assert stage.log[-3:] == ["append one", "unlock one", "append one"]
    assert (outcomes["record one"].result, stage.entries) == (result, [("one", entry)])
    written = json.loads(stage.audit.read_text())
    assert written["revision"] == 2


def test_what_could_not_be_appended_stops_no_other_target_and_keeps_no_lock_meanwhile(stage: Stage) -> None:
    stage.refusals = [UNWRITABLE]
    outcomes = stage.perform(plan("one", "two"))
    assert stage.log.index("unlock one") < stage.log.index("lock two")
    assert outcomes["record two"].result is Result.DONE
    assert stage.entries == [("two", "deployed"), ("one", "deployed")]


def test_an_audit_that_stays_unwritable_is_a_warning(stage: Stage) -> None:
    stage.refusals = [UNWRITABLE, UNWRITABLE]
    outcomes = stage.perform(plan("one"))
    assert outcomes["record one"].error is UNWRITABLE
    assert (outcomes["record one"].result, stage.entries, stage.left) == (Result.WARNED, [], True)


def test_a_target_that_was_recorded_is_not_recorded_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where the interruption comes between the entry and the release of the lock."""
    close, raised = FakeSession.close, iter([KeyboardInterrupt()])

    def interrupted(session: FakeSession) -> None:
        for error in raised:
            raise error
        close(session)

    monkeypatch.setattr(FakeSession, "close", interrupted)
    outcomes = stage.perform(plan("one"))
    assert isinstance(outcomes["record one"].error, Interrupted)
    assert (stage.log[-2:], stage.entries) == (["append one", "unlock one"], [("one", "deployed")])


# What is left at the end


def locked(stage: Stage, *names: str) -> TargetSteps:
    """Targets whose lock step is done, and nothing else."""
    made = plan(*names)
    steps = TargetSteps(stage.begin(made, RELEASE, stage.context))
    for each in made.target_plans:
        steps.perform(each, each.steps[0])
    return steps


def test_every_locked_target_is_recorded_and_unlocked_at_the_end(stage: Stage) -> None:
    locked(stage, "one", "two").leave()
    assert stage.log[2:] == ["append one", "unlock one", "append two", "unlock two"]
    assert stage.entries == [("one", "interrupted"), ("two", "interrupted")]


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_a_target_that_cannot_be_recorded_keeps_no_other_one_locked(stage: Stage, fault: BaseException) -> None:
    steps = locked(stage, "one", "two")
    stage.refusals = [fault]
    with pytest.raises(type(fault)):
        steps.leave()
    assert (stage.entries, stage.left) == ([("two", "interrupted")], True)


def test_an_entry_that_cannot_be_built_keeps_no_target_locked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetscale_cicd.act.deploy.steps.audit_entry", raising(RuntimeError("a bug")))
    with pytest.raises(RuntimeError, match="a bug"):
        stage.perform(plan("one", "two"))
    assert stage.log[-1] == "unlock one"
    assert stage.left


def test_a_refusal_at_the_end_does_not_replace_the_error_of_the_run(stage: Stage) -> None:
    steps = locked(stage, "one")
    stage.refusals = [UNWRITABLE]
    steps.leave()
    assert (stage.entries, stage.left) == ([], True)


def test_a_session_that_locks_nothing_is_closed_and_not_recorded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeSession, "perform", lambda session, step: f"{step} is done")
    stage.perform(plan("one", steps=(StepName.DEPLOY,)))
    assert (stage.sessions["one"].closed, stage.entries) == (1, [])
