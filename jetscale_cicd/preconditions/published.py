"""The registry holds the package with which the latest version was released; a replaced one is not deployed."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.release import Present
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.planning.published import Published, check_published
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    artifact = proposal.desired.artifact
    released = artifact is not None and isinstance(artifact.answer, Present)
    return released and proposal.plan.decision is not Decision.PUBLISH


def _run(context: RunContext, proposal: Proposal) -> None:
    latest, artifact = proposal.desired.release, proposal.desired.artifact
    if latest is None or artifact is None or not isinstance(artifact.answer, Present):
        return
    published = Published(
        release=latest,
        chart=artifact.chart,
        answer=artifact.answer,
        targets=proposal.observed.targets,
        reserved=proposal.observed.releases.reserved,
        deploys=bool(proposal.plan.deployed_targets) or context.request.preflight,
    )
    check_published(context, published)


CHECK = RunCheck("published", "the registry holds the package that was released", _applies, _run)
