"""What a run gives the engine of a target to deploy (``Delivery`` in ``engines/engine.py``)."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from jetscale_cicd.act.context import ActContext, record_of
from jetscale_cicd.act.deploy.audit import report_interrupted
from jetscale_cicd.act.deploy.published import published_package
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.deploy_record import nested, record_values
from jetscale_cicd.engines.engine import Package
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.pull_login import pull_login
from jetscale_cicd.planning.target_manifests import written_values


@frozen
class TargetDelivery:
    """The part of a run for one target."""

    acting: ActContext
    decided: TargetDecision

    @property
    def context(self) -> RunContext:
        """The context of the run."""
        return self.acting.context

    @property
    def deploy_id(self) -> str:
        """The identifier of the deploys of this run."""
        return self.acting.deploy_id

    def record(self, digest: str) -> Deployed:
        """The record that a deploy of the archive with this digest writes."""
        return record_of(self.acting, self.decided.target, digest)

    def values_files(self, record: Deployed) -> AbstractContextManager[Sequence[Path]]:
        """Values files in Helm's order, until the end of the block."""
        return values_files(self.acting, self.decided.target, record)

    def package(self) -> Package:
        """The published package."""
        with self.acting.turn:
            return published_package(self.acting)

    def pull_login(self) -> bytes:
        """The Docker configuration of the Secret for pulling images; empty where the target has none."""
        return pull_login(self.context, self.decided.target)

    def manifests(self, archive: Path) -> bytes:
        """The manifests, as rendered before anything was changed, else rendered from the archive."""
        with self.acting.turn:
            target = self.decided.target
            rendered = self.acting.manifests.get(target.name) or self.context.rendered.get((target.name, str(archive)))
            return rendered or render(self.acting, target, archive)

    def report_interrupted(self, record: Deployed, run: str) -> None:
        """Record an interrupted deploy, whose process ended before it did so."""
        report_interrupted(self.context, self.decided.target, record, run)


def render(acting: ActContext, target: Target, archive: Path) -> bytes:
    """The manifests of a target, rendered from an archive with the values of a deploy."""
    with values_files(acting, target, record_of(acting, target, "")) as files:
        rendered = engine_of(target).render(acting.context, target, archive, files)
    for note in rendered.notes:
        acting.context.announce(f"! {target.name}: {note}")
    return rendered.manifests


@contextmanager
def values_files(acting: ActContext, target: Target, record: Deployed) -> Iterator[Sequence[Path]]:
    """Values files of a target in Helm's order, with its secrets and the record; removed at the end of the block.

    They are written only when they are needed: a deploy may wait long for its lock, and no secret is on disk meanwhile.
    """
    directory = acting.context.secret_scratch / f"values-{target.name}"
    extra: list[object] = [nested(acting.secrets[target.name])] if acting.secrets.get(target.name) else []
    if engine_of(target).keeps_record_in_values:
        extra.append(record_values(record, acting.context.request.event.run_url, acting.deploy_id))
    with written_values(acting.values[target.name], directory, extra) as files:
        yield files
