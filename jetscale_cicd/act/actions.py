"""The steps that all targets share: package, publish, sign, tag, GitHub Release."""

import os
from collections.abc import Callable
from pathlib import Path

from jetscale_cicd.act.context import ActContext, Skipped
from jetscale_cicd.act.deploy.delivery import render
from jetscale_cicd.act.release.github_release import release_on_github
from jetscale_cicd.act.release.publish import check_rebuilt, publish
from jetscale_cicd.act.release.reserve import give_back, reserve
from jetscale_cicd.act.release.sign import signer_of
from jetscale_cicd.act.release.tag import Tagging, tag
from jetscale_cicd.errors import SupersededError
from jetscale_cicd.model.plan import Decision, StepName
from jetscale_cicd.observe.git.tag_message import CONTENT, DIGEST, SOURCE, recorded_package
from jetscale_cicd.planning.version import ask


def _package(acting: ActContext) -> str:
    """Package, and render every target of the file with it: what one of them cannot render is never published."""
    artifact = acting.artifact()
    for target in (*acting.plan.deployed_targets, *acting.only_rendered):
        acting.manifests[target.name] = render(acting, target, Path(artifact.path))
    return f"{artifact.chart}-{artifact.version}.tgz {artifact.digest}"


def _publish(acting: ActContext) -> str:
    context, artifact = acting.context, acting.artifact()
    new = acting.plan.decision is Decision.PUBLISH
    if not new:
        check_rebuilt(artifact, recorded_package(context.repository, acting.release.tag))
    signer_of(context).write_provenance(artifact)  # before the version is reserved, because signing may fail
    reserves = new and not context.registry.creates_atomically
    if reserves:
        reserve(context.repository, acting.reservation)
    try:
        return publish(artifact, context.registry, acting.is_published_as)
    except SupersededError:
        if not context.registry.creates_atomically:
            give_back(context.repository, acting.reservation)
        raise


def _sign(acting: ActContext) -> str:
    artifact, registry = acting.artifact(), acting.context.registry
    answer = ask(registry, artifact.chart, artifact.version)
    reference = registry.reference(artifact.chart, str(artifact.version))
    return signer_of(acting.context).run_command(artifact, reference, answer)


def _github_release(acting: ActContext) -> str | Skipped:
    context, release = acting.context, acting.release
    is_new, detail = release_on_github(context.github, release.tag, acting.notes, context.processes, os.environ)
    return detail if is_new else Skipped(detail)


def _tag(acting: ActContext) -> str:
    head, release = acting.plan.head, acting.release
    branch = acting.plan.branch if release.commit != head else ""
    reserves = acting.plan.decision is Decision.PUBLISH and not acting.context.registry.creates_atomically
    reserved = acting.plan.reserved or (head if reserves else None)  # one that an interrupted run left is removed, too
    return tag(acting.context.repository, Tagging(release, head, branch, _message(acting), reserved))


def _message(acting: ActContext) -> str:
    """The tag's message: release notes, and trailers that later runs read."""
    artifact, run = acting.artifact(), acting.context.request.event.run_url
    trailers = [f"{DIGEST}: {artifact.digest}", f"{CONTENT}: {artifact.content}"]
    trailers += [f"{SOURCE}: {acting.context.web or 'none'}"]
    trailers += [f"Run: {run}"] if run else []
    return "\n".join([acting.notes, *trailers, ""])


SHARED: dict[StepName, Callable[[ActContext], str | Skipped]] = {
    StepName.PACKAGE: _package,
    StepName.PUBLISH: _publish,
    StepName.SIGN: _sign,
    StepName.TAG: _tag,
    StepName.GITHUB_RELEASE: _github_release,
}
