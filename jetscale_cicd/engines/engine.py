"""The interface of an engine: observe a target, plan its steps, render, deploy, verify, roll back, show its status."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jetscale_cicd.model.live import Deployed, LiveState
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.step import Step, StepName
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:  # every decision imports this module, and most of these serve only a deploy
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.outcome import StepPart
    from jetscale_cicd.model.revisions import NewRevisions
    from jetscale_cicd.model.rollback import RollbackOutcome
    from jetscale_cicd.model.status import TargetStatus
    from jetscale_cicd.tools.kubernetes import Kubernetes


@frozen
class Package:
    """A published package: its archive on this machine, and the digest that it was compared with."""

    archive: Path
    digest: str


@frozen
class Rendered:
    """Manifests, and what they were rendered on the assumption of."""

    manifests: bytes
    notes: tuple[str, ...] = ()


# Called for an interrupted deploy, whose process ended before it recorded the outcome: with its record, which names
# its revision, and its CI run.
ReportInterrupted = Callable[[Deployed, str], None]


@frozen(kw_only=True)
class RollbackReports:
    """What an engine calls in a rollback while it holds the lock of the target, so that the audit keeps the order.

    Args:
        interrupted: called for a deploy that an earlier run left without an outcome.
        ended: called once for every rollback that was begun, whatever ended it.
    """

    interrupted: ReportInterrupted
    ended: Callable[["RollbackOutcome"], None]


class Delivery(Protocol):
    """What a run gives an engine to deploy to one target."""

    @property
    def context(self) -> "RunContext":
        """The context of the run."""

    @property
    def decided(self) -> TargetDecision:
        """The decision for the target, with what was observed when it was planned."""

    @property
    def deploy_id(self) -> str:
        """An identifier of the deploys of this run, unique to it."""

    def record(self, digest: str) -> Deployed:
        """The record that a deploy of the archive with this digest writes."""

    def values_files(self, record: Deployed) -> AbstractContextManager[Sequence[Path]]:
        """Values files in Helm's order, with the secrets and the record; removed at the end of the block."""

    def package(self) -> Package:
        """The published package."""

    def pull_login(self) -> bytes:
        """The Docker configuration of the Secret for pulling images; empty where the target has none."""

    def manifests(self, archive: Path) -> bytes:
        """The manifests of the archive, rendered with the target's values."""

    def report_interrupted(self, record: Deployed, run: str) -> None:
        """Record an interrupted deploy, whose process ended before it did so."""


class Session(Protocol):
    """A target while a run changes it, from its first step to its last."""

    @property
    def locked(self) -> bool:
        """Whether this run holds the lock of the target, so that the step record has to release it."""

    @property
    def revisions(self) -> "NewRevisions":
        """The revisions that the run has created so far; also after ``close``."""

    @property
    def attempted(self) -> Deployed | None:
        """The record of what the run tried to deploy; None where it did not begin."""

    def perform(self, step: StepName) -> str:
        """Do one of the steps that the engine planned, and return what was done.

        Raises:
            Stage6Error: the step failed.
        """

    def parts_of(self, step: StepName) -> "tuple[StepPart, ...]":
        """How long each part of a step took that was performed, failed or not."""

    def close(self) -> None:
        """Unlock the target, and give back whatever else is open; called again, it does nothing."""


class Engine(Protocol):
    """One way to deploy a version to a target."""

    @property
    def keeps_record_in_values(self) -> bool:
        """Whether the record of a deploy is part of its values."""

    def prepare(self, context: "RunContext", target: Target) -> None:
        """Start in advance what the observation of the target waits for."""

    def observe(self, context: "RunContext", target: Target) -> LiveState:
        """The state of the target: what is deployed there.

        Raises:
            CannotTellError: the target could not be observed, which is never "nothing is deployed".
        """

    def cluster(self, context: "RunContext", target: Target) -> "Kubernetes | None":
        """The cluster that must have the target's namespace; None where none is needed, or none is configured."""

    def check(self, context: "RunContext", target: Target) -> None:
        """Refuse a deploy that cannot be done from this process.

        Raises:
            PreconditionError: what is missing.
        """

    def command(self, target: Target, reference: str, version: str) -> str:
        """The command of a deploy, as it could be typed in a shell."""

    def steps(self, decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The steps of a target, including its deploy."""

    def render(
        self, context: "RunContext", target: Target, archive: Path, values: Sequence[Path], *, preview: bool = False
    ) -> Rendered:
        """The manifests of an archive, rendered with these values as the target's cluster would.

        Args:
            preview: they are shown, and not deployed: the chart may be anybody's, so it may look up no object, and a
                cluster that is not known may be guessed.

        Raises:
            DeployError: they cannot be rendered.
            CannotTellError: they depend on a cluster that cannot be asked.
        """

    def open(self, delivery: Delivery) -> Session:
        """Open a session for the steps of a target; nothing is changed before the first step."""

    def roll_back(
        self, context: "RunContext", target: Target, to: int | None, reports: RollbackReports
    ) -> "RollbackOutcome":
        """Bring back an earlier revision, and hold it.

        Args:
            to: the revision; None for the newest good one before the one that is deployed.
            reports: called while the target is locked.

        Raises:
            Stage6Error: nothing was changed.
        """

    def status(self, context: "RunContext", target: Target, live: LiveState) -> "TargetStatus":
        """The status of a target: what is deployed, and how it differs from its release."""

    def watch(self, context: "RunContext", target: Target, live: LiveState) -> "Callable[[], TargetStatus | None]":
        """What gives the status again, as often as it is called: None where another plan is needed for it."""
