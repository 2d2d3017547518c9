"""The engine that needs no cluster: it writes the manifests of a release to a directory of the repository."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.engines.engine import Delivery, Engine, Rendered, RollbackReports, Session
from jetscale_cicd.engines.render.directory import check_output, read_output, replace_output
from jetscale_cicd.engines.revisions import keeps_no_revisions
from jetscale_cicd.errors import SupersededError
from jetscale_cicd.model.live import Deployed, LiveState
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.status import TargetStatus
from jetscale_cicd.model.step import Step, StepName
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.outcome import StepPart
    from jetscale_cicd.model.rollback import RollbackOutcome
    from jetscale_cicd.tools.kubernetes import Kubernetes


class RenderEngine:
    """Rendered manifests in a directory, replaced as a whole by each deploy."""

    keeps_record_in_values = False

    def prepare(self, context: "RunContext", target: Target) -> None:
        """A directory needs no preparation."""

    def observe(self, context: "RunContext", target: Target) -> LiveState:
        """Read the record in the directory."""
        return read_output(context.repository.git.root, target)

    def cluster(self, _context: "RunContext", _target: Target) -> "Kubernetes | None":
        """No cluster is needed."""
        return None

    def check(self, context: "RunContext", target: Target) -> None:
        """Check that the directory may be replaced."""
        check_output(context.repository.git.root, target)

    def command(self, target: Target, reference: str, version: str) -> str:
        """`helm template` with the target's values."""
        from jetscale_cicd.engines.helm_command import helm_command

        return helm_command(("template",), target, reference, version)

    def steps(self, _decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The deploy alone."""
        return (deploy,)

    def render(
        self, context: "RunContext", target: Target, archive: Path, values: Sequence[Path], *, preview: bool = False
    ) -> Rendered:
        """Render by `helm template`, for a cluster of which only the configuration knows."""
        from jetscale_cicd.engines.template import Renderer

        return Renderer(helm=context.helm, target=target, chart=archive, values=values, may_guess=preview).render()

    def open(self, delivery: Delivery) -> Session:
        """Nothing is locked: the directory belongs to this work tree."""
        return _Session(delivery)

    def roll_back(
        self, _context: "RunContext", target: Target, _to: int | None, _reports: RollbackReports
    ) -> "RollbackOutcome":
        """A directory keeps no revisions."""
        raise keeps_no_revisions(target)

    def status(self, _context: "RunContext", target: Target, live: LiveState) -> TargetStatus:
        """What is deployed, by the record; there is nothing else to observe."""
        return TargetStatus(target=target, live=live)

    def watch(self, context: "RunContext", target: Target, live: LiveState) -> "Callable[[], TargetStatus | None]":
        """The same each time."""
        return partial(self.status, context, target, live)


@dataclass
class _Session:
    delivery: Delivery
    attempted: Deployed | None = None
    locked: bool = False
    revisions: NewRevisions = field(default_factory=NewRevisions)

    def parts_of(self, _step: StepName) -> "tuple[StepPart, ...]":
        """None that is worth a figure."""
        return ()

    def perform(self, _step: StepName) -> str:
        delivery = self.delivery
        context, target = delivery.context, delivery.decided.target
        self._check_unmoved()
        package = delivery.package()
        manifests = delivery.manifests(package.archive)
        self.attempted = record = delivery.record(package.digest)
        return replace_output(context.repository.git.root, target, manifests, record)

    def _check_unmoved(self) -> None:
        """Observe again: another run may have deployed a later commit, or another line, in the meantime."""
        decided = self.delivery.decided
        live = read_output(self.delivery.context.repository.git.root, decided.target)
        if live != decided.live:
            what = f"{live.version} of {live.commit[:12]}" if isinstance(live, Deployed) else "nothing"
            raise SupersededError(
                "DEPLOY_OVERTAKEN",
                f"{what} is deployed to {decided.target.name} since this run observed it",
                where=decided.target.name,
                hint="run again: it decides by what is deployed now",
            )

    def close(self) -> None:
        """Nothing is locked."""


ENGINE: Engine = RenderEngine()
