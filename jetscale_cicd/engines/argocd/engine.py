"""The engine that hands a version to Argo CD: planned, and not reached by this release of jetscale-cicd."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.engines.engine import Delivery, Died, Engine, Session
from jetscale_cicd.engines.revisions import keeps_no_revisions
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.live import LiveState, NotObserved
from jetscale_cicd.model.plan import Step, TargetDecision
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.rollback import RollbackOutcome
    from jetscale_cicd.model.status import TargetStatus
    from jetscale_cicd.tools.kubernetes import Kubernetes


class ArgoCdEngine:
    """Plans and renders; a deploy is refused before anything is changed."""

    keeps_record_in_values = False

    def prepare(self, context: "RunContext", target: Target) -> None:
        """Nothing is asked yet."""

    def observe(self, _context: "RunContext", _target: Target) -> LiveState:
        """Not observed."""
        return NotObserved("engine argocd is not reached by this release of jetscale-cicd")

    def cluster(self, _context: "RunContext", _target: Target) -> "Kubernetes | None":
        """Argo CD's own cluster is not known here."""
        return None

    def check(self, _context: "RunContext", target: Target) -> None:
        """Refuse every deploy."""
        raise _not_reached(target)

    def command(self, target: Target, reference: str, version: str) -> str:
        """What Argo CD would do, as a helm command."""
        from jetscale_cicd.engines.template import helm_command

        return helm_command(("upgrade", "--install"), target, reference, version)

    def steps(self, _decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """The deploy alone."""
        return (deploy,)

    def render(self, context: "RunContext", target: Target, archive: Path, values: Sequence[Path]) -> bytes:
        """By `helm template`, as Argo CD renders a chart."""
        from jetscale_cicd.engines.template import render_manifests

        return render_manifests(context.helm, target, archive, values)

    def open(self, delivery: Delivery) -> Session:
        """Refuse every deploy."""
        raise _not_reached(delivery.decided.target)

    def roll_back(self, _context: "RunContext", target: Target, _to: int | None, _died: Died) -> "RollbackOutcome":
        """Argo CD keeps no revisions of a release."""
        raise keeps_no_revisions(target)

    def status(self, _context: "RunContext", target: Target, live: LiveState) -> "TargetStatus":
        """Nothing more than that it was not observed."""
        from jetscale_cicd.model.status import TargetStatus

        return TargetStatus(target=target, live=live)


def _not_reached(target: Target) -> PreconditionError:
    return PreconditionError(
        "ENGINE_NOT_REACHED",
        "this release of jetscale-cicd deploys with the engines helm and render, not yet with argocd",
        where=f"target {target.name}",
        hint="run with --engine helm or --engine render, or plan and simulate",
    )


ENGINE: Engine = ArgoCdEngine()
