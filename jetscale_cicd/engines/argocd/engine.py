"""The engine that deploys through Argo CD; this release of jetscale-cicd only plans and renders with it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.engines.engine import Delivery, Engine, Rendered, RollbackReports, Session
from jetscale_cicd.engines.revisions import keeps_no_revisions
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.live import LiveState, NotObserved
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.step import Step
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.rollback import RollbackOutcome
    from jetscale_cicd.model.status import TargetStatus
    from jetscale_cicd.tools.kubernetes import Kubernetes


class ArgoCdEngine:
    """Plans and renders; refuses every deploy before anything is changed."""

    keeps_record_in_values = False

    def prepare(self, context: "RunContext", target: Target) -> None:
        """Nothing is observed, so nothing is started."""

    def observe(self, _context: "RunContext", _target: Target) -> LiveState:
        """Not observed."""
        return NotObserved("this release of jetscale-cicd does not observe the engine argocd")

    def cluster(self, _context: "RunContext", _target: Target) -> "Kubernetes | None":
        """The cluster of Argo CD is not known."""
        return None

    def check(self, _context: "RunContext", target: Target) -> None:
        """Refuse every deploy."""
        raise _not_reached(target)

    def command(self, target: Target, reference: str, version: str) -> str:
        """The equivalent helm command."""
        from jetscale_cicd.engines.helm_command import helm_command

        return helm_command(("upgrade", "--install"), target, reference, version)

    def steps(self, _decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The deploy alone."""
        return (deploy,)

    def render(
        self,
        context: "RunContext",
        target: Target,
        archive: Path,
        values: Sequence[Path],
        *,
        preview: bool = False,  # noqa: ARG002 - of the interface
    ) -> Rendered:
        """Render by `helm template`, as Argo CD does."""
        from jetscale_cicd.engines.template import Renderer

        return Renderer(helm=context.helm, target=target, chart=archive, values=values, may_guess=True).render()

    def open(self, delivery: Delivery) -> Session:
        """Refuse every deploy."""
        raise _not_reached(delivery.decided.target)

    def roll_back(
        self, _context: "RunContext", target: Target, _to: int | None, _reports: RollbackReports
    ) -> "RollbackOutcome":
        """Argo CD keeps no revisions of a Helm release."""
        raise keeps_no_revisions(target)

    def status(self, _context: "RunContext", target: Target, live: LiveState) -> "TargetStatus":
        """The target is not observed."""
        from jetscale_cicd.model.status import TargetStatus

        return TargetStatus(target=target, live=live)

    def watch(self, context: "RunContext", target: Target, live: LiveState) -> "Callable[[], TargetStatus | None]":
        """The same each time."""
        return partial(self.status, context, target, live)


def _not_reached(target: Target) -> PreconditionError:
    return PreconditionError(
        "ENGINE_NOT_REACHED",
        "this release of jetscale-cicd deploys with the engines helm and render, not yet with argocd",
        where=f"target {target.name}",
        hint="run with --engine helm or --engine render, or plan and simulate",
    )


ENGINE: Engine = ArgoCdEngine()
