"""What each step does, on a plan that is on its way."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from jetscale_cicd.act.github_release import release_on_github
from jetscale_cicd.act.package import Packager
from jetscale_cicd.act.publish import Registry, check_rebuilt, publish
from jetscale_cicd.act.reserve import give_back, reserve
from jetscale_cicd.act.sign import Signer
from jetscale_cicd.act.tag import Tagging, tag
from jetscale_cicd.engines.render import deploy, render
from jetscale_cicd.errors import PublishError, SupersededError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.plan import Decision, Plan, Step, StepName
from jetscale_cicd.model.release import Artifact, Present, Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.observe.notes import notes_of
from jetscale_cicd.observe.repository import Repository
from jetscale_cicd.observe.tag_record import DIGEST, SOURCE, recorded_digest
from jetscale_cicd.observe.values import Values
from jetscale_cicd.observe.versioning import ask
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.process import Processes
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
    def github(self) -> str: ...
    @property
    def signer(self) -> Signer: ...
    @property
    def processes(self) -> Processes: ...
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


@dataclass(frozen=True, slots=True)
class Acting:
    """A plan on its way: the release at its own commit, and the manifests as far as they are made."""

    plan: Plan
    release: Release
    world: Surroundings
    values: dict[str, Values]
    manifests: dict[str, bytes] = field(default_factory=dict)

    def artifact(self) -> Artifact:
        """The chart of the release's commit, packaged here."""
        return self.world.packager.package(self.release.commit, self.release.version)

    @property
    def made(self) -> Artifact | None:
        """That archive, if it was packaged."""
        return self.world.packager.made.get((self.release.commit, self.release.version))

    @property
    def reservation(self) -> Release:
        """A version is reserved for the commit that is released, which the remote has already."""
        return self.release._replace(commit=self.plan.head)

    @property
    def notes(self) -> str:
        """Release notes as Markdown."""
        return notes_of(self.plan, self.world.repository, self.world.web)


class LeftOut(NamedTuple):
    """A step that was needed and did nothing, and why."""

    why: str


def _package(acting: Acting, _: Step) -> str:
    """Package, and render every target with it: a chart that no target can use is never published."""
    artifact = acting.artifact()
    for decided in acting.plan.targets:
        if decided.target.name in acting.values:
            acting.manifests[decided.target.name] = _render(acting, decided.target, Path(artifact.path))
    return f"{artifact.chart}-{artifact.version}.tgz {artifact.digest}"


def _publish(acting: Acting, _: Step) -> str:
    repository, artifact = acting.world.repository, acting.artifact()
    if acting.plan.decision is not Decision.PUBLISH:
        check_rebuilt(artifact, recorded_digest(repository, acting.release.tag))
    acting.world.signer.write_provenance(artifact)  # before the version is reserved: a signer may fail
    if acting.plan.decision is Decision.PUBLISH and not acting.world.registry.exclusive:
        reserve(repository, acting.reservation)
    try:
        return publish(artifact, acting.world.registry)
    except SupersededError:
        if not acting.world.registry.exclusive:
            give_back(repository, acting.reservation)
        raise


def _sign(acting: Acting, _: Step) -> str:
    artifact, registry = acting.artifact(), acting.world.registry
    answer = ask(registry, artifact.chart, artifact.version)
    reference = registry.reference(artifact.chart, str(artifact.version))
    return acting.world.signer.run_command(artifact, reference, answer)


def _github_release(acting: Acting, _: Step) -> str | LeftOut:
    world, release = acting.world, acting.release
    made, word = release_on_github(world.github, release.tag, acting.notes, world.processes, os.environ)
    return word if made else LeftOut(word)


def _tag(acting: Acting, _: Step) -> str:
    repository, head, release = acting.world.repository, acting.plan.head, acting.release
    branch = acting.plan.branch if release.commit != head else ""
    return tag(repository, Tagging(release, head, branch, _message(acting)))


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
        version, made = str(acting.release.version), acting.made
        answer = ask(acting.world.registry, chart, acting.release.version)
        if made and isinstance(answer, Present) and made.digest == answer.digest:
            return Path(made.path)  # the same bytes are here
        if not isinstance(answer, Present):
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


ACTIONS: dict[StepName, Callable[[Acting, Step], str | LeftOut]] = {
    StepName.PACKAGE: _package,
    StepName.PUBLISH: _publish,
    StepName.SIGN: _sign,
    StepName.TAG: _tag,
    StepName.GITHUB_RELEASE: _github_release,
    StepName.DEPLOY: _deploy,
}
