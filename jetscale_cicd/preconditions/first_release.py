"""What would be the first release is one: no release of the chart is tagged in another format."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.planning.tag_formats import first_release_blocker
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    return proposal.desired.choice is not None and not proposal.observed.releases.all


def _run(context: RunContext, proposal: Proposal) -> None:
    artifact, release = proposal.desired.artifact, proposal.desired.release
    if artifact is None or release is None:
        return
    if blocker := first_release_blocker(context, proposal.observed.releases, artifact.chart, release.version):
        raise blocker


CHECK = RunCheck("first-release", "no release is tagged in another format", _applies, _run)
