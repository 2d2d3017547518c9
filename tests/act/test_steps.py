"""The steps of a plan: in order, stopped by a failure; a locked target is always recorded, unlocked and closed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from jetscale_cicd.act import steps as module
from jetscale_cicd.act.actions import SHARED
from jetscale_cicd.act.context import ActContext, Skipped
from jetscale_cicd.act.deploy.steps import TargetSteps
from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.engine import Delivery, Session
from jetscale_cicd.errors import ConfigurationError, DeployError, Interrupted, PublishError, Stage6Error
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import Deployed, NotDeployed
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Decision, Plan, Step, StepName, StepState, TargetDecision, TargetPlan
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.values import Values
from jetscale_cicd.tools import audit_log
from jetscale_cicd.tools.redact import Redactor

HEAD = "c" * 40
RELEASE = Release(Version(0, 2, 0), "v0.2.0", HEAD)
LOCKED = (StepName.LOCK, StepName.RECOVER, StepName.DEPLOY, StepName.VERIFY, StepName.RECORD)
UNWRITABLE = ConfigurationError("AUDIT_UNWRITABLE", "full")
QUOTA = DeployError("QUOTA", "no")


@dataclass
class FakeSession:
    """A session that refuses whatever comes out of order.

    Args:
        name: of its target.
        log: what was done, in order, by this session and all others.
        fails: what each step raises; a lock step raises after the lock is taken, and before the session says so.
        held: whether the lock is taken.
    """

    name: str
    log: list[str]
    fails: dict[StepName, BaseException]
    held: bool = False
    locked: bool = False
    closed: int = 0
    revisions: NewRevisions = field(default_factory=NewRevisions)
    attempted: Deployed | None = None

    def perform(self, step: StepName) -> str:
        assert step is not StepName.RECORD, "no engine records"
        assert self.closed == 0, f"{step} after the session was closed"
        assert step is StepName.LOCK or self.locked, f"{step} without the lock"
        self.log.append(f"{step} {self.name}")
        self.held = True
        if step in self.fails:
            raise self.fails[step]
        self.locked = True
        if step is StepName.DEPLOY:
            self.revisions.upgrade = 2
        return f"{step} is done"

    def close(self) -> None:
        if self.held:
            self.log.append(f"unlock {self.name}")
        self.closed += 1
        self.held = self.locked = False


@dataclass
class Stage:
    """A run of two targets, with an engine and an audit that log what they are asked for.

    Args:
        fails: what the steps of each target raise.
        refusals: what appending raises, call by call; None appends.
    """

    audit: Path
    fails: dict[str, dict[StepName, BaseException]] = field(default_factory=dict)
    refusals: list[BaseException | None] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    sessions: dict[str, FakeSession] = field(default_factory=dict)
    redact: Redactor = field(default_factory=lambda: Redactor.of(()))

    @property
    def request(self) -> Request:
        return Request(repo=Path(), event=Event(ci="github", kind=EventKind.PUSH), audit=self.audit)

    @property
    def context(self) -> RunContext:
        """It lacks what only publishing and a real engine need."""
        return cast("RunContext", self)

    def announce(self, line: str) -> None:
        self.announced.append(line)

    def open(self, delivery: Delivery) -> Session:
        """The one method of an engine that carrying out steps needs."""
        name = delivery.decided.target.name
        assert name not in self.sessions, f"a second session of {name}"
        self.sessions[name] = FakeSession(name, self.log, self.fails.get(name, {}))
        return self.sessions[name]

    def append(self, file: Path | None, entry: dict[str, object], redact: Redactor) -> str:
        self.log.append(f"append {entry['target']}")
        if self.refusals and (refusal := self.refusals.pop(0)):
            raise refusal
        return audit_log.append_audit(file, entry, redact)

    def begin(self, plan: Plan, release: Release, context: RunContext) -> ActContext:
        names = [each.decided.target.name for each in plan.target_plans]
        values = {name: Values((), namespace="shop-prod", release="app") for name in names}
        return ActContext(plan=plan, release=release, context=context, values=values, secrets={})

    def perform(self, made: Plan) -> dict[str, StepOutcome]:
        """The outcome of each step, by its name and target."""
        outcomes = module.perform(made, self.context)
        return {f"{each.step.name} {each.step.target or ''}".strip(): each for each in outcomes}

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Target and result of each entry of the audit."""
        lines = self.audit.read_text().splitlines() if self.audit.exists() else []
        return [(entry["target"], entry["result"]) for entry in map(json.loads, lines)]

    @property
    def left(self) -> bool:
        """Whether every session was closed, and nothing is locked."""
        return all(each.closed and not each.held for each in self.sessions.values())


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path / "audit")
    monkeypatch.setattr(module, "begin", stage.begin)
    monkeypatch.setattr("jetscale_cicd.act.deploy.steps.engine_of", lambda _: stage)
    monkeypatch.setattr("jetscale_cicd.act.deploy.steps.append_audit", stage.append)
    return stage


def step(name: StepName, target: str | None = None, state: StepState = StepState.NEEDED) -> Step:
    return Step(name=name, state=state, why="it is needed", command="", target=target)


def plan(
    *names: str, steps: tuple[StepName, ...] = LOCKED, shared: tuple[Step, ...] = (), deploy: Release | None = RELEASE
) -> Plan:
    """A plan with the same steps for each target."""
    targets = [Target(name=name, client_name="shop", required_secrets=()) for name in names]
    decided = [
        TargetDecision(
            target=target,
            decision=Decision.REDEPLOY,
            reasons=(),
            compared=Comparison(None, HEAD, ""),
            live=NotDeployed(),
        )
        for target in targets
    ]
    return Plan(
        decision=Decision.REDEPLOY,
        head=HEAD,
        latest=None,
        changes=cast("ChangeSet", None),
        target_plans=tuple(
            TargetPlan(decided=each, steps=tuple(step(name, each.target.name) for name in steps)) for each in decided
        ),
        choice=None,
        deploy=deploy,
        shared=shared,
    )


def results(outcomes: dict[str, StepOutcome]) -> list[str]:
    return [f"{name} {outcome.result}" for name, outcome in outcomes.items()]


def raising(error: BaseException) -> Callable[..., Any]:
    """An action that fails."""

    def action(*_: object) -> Any:
        raise error

    return action


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
def test_a_failing_step_skips_the_rest_but_the_record_of_what_is_locked(stage: Stage, failing: StepName) -> None:
    stage.fails = {"one": {failing: QUOTA}}
    outcomes = stage.perform(plan("one", "two"))
    number = LOCKED.index(failing)
    assert results(outcomes) == [
        *(f"{name} one done" for name in LOCKED[:number]),
        f"{failing} one failed",
        *(f"{name} one skipped" for name in LOCKED[number + 1 : -1]),
        "record one done",
        *(f"{name} two skipped" for name in LOCKED),
    ]
    assert outcomes[f"{failing} one"].error is QUOTA
    assert outcomes["record two"].detail == f"{failing} failed"
    assert list(stage.sessions) == ["one"]
    assert stage.entries == [("one", "unverified" if failing is StepName.VERIFY else "failed")]
    assert stage.left


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
