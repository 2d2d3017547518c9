"""The steps that all targets share: package, publish, provenance, sign, tag, GitHub Release."""

import os
from collections.abc import Callable
from pathlib import Path

from jetscale_cicd.act.context import ActContext, Skipped
from jetscale_cicd.act.deploy.delivery import render
from jetscale_cicd.act.release.github_release import release_on_github
from jetscale_cicd.act.release.provenance import keep_provenance
from jetscale_cicd.act.release.publish import check_rebuilt, publish
from jetscale_cicd.act.release.reserve import give_back, reserve, sweep
from jetscale_cicd.act.release.sign import signer_of
from jetscale_cicd.act.release.tag import Tagging, check_push, tag
from jetscale_cicd.act.release.tag_object import make_tag, signs_tags
from jetscale_cicd.decide.cluster.manifests import check_rendered_once, parse_manifests
from jetscale_cicd.errors import PublishError, SupersededError
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.step import StepName
from jetscale_cicd.observe.git.remote import RESERVED
from jetscale_cicd.observe.git.tag_message import CONTENT, DIGEST, SOURCE, recorded_package
from jetscale_cicd.planning.lookup import ask


def _package(acting: ActContext) -> str:
    """Package, and render every target of the file with it: what one of them cannot render is never published.

    Nor is one whose tag cannot be signed.
    """
    artifact, context = acting.artifact(), acting.context
    for target in (*acting.plan.deployed_targets, *acting.only_rendered):
        checked = context.rendered.get((target.name, artifact.path))
        rendered = checked or render(acting, target, Path(artifact.path))
        if not checked:  # of a plan that another process made
            check_rendered_once(parse_manifests(rendered, target.name), target.name, target.namespace)
        acting.manifests[target.name] = rendered
    if acting.plan.decision is Decision.PUBLISH and signs_tags(context.repository, context.settings.release.sign_tags):
        _made_tag(acting)
    return f"{artifact.chart}-{artifact.version}.tgz {artifact.digest}"


def _publish(acting: ActContext) -> str:
    context, artifact = acting.context, acting.artifact()
    new = acting.plan.decision is Decision.PUBLISH
    if not new:
        check_rebuilt(artifact, recorded_package(context.repository, acting.release.tag))
    signer_of(context).write_provenance(artifact)  # before the version is reserved, because signing may fail
    unreserved = ""
    if new and context.registry.creates_atomically:
        check_push(context.repository, _tagging(acting, acting.release.commit))
    elif new:
        unreserved = reserve(context.repository, acting.reservation, acting.release.commit)
    first = f"; {_tag_first(acting, unreserved)}" if unreserved else ""
    try:
        return publish(artifact, context.registry, acting.is_published_as) + first
    except SupersededError:
        if not context.registry.creates_atomically and not unreserved:
            give_back(context.repository, acting.reservation)
        raise


def _tag_first(acting: ActContext, unreserved: str) -> str:
    """Create the tag before the package is pushed: on such a host it is all that only one of two runs can create."""
    if acting.context.settings.signing.command:
        raise PublishError(
            "RESERVATION_REFUSED",
            f"the remote takes no reservation of {acting.release.version}: {unreserved}",
            where=RESERVED + acting.release.tag,
            hint="let this identity push refs/stage6/*: without a reservation the tag comes before the package, and a "
            "package that a command signs has to be signed before its tag. Nothing was published",
        )
    tagged = tag(acting.context.repository, _tagging(acting, _made_tag(acting), acting.plan.reserved))
    return f"tagged before that, because the remote takes no reservation: {tagged}"


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
    reserves = acting.plan.decision is Decision.PUBLISH and not acting.context.registry.creates_atomically
    # One that an interrupted run left is removed, too.
    reserved = acting.plan.reserved or (acting.plan.head if reserves else None)
    done = tag(acting.context.repository, _tagging(acting, _made_tag(acting), reserved))
    swept = sweep(acting.context.repository, acting.plan.stale)
    return f"{done}; {swept} reservations of runs that ended without a tag are removed" if swept else done


def _tagging(acting: ActContext, made: str, reserved: str | None = None) -> Tagging:
    head, release = acting.plan.head, acting.release
    return Tagging(release, head, acting.plan.branch if release.commit != head else "", made, reserved)


def _made_tag(acting: ActContext) -> str:
    """The tag as an object, made once for an archive: the registry may hold another one of the same content."""
    digest = acting.artifact().digest
    if digest not in acting.tags:
        repository, sign = acting.context.repository, acting.context.settings.release.sign_tags
        acting.tags[digest] = make_tag(repository, acting.release, _message(acting), sign=sign)
    return acting.tags[digest]


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
    StepName.PROVENANCE: keep_provenance,
    StepName.SIGN: _sign,
    StepName.TAG: _tag,
    StepName.GITHUB_RELEASE: _github_release,
}
