"""The steps of a plan: in order, and stopped by a failure; what is locked is recorded and unlocked all the same."""

import pytest

from jetscale_cicd.act.actions import SHARED
from jetscale_cicd.act.context import Skipped
from jetscale_cicd.errors import DeployError, Interrupted, PublishError, Stage6Error
from jetscale_cicd.model.outcome import Result
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.step import StepName, StepState
from tests.act.conftest import LOCKED, QUOTA, Stage, plan, raising, results, step

# The order of the steps, and what a failure does


def test_the_steps_of_each_target_are_done_in_order_and_recorded_before_the_lock_is_released(stage: Stage) -> None:
    outcomes = stage.perform(plan("one", "two"))
    each = ["lock {}", "recover {}", "deploy {}", "verify {}", "append {}", "unlock {}"]
    assert stage.log == [done.format(name) for name in ("one", "two") for done in each]
    assert {outcome.result for outcome in outcomes.values()} == {Result.DONE}
    assert stage.entries == [("one", "deployed"), ("two", "deployed")]


def test_without_a_release_to_deploy_nothing_is_done(stage: Stage) -> None:
    assert stage.perform(plan("one", deploy=None)) == {}
    assert stage.log == []


@pytest.mark.parametrize("failing", [StepName.RECOVER, StepName.DEPLOY, StepName.VERIFY])
def test_a_failing_step_skips_what_needs_it_but_the_record_of_what_is_locked(stage: Stage, failing: StepName) -> None:
    stage.fails = {"one": {failing: QUOTA}}
    outcomes = stage.perform(plan("one", "two", needs={"two": ("one",)}))
    number = LOCKED.index(failing)
    assert results(outcomes) == [
        *(f"{name} one done" for name in LOCKED[:number]),
        f"{failing} one failed",
        *(f"{name} one skipped" for name in LOCKED[number + 1 : -1]),
        "record one done",
        *(f"{name} two skipped" for name in LOCKED),
    ]
    assert outcomes[f"{failing} one"].error is QUOTA
    timed = [name for name, outcome in outcomes.items() if outcome.parts]
    assert timed == (["verify one"] if failing is StepName.VERIFY else [])
    assert outcomes["record two"].detail == f"two needs one, and {failing} failed"
    assert list(stage.sessions) == ["one"]
    assert stage.entries == [("one", "unverified" if failing is StepName.VERIFY else "failed")]
    assert stage.left


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("failing", LOCKED[:-1])
def test_a_target_that_fails_keeps_back_only_those_that_need_it(stage: Stage, failing: StepName, jobs: int) -> None:
    stage.fails, stage.jobs = {"one": {failing: QUOTA}}, jobs
    outcomes = stage.perform(plan("one", "two", "three", "four", needs={"three": ("one",), "four": ("three",)}))
    assert [outcome.result for name, outcome in outcomes.items() if name.endswith("two")] == [Result.DONE] * 5
    assert [outcome.result for name, outcome in outcomes.items() if name.endswith(("ree", "four"))] == (
        [Result.SKIPPED] * 10
    )
    assert outcomes["deploy four"].detail == "four needs three, and lock was left out"
    assert ("two", "deployed") in stage.entries
    assert stage.left


