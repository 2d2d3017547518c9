"""Doing a plan: each step in order, timed, stopped at the first failure, the rest skipped with the reason."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from jetscale_cicd.act.package import Packager
from jetscale_cicd.act.publish import Registry, check_rebuilt, publish
from jetscale_cicd.act.reserve import give_back, reserve
from jetscale_cicd.act.tag import tag
from jetscale_cicd.decide.notes import release_notes
from jetscale_cicd.engines.render import check_output, deploy, render
from jetscale_cicd.errors import DeployError, PreconditionError, PublishError, Stage6Error, SupersededError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Decision, Plan, Step, StepName, StepState
from jetscale_cicd.model.release import Artifact, Present, Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.observe.repository import Repository
from jetscale_cicd.observe.tag_record import DIGEST, SOURCE, recorded_digest
from jetscale_cicd.observe.values import Values, values_of_targets
from jetscale_cicd.observe.versioning import ask
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry import digest_of


class Surroundings(Protocol):
    """What acting needs from the world."""

    @property
    def request(self) -> Request: ...
    @property
    def repository(self) -> Repository: ...
    @property
    def web(self) -> str: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def packager(self) -> Packager: ...
    @property
    def helm(self) -> Helm: ...
    @property
    def scratch(self) -> Path: ...
    @property
    def mask(self) -> bytes: ...
    @property
    def redact(self) -> Redactor: ...
    @property
    def announce(self) -> Callable[[str], None]: ...


def perform(plan: Plan, world: Surroundings) -> tuple[StepOutcome, ...]:
    """Do every needed step of a plan.

    Raises:
        Stage6Error: a precondition of the whole run does not hold; nothing was changed.
    """
    if plan.deploy is None:
        return ()
    acting = Acting(plan, plan.deploy, world, values_of_targets(plan, world.repository))
    _check_reachable(plan, world)
    outcomes: list[StepOutcome] = []
    failed: StepOutcome | None = None
    for step in plan.steps:
        outcome = _skipped(step, failed) if failed else _do(step, acting)
        failed = failed or (outcome if outcome.error else None)
        outcomes.append(outcome)
    return tuple(outcomes)


@dataclass(frozen=True, slots=True)
class Acting:
    """A plan on its way: the chart archive and the manifests, as far as they are made."""

    plan: Plan
    release: Release
    world: Surroundings
    values: dict[str, Values]
    manifests: dict[str, bytes] = field(default_factory=dict)

    def artifact(self) -> Artifact:
        """The chart of the release's commit, packaged here."""
        return self.world.packager.package(self.release.commit, self.release.version)

    @property
    def notes(self) -> str:
        """Release notes as Markdown."""
        choice = self.plan.choice
        why, commits = (choice.why, choice.commits) if choice else ("the release of this commit", ())
        return release_notes(self.release.version, commits, why, self.world.web)


def _check_reachable(plan: Plan, world: Surroundings) -> None:
    needed = [step for step in plan.steps if step.state is StepState.NEEDED]
    deployed = {step.target for step in needed}
    for target in (decided.target for decided in plan.targets):
        if target.name in deployed and target.engine != "render":
            raise PreconditionError(
                "ENGINE_NOT_REACHED",
                f"this release of jetscale-cicd deploys with the engine render, not yet with {target.engine}",
                where=f"target {target.name}",
                hint="run with --engine render, or plan and simulate",
            )
        if target.name in deployed:
            check_output(world.repository.git.root, target)


def _do(step: Step, acting: Acting) -> StepOutcome:
    if step.state is not StepState.NEEDED:
        return _left_alone(step)
    started = time.perf_counter()
    label = f"{step.name} {step.target}" if step.target else str(step.name)
    acting.world.announce(f"→ {label}: {step.why}")
    try:
        detail = _ACTIONS[step.name](acting, step)
    except Stage6Error as failed:
        return _failed(step, failed, started)
    except OSError as failed:  # a full disk, a directory without permission: of this machine, and no bug
        return _failed(step, _local(step, failed), started)
    return StepOutcome(step=step, result=Result.DONE, detail=detail, seconds=time.perf_counter() - started)


def _failed(step: Step, error: Stage6Error, started: float) -> StepOutcome:
    seconds = time.perf_counter() - started
    return StepOutcome(step=step, result=Result.FAILED, detail=error.message, seconds=seconds, error=error)


