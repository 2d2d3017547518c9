"""What every engine does: observe a target, plan its steps, render, deploy, verify, roll back, show its status."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from jetscale_cicd.model.live import Deployed, LiveState
from jetscale_cicd.model.plan import Step, StepName, TargetDecision
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:  # an engine is asked in every decision, and most of these are for deploys alone
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.revisions import NewRevisions
    from jetscale_cicd.model.rollback import RollbackOutcome
    from jetscale_cicd.model.status import TargetStatus
    from jetscale_cicd.tools.kubernetes import Kubernetes


class Package(NamedTuple):
    """A published package for helm: its reference with what goes along, and the digest of its archive."""

    chart: tuple[str, ...]
    digest: str


# Told of a deploy whose process ended before it could record how: its record with the revision, and the CI's run.
Died = Callable[[Deployed, str], None]


class Delivery(Protocol):
    """What a run brings to one target: an engine asks for what it needs of it."""

    @property
    def context(self) -> "RunContext":
        """Everything that the run touches."""

    @property
    def decided(self) -> TargetDecision:
        """The decision for the target, with what was observed there when it was planned."""

    @property
    def deploy_id(self) -> str:
        """Unlike that of any other run's deploys."""

    def record(self, digest: str) -> Deployed:
        """What the deploy of an archive with this digest leaves on the target."""

    def values_files(self, record: Deployed) -> AbstractContextManager[Sequence[Path]]:
        """Values files in Helm's order, with the secrets and the record, until the end of the block."""

    def package(self) -> Package:
        """The published package."""

    def archive(self) -> Path:
        """Its archive."""

    def manifests(self) -> bytes:
        """The manifests that the archive gives with the target's values."""

    def died(self, record: Deployed, run: str) -> None:
        """Put a deploy on record whose process ended before it could."""


class Session(Protocol):
    """A target while a run changes it, from the first of its steps to the last."""

    @property
    def locked(self) -> bool:
        """Whether the target is locked by this run, so that its record step has to unlock it."""

    @property
    def revisions(self) -> "NewRevisions":
        """Revisions that the run made so far."""

    @property
    def attempted(self) -> Deployed | None:
        """The record of what the run tried to deploy, as far as it did."""

    def perform(self, step: StepName) -> str:
        """Do one of the steps that the engine planned, and say what was done.

        Raises:
            Stage6Error: it failed.
        """

    def close(self) -> None:
        """Unlock the target."""


class Engine(Protocol):
    """One way to bring a target to a version."""

    @property
    def keeps_record_in_values(self) -> bool:
        """Whether the record of a deploy goes along with its values."""

    def prepare(self, context: "RunContext", target: Target) -> None:
        """Start what observing the target will wait for."""

    def observe(self, context: "RunContext", target: Target) -> LiveState:
        """What the target runs now.

        Raises:
            CannotTellError: it could not be observed, which is never "nothing is deployed".
        """

    def cluster(self, context: "RunContext", target: Target) -> "Kubernetes | None":
        """The cluster on which the target needs its namespace; None where it needs none, or none is configured."""

    def check(self, context: "RunContext", target: Target) -> None:
        """Refuse to begin a deploy that this process could not do.

        Raises:
            PreconditionError: what is missing.
        """

    def command(self, target: Target, reference: str, version: str) -> str:
        """The command that a person would type for a deploy."""

    def steps(self, decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The steps of a target, its deploy among them."""

    def render(self, context: "RunContext", target: Target, archive: Path, values: Sequence[Path]) -> bytes:
        """The manifests that an archive gives with these values.

        Raises:
            DeployError: they cannot be rendered.
        """

    def open(self, delivery: Delivery) -> Session:
        """Begin to change a target; nothing happens before the first step."""

    def roll_back(self, context: "RunContext", target: Target, to: int | None, died: Died) -> "RollbackOutcome":
        """Bring an earlier revision back, and hold it.

        Args:
            to: the revision; None is the newest good one before what is deployed.

        Raises:
            Stage6Error: nothing was changed.
        """

    def status(self, context: "RunContext", target: Target, live: LiveState) -> "TargetStatus":
        """What the target shows, beyond what is deployed there."""
