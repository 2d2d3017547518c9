"""The engine that changes a Helm release on a cluster from this process."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.engines.engine import Delivery, Engine, Rendered, RollbackReports, Session
from jetscale_cicd.model.live import LiveState, NotObserved
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.step import Step
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:  # what is imported where it is used is not needed to decide
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.rollback import RollbackOutcome
    from jetscale_cicd.model.status import TargetStatus
    from jetscale_cicd.tools.kubernetes import Kubernetes


class HelmEngine:
    """`helm upgrade --install` under a lock, diagnosed and rolled back where it fails."""

    keeps_record_in_values = True

    def prepare(self, context: "RunContext", target: Target) -> None:
        """Start kubectl, which is not waited for."""
        _ = context.kubernetes(target)

    def observe(self, context: "RunContext", target: Target) -> LiveState:
        """By the release's own storage on the cluster."""
        api = context.kubernetes(target)
        if isinstance(api, NotObserved):
            return api
        from jetscale_cicd.observe.cluster.helm_release import observe_release

        return observe_release(api, target)

    def cluster(self, context: "RunContext", target: Target) -> "Kubernetes | None":
        """The cluster of the kubeconfig, where there is one."""
        api = context.kubernetes(target)
        return None if isinstance(api, NotObserved) else api

    def check(self, context: "RunContext", target: Target) -> None:
        """A cluster has to be configured."""
        from jetscale_cicd.engines.helm.session import cluster_of

        cluster_of(context, target)

    def command(self, target: Target, reference: str, version: str) -> str:
        """`helm upgrade --install` with the target's values."""
        from jetscale_cicd.engines.helm_command import helm_command

        return helm_command(("upgrade", "--install"), target, reference, version)

    def steps(self, decided: TargetDecision, deploy: Step) -> tuple[Step, ...]:
        """Lock, recover, deploy, verify, record, as far as there is something to do."""
        from jetscale_cicd.engines.helm.steps import helm_steps

        return tuple(helm_steps(decided, deploy))

    def render(
        self, context: "RunContext", target: Target, archive: Path, values: Sequence[Path], *, preview: bool = False
    ) -> Rendered:
        """By `helm template`, which asks the cluster where the chart does."""
        from jetscale_cicd.engines.template import LiveCluster, Renderer

        api = context.kubernetes(target)
        cluster = None
        if not isinstance(api, NotObserved):
            from jetscale_cicd.observe.cluster.capabilities import observe_capabilities

            ask = partial(observe_capabilities, api, target)
            cluster = LiveCluster(target.context, ask, may_look_up=not preview)
        return Renderer(
            helm=context.helm, target=target, chart=archive, values=values, cluster=cluster, may_guess=cluster is None
        ).render()

    def open(self, delivery: Delivery) -> Session:
        """A session that locks the release with its first step."""
        from jetscale_cicd.engines.helm.session import HelmSession

        return HelmSession(delivery)

    def roll_back(
        self, context: "RunContext", target: Target, to: int | None, reports: RollbackReports
    ) -> "RollbackOutcome":
        """`helm rollback` under the lock, verified."""
        from jetscale_cicd.engines.helm.rollback_command import roll_back

        return roll_back(context, target, to, reports)

    def status(self, context: "RunContext", target: Target, live: LiveState) -> "TargetStatus":
        """Drift and workloads of the release, where a cluster can be asked."""
        from jetscale_cicd.model.status import TargetStatus

        api = context.kubernetes(target)
        if isinstance(api, NotObserved):
            return TargetStatus(target=target, live=live)
        from jetscale_cicd.observe.cluster.target_status import see_target

        return see_target(api, target, live)

    def watch(self, context: "RunContext", target: Target, live: LiveState) -> "Callable[[], TargetStatus | None]":
        """By the release's objects, where a cluster can be asked."""
        api = context.kubernetes(target)
        if isinstance(api, NotObserved):
            return partial(self.status, context, target, live)
        from jetscale_cicd.observe.cluster.target_status import TargetWatch

        return TargetWatch(api, target, live).see


ENGINE: Engine = HelmEngine()
