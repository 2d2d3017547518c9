"""No object of a target's release is rendered twice: Helm would refuse the second one half-way."""

from collections.abc import Iterable
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.manifests import check_rendered_once, parse_manifests
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.release import Present, Release
from jetscale_cicd.model.request import Half
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.planning.published import fetch_published
from jetscale_cicd.planning.target_manifests import render_deploy
from jetscale_cicd.preconditions.check import NotChecked, TargetCheck


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    """Those to which something is to be deployed; a plan alone renders nothing, as that takes a helm or two."""
    plan = proposal.plan
    refused = plan.half is Half.DEPLOY and plan.decision is Decision.PUBLISH  # a deploy of what is not released
    return plan.due if context.request.acts and not refused else ()


def _run(context: RunContext, proposal: Proposal, decided: TargetDecision) -> NotChecked | None:
    target, release = decided.target, proposal.desired.release
    if release is None:
        return NotChecked("there is no release")
    if _is_unproven(context, proposal, release):
        return NotChecked("what is published is not proven to be the package of the release, so it is not rendered")
    try:
        archive = _archive(context, proposal, release)
        rendered = render_deploy(context, target, archive, release, proposal.plan.head)
    except Stage6Error as failed:  # a run packages and renders again before it publishes, and stops there
        return NotChecked(f"it could not be rendered here: {failed.code}: {failed.message}")
    check_rendered_once(parse_manifests(rendered, target.name), target.name, target.namespace)
    return None


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


CHECK = TargetCheck("objects", "no object is rendered twice", _targets, _run, of_the_version=True)
