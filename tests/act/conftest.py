"""A run of several targets, with an engine and an audit that log what they are asked for."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jetscale_cicd.act import steps as module
from jetscale_cicd.act.context import ActContext
from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.engine import Delivery, Session
from jetscale_cicd.errors import ConfigurationError, DeployError
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import Deployed, NotDeployed
from jetscale_cicd.model.outcome import PartName, StepOutcome, StepPart
from jetscale_cicd.model.plan import Decision, Plan, TargetDecision, TargetPlan
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.step import Step, StepName, StepState
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

    def parts_of(self, step: StepName) -> tuple[StepPart, ...]:
        return (StepPart(name=PartName.OBJECTS, seconds=1.5),) if step is StepName.VERIFY else ()

    def close(self) -> None:
        if self.held:
            self.log.append(f"unlock {self.name}")
        self.closed += 1
        self.held = self.locked = False


@dataclass
class Stage:
    """A run of some targets, with an engine and an audit that log what they are asked for.

    Args:
        jobs: how many targets at a time.
        fails: what the steps of each target raise.
        refusals: what appending raises, call by call; None appends.
    """

    audit: Path
    fails: dict[str, dict[StepName, BaseException]] = field(default_factory=dict)
    refusals: list[BaseException | None] = field(default_factory=list)
    jobs: int = 1
    log: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    sessions: dict[str, FakeSession] = field(default_factory=dict)
    redact: Redactor = field(default_factory=lambda: Redactor.of(()))
    # Without a remote, where no cluster is recorded.
    repository: Any = field(default_factory=lambda: SimpleNamespace(git=SimpleNamespace(remotes=())))

    @property
    def request(self) -> Request:
        return Request(repo=Path(), event=Event(ci="github", kind=EventKind.PUSH), audit=self.audit, jobs=self.jobs)

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
    *names: str,
    steps: tuple[StepName, ...] = LOCKED,
    shared: tuple[Step, ...] = (),
    deploy: Release | None = RELEASE,
    needs: dict[str, tuple[str, ...]] | None = None,
) -> Plan:
    """A plan with the same steps for each target."""
    targets = [Target(name=name, client_name="shop", needs=(needs or {}).get(name, ())) for name in names]
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