def test_a_target_that_is_refused_fails_with_its_error_and_keeps_back_those_that_need_it(stage: Stage) -> None:
    made = plan("one", "two", "three", needs={"three": ("one",)})
    refused = replace(
        made.target_plans[0],
        refused=QUOTA,
        steps=tuple(replace(each, state=StepState.REFUSED) for each in made.target_plans[0].steps),
    )
    outcomes = stage.perform(replace(made, target_plans=(refused, *made.target_plans[1:])))
    assert (outcomes["deploy one"].result, outcomes["deploy one"].error) == (Result.FAILED, QUOTA)
    assert (outcomes["deploy two"].result, outcomes["deploy three"].result) == (Result.DONE, Result.SKIPPED)
    assert list(stage.sessions) == ["two"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_outcomes_are_in_the_order_of_the_plan(stage: Stage, jobs: int) -> None:
    stage.jobs = jobs
    made = plan("one", "two", "three", needs={"three": ("one",)})
    assert list(stage.perform(made)) == [f"{each.name} {each.target}" for each in made.steps]
    assert stage.log.index("unlock one") < stage.log.index("lock three")


def test_a_shared_step_that_fails_skips_every_target(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHARED, StepName.PUBLISH, raising(PublishError("PUSH_FAILED", "no")))
    outcomes = stage.perform(plan("one", shared=(step(StepName.PUBLISH), step(StepName.TAG))))
    assert results(outcomes) == ["publish failed", "tag skipped", *(f"{name} one skipped" for name in LOCKED)]
    assert stage.sessions == {}


def test_a_target_that_is_not_locked_has_nothing_to_record(stage: Stage) -> None:
    stage.fails = {"one": {StepName.LOCK: QUOTA}}
    outcomes = stage.perform(plan("one"))
    assert outcomes["record one"].result is Result.SKIPPED
    assert (stage.entries, stage.left) == ([], True)


@pytest.mark.parametrize(("state", "result"), [("satisfied", Result.SATISFIED), ("held", Result.SKIPPED)])
def test_what_is_not_needed_is_not_done(stage: Stage, state: str, result: Result) -> None:
    outcomes = stage.perform(plan("one", steps=(), shared=(step(StepName.TAG, state=StepState(state)),)))
    assert (outcomes["tag"].result, outcomes["tag"].detail) == (result, "it is needed")


def test_a_step_that_had_nothing_to_do_is_skipped_and_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHARED, StepName.GITHUB_RELEASE, lambda _: Skipped("it exists"))
    outcomes = stage.perform(plan("one", shared=(step(StepName.GITHUB_RELEASE),)))
    assert (outcomes["github-release"].result, outcomes["github-release"].detail) == (Result.SKIPPED, "it exists")
    assert outcomes["deploy one"].result is Result.DONE


def test_a_github_release_that_fails_is_a_warning_and_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHARED, StepName.GITHUB_RELEASE, raising(PublishError("GITHUB_RELEASE", "no")))
    outcomes = stage.perform(plan("one", shared=(step(StepName.GITHUB_RELEASE),)))
    assert (outcomes["github-release"].result, outcomes["deploy one"].result) == (Result.WARNED, Result.DONE)


def test_a_full_disk_is_a_fault_of_this_machine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHARED, StepName.PACKAGE, raising(OSError(28, "No space left on device", "/a")))
    failed = stage.perform(plan("one", shared=(step(StepName.PACKAGE),)))["package"].error
    assert isinstance(failed, PublishError)
    assert (failed.code, failed.where) == ("PUBLISH_FILE", "/a")


def test_a_full_disk_in_a_deploy_is_a_failed_deploy_and_on_record(stage: Stage) -> None:
    stage.fails = {"one": {StepName.DEPLOY: OSError(28, "No space left on device", "/a")}}
    failed = stage.perform(plan("one"))["deploy one"].error
    assert isinstance(failed, DeployError)
    assert (failed.code, stage.entries, stage.left) == ("DEPLOY_FILE", [("one", "failed")], True)


def test_an_error_of_a_step_is_reported_as_it_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    error = Stage6Error("TAGS_MOVED", "no", where="w")
    monkeypatch.setitem(SHARED, StepName.TAG, raising(error))
    outcome = stage.perform(plan(shared=(step(StepName.TAG),)))["tag"]
    assert (outcome.error, outcome.detail) == (error, "no")


# Interruptions


@pytest.mark.parametrize("interrupted", [StepName.RECOVER, StepName.DEPLOY, StepName.VERIFY])
def test_an_interrupted_step_is_recorded_and_unlocked(stage: Stage, interrupted: StepName) -> None:
    stage.fails = {"one": {interrupted: KeyboardInterrupt()}}
    outcomes = stage.perform(plan("one", "two"))
    outcome = outcomes[f"{interrupted} one"]
    assert isinstance(outcome.error, Interrupted)
    assert (outcome.result, outcome.error.where) == (Result.FAILED, f"{interrupted} one")
    assert stage.log[-2:] == ["append one", "unlock one"]
    assert (stage.entries, list(stage.sessions)) == ([("one", "interrupted")], ["one"])


def test_a_lock_step_that_is_interrupted_before_its_session_says_so_is_unlocked(stage: Stage) -> None:
    stage.fails = {"one": {StepName.LOCK: KeyboardInterrupt()}}
    outcomes = stage.perform(plan("one"))
    assert isinstance(outcomes["lock one"].error, Interrupted)
    assert (stage.log, stage.entries) == (["lock one", "unlock one"], [])
