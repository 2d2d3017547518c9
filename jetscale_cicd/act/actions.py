"""What each step does, on a plan that is on its way."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.act.release.github_release import release_on_github
from jetscale_cicd.act.release.publish import check_rebuilt, publish
from jetscale_cicd.act.release.published import published_archive, published_package
from jetscale_cicd.act.release.reserve import give_back, reserve
from jetscale_cicd.act.release.tag import Tagging, tag
from jetscale_cicd.engines.render.engine import deploy, render
from jetscale_cicd.errors import SupersededError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.plan import Decision, Step, StepName
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.tag_message import DIGEST, SOURCE, recorded_digest
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.planning.version import ask
from jetscale_cicd.tools.registry.directory import digest_of


class Skipped(NamedTuple):
    """A step that was needed and did nothing, and why."""

    why: str


def _package(acting: ActContext, _: Step) -> str:
    """Package, and render every target with it: a chart that no target can use is never published."""
    artifact = acting.artifact()
    for decided in acting.plan.targets:
        if decided.target.name in acting.values:
            acting.manifests[decided.target.name] = _render(acting, decided.target, Path(artifact.path))
    return f"{artifact.chart}-{artifact.version}.tgz {artifact.digest}"


def _publish(acting: ActContext, _: Step) -> str:
    repository, artifact = acting.context.repository, acting.artifact()
    if acting.plan.decision is not Decision.PUBLISH:
        check_rebuilt(artifact, recorded_digest(repository, acting.release.tag))
    acting.context.signer.write_provenance(artifact)  # before the version is reserved: a signer may fail
    if acting.plan.decision is Decision.PUBLISH and not acting.context.registry.creates_atomically:
        reserve(repository, acting.reservation)
    try:
        return publish(artifact, acting.context.registry)
    except SupersededError:
        if not acting.context.registry.creates_atomically:
            give_back(repository, acting.reservation)
        raise


def _sign(acting: ActContext, _: Step) -> str:
    artifact, registry = acting.artifact(), acting.context.registry
    answer = ask(registry, artifact.chart, artifact.version)
    reference = registry.reference(artifact.chart, str(artifact.version))
    return acting.context.signer.run_command(artifact, reference, answer)


def _github_release(acting: ActContext, _: Step) -> str | Skipped:
    context, release = acting.context, acting.release
    made, word = release_on_github(context.github, release.tag, acting.notes, context.processes, os.environ)
    return word if made else Skipped(word)


def _tag(acting: ActContext, _: Step) -> str:
    repository, head, release = acting.context.repository, acting.plan.head, acting.release
    branch = acting.plan.branch if release.commit != head else ""
    reserved = acting.plan.decision is Decision.PUBLISH and not acting.context.registry.creates_atomically
    return tag(repository, Tagging(release, head, branch, _message(acting), reserved))


def _message(acting: ActContext) -> str:
    """The tag's message: notes for people, and what the next run has to know."""
    artifact, run = acting.artifact(), acting.context.request.event.run_url
    trailers = [f"{DIGEST}: {artifact.digest}", f"{SOURCE}: {acting.context.web or 'none'}"]
    trailers += [f"Run: {run}"] if run else []
    return "\n".join([acting.notes, *trailers, ""])


def _deploy(acting: ActContext, step: Step) -> str:
    target = acting.target(step)
    if target.engine == "helm":
        from jetscale_cicd.act.deploy.cluster import deploy as deploy_to_cluster

        return deploy_to_cluster(acting, target, published_package(acting))
    _check_not_overtaken(acting, target)
    archive = published_archive(acting)
    manifests = acting.manifests.get(target.name) or _render(acting, target, archive)
    record = acting.record(target, digest_of(archive.read_bytes()))
    return deploy(acting.context.repository.git.root, target, manifests, record)


def _on_cluster(acting: ActContext, step: Step) -> str:
    """The steps around a deploy, which only a cluster has."""
    from jetscale_cicd.act.deploy import cluster

    return cluster.ACTIONS[step.name](acting, acting.target(step))


def _check_not_overtaken(acting: ActContext, target: Target) -> None:
    """Look again: while this run packaged, another one may have deployed a later commit."""
    repository, head = acting.context.repository, acting.plan.head
    live = observe_live(acting.context, target)
    seen = isinstance(live, Deployed) and live.commit != head and repository.find(live.commit)[0] is not None
    if isinstance(live, Deployed) and seen and repository.is_ancestor(head, live.commit):
        raise SupersededError(
            "DEPLOY_OVERTAKEN",
            f"the later commit {live.commit[:12]} was deployed to {target.name} meanwhile",
            where=target.name,
            hint="nothing is to be done",
        )


def _render(acting: ActContext, target: Target, archive: Path) -> bytes:
    record = acting.record(target, "") if target.engine == "helm" else None
    files = acting.files(target, record)
    try:
        return render(acting.context.helm, target, archive, files)
    finally:
        for file in files:  # until the deploy, which may wait long for its lock, no secret lies about
            file.unlink(missing_ok=True)


ACTIONS: dict[StepName, Callable[[ActContext, Step], str | Skipped]] = {
    StepName.PACKAGE: _package,
    StepName.PUBLISH: _publish,
    StepName.SIGN: _sign,
    StepName.TAG: _tag,
    StepName.GITHUB_RELEASE: _github_release,
    StepName.LOCK: _on_cluster,
    StepName.RECOVER: _on_cluster,
    StepName.DEPLOY: _deploy,
    StepName.VERIFY: _on_cluster,
    StepName.RECORD: _on_cluster,
}
