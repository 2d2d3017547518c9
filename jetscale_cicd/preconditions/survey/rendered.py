"""What a deploy would bring to a target, rendered before anything is changed; each target once."""

from collections.abc import Iterable
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.manifests import parse_manifests, secrets_in
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.release import Present, Release
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import read_values
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.planning.published import fetch_published
from jetscale_cicd.planning.target_manifests import render_deploy
from jetscale_cicd.preconditions.survey.found import NotChecked
from jetscale_cicd.preconditions.survey.target import Rendering


def rendered_targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    """The targets whose manifests are known before a deploy: of a preflight all, else those that get something.

    A plan renders where a cluster can be asked, and not where it would only be compared with itself: that takes a helm
    or two, and a run renders before it publishes.
    """
    plan, request = proposal.plan, context.request
    refused = plan.half is Half.DEPLOY and plan.decision is Decision.PUBLISH  # a deploy of what is not released
    if refused or (request.compares_only and not request.online):
        return ()
    if request.preflight:
        return plan.targets
    if request.acts:
        return plan.due
    return tuple(each for each in plan.due if _has_cluster(context, each.target))


def _has_cluster(context: RunContext, target: Target) -> bool:
    try:
        return engine_of(target).cluster(context, target) is not None
    except Stage6Error:  # which the check of the engine reports
        return False


def rendering_of(context: RunContext, proposal: Proposal, decided: TargetDecision) -> Rendering | NotChecked:
    """What a deploy of the target would render; kept for the run, and for every other check.

    Raises:
        Stage6Error: it cannot be packaged or rendered.
    """
    release = proposal.desired.release
    if release is None:
        return NotChecked("there is no release")
    if _is_unproven(context, proposal, release):
        return NotChecked("what is published is not proven to be the package of the release, so it is not rendered")
    target, archive = decided.target, _archive(context, proposal, release)
    rendered = context.rendered.get((target.name, str(archive)))
    if rendered is None:
        rendered = render_deploy(context, target, archive, release, proposal.plan.head)
    values = dict(read_values(context.repository, proposal.plan.head, target).files)
    manifests = parse_manifests(rendered, target.name)
    # What is checked, and refused, may be repeated: by the API server, and by commands of the user's own.
    context.redact.learn(secrets_in(manifests, context.redact.is_secret_name))
    return Rendering(archive, values, rendered, manifests)


def _is_unproven(context: RunContext, proposal: Proposal, release: Release) -> bool:
    """Whether the package comes from the registry, and its check did not accept it: no template of it may run."""
    artifact = proposal.desired.artifact
    if proposal.plan.decision is Decision.PUBLISH or artifact is None or not isinstance(artifact.answer, Present):
        return False
    return context.accepted.get(release.tag) != artifact.answer.digest


def _archive(context: RunContext, proposal: Proposal, release: Release) -> Path:
    """The package that would be deployed: that of the commit, or the one that is published."""
    artifact = proposal.desired.artifact
    if proposal.plan.decision is Decision.PUBLISH:
        # A release commit packs the same, and is not made before the run.
        return Path(context.packager.package(proposal.plan.head, release.version).path)
    if artifact and isinstance(artifact.answer, Present):
        return fetch_published(context, release, artifact.chart, artifact.answer)
    return Path(context.packager.package(release.commit, release.version).path)