def _local(step: Step, failed: OSError) -> Stage6Error:
    message = f"a file of this machine could not be used: {failed.strerror or failed}"
    where, hint = str(failed.filename or ""), "free disk space? permissions? Run again"
    if step.name is StepName.DEPLOY:
        return DeployError("DEPLOY_FILE", message, where=where, hint=hint)
    return PublishError("PUBLISH_FILE", message, where=where, hint=hint)


def _left_alone(step: Step) -> StepOutcome:
    result = Result.SATISFIED if step.state is StepState.SATISFIED else Result.SKIPPED
    return StepOutcome(step=step, result=result, detail=step.why)


def _skipped(step: Step, failed: StepOutcome) -> StepOutcome:
    if step.state is not StepState.NEEDED:
        return _left_alone(step)
    return StepOutcome(step=step, result=Result.SKIPPED, detail=f"{failed.step.name} failed")


def _package(acting: Acting, _: Step) -> str:
    """Package, and render every target with it: a chart that no target can use is never published."""
    artifact = acting.artifact()
    for decided in acting.plan.targets:
        if decided.target.name in acting.values:
            acting.manifests[decided.target.name] = _render(acting, decided.target, Path(artifact.path))
    return f"{artifact.chart}-{artifact.version}.tgz {artifact.digest}"


def _publish(acting: Acting, _: Step) -> str:
    repository, release, artifact = acting.world.repository, acting.release, acting.artifact()
    if acting.plan.decision is not Decision.PUBLISH:
        check_rebuilt(artifact, recorded_digest(repository, release.tag))
    elif not acting.world.registry.exclusive:
        reserve(repository, release)
    try:
        return publish(artifact, acting.world.registry)
    except SupersededError:
        if not acting.world.registry.exclusive:
            give_back(repository, release)
        raise


def _tag(acting: Acting, _: Step) -> str:
    return tag(acting.world.repository, acting.release, _message(acting))


def _message(acting: Acting) -> str:
    """The tag's message: notes for people, and what the next run has to know."""
    artifact, run = acting.artifact(), acting.world.request.event.run_url
    trailers = [f"{DIGEST}: {artifact.digest}", f"{SOURCE}: {acting.world.web or 'none'}"]
    trailers += [f"Run: {run}"] if run else []
    return "\n".join([acting.notes, *trailers, ""])


def _deploy(acting: Acting, step: Step) -> str:
    target = next(decided.target for decided in acting.plan.targets if decided.target.name == step.target)
    _check_not_overtaken(acting, target)
    archive = _published(acting)
    manifests = acting.manifests.get(target.name) or _render(acting, target, archive)
    record = Deployed(
        version=str(acting.release.version),
        commit=acting.plan.head,
        digest=digest_of(archive.read_bytes()),
        values_digest=acting.values[target.name].digest,
    )
    return deploy(acting.world.repository.git.root, target, manifests, record)


def _check_not_overtaken(acting: Acting, target: Target) -> None:
    """Look again: while this run packaged, another one may have deployed a later commit."""
    repository, head = acting.world.repository, acting.plan.head
    live = observe_live(repository.git.root, target)
    seen = isinstance(live, Deployed) and live.commit != head and repository.find(live.commit)[0] is not None
    if isinstance(live, Deployed) and seen and repository.is_ancestor(head, live.commit):
        raise SupersededError(
            "DEPLOY_OVERTAKEN",
            f"the later commit {live.commit[:12]} was deployed to {target.name} meanwhile",
            where=target.name,
            hint="nothing is to be done",
        )


def _published(acting: Acting) -> Path:
    """The archive as the registry holds it: what is deployed is what was published."""
    chart = acting.world.packager.chart_name(acting.release.commit)
    archive = acting.world.scratch / f"published-{acting.release.version}.tgz"
    if not archive.exists():
        version = str(acting.release.version)
        if not isinstance(ask(acting.world.registry, chart, acting.release.version), Present):
            raise PublishError(
                "REGISTRY_LACKS",
                f"the registry no longer holds {chart} {version}",
                where=acting.world.registry.reference(chart, version),
                hint="run again: it is rebuilt from its tag",
            )
        archive.write_bytes(acting.world.registry.read(chart, version))
    return archive


def _render(acting: Acting, target: Target, archive: Path) -> bytes:
    files = acting.values[target.name].write(acting.world.scratch / f"values-{target.name}")
    return render(acting.world.helm, target, archive, files)


_ACTIONS: dict[StepName, Callable[[Acting, Step], str]] = {
    StepName.PACKAGE: _package,
    StepName.PUBLISH: _publish,
    StepName.TAG: _tag,
    StepName.DEPLOY: _deploy,
}
