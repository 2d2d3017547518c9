"""The format of release tags is written down where tags of another one have higher versions."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.planning.tag_formats import tag_format_blocker
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    return proposal.desired.choice is not None and bool(proposal.observed.releases.all)


def _run(context: RunContext, proposal: Proposal) -> None:
    artifact = proposal.desired.artifact
    if artifact and (blocker := tag_format_blocker(context, proposal.observed.releases, artifact.chart)):
        raise blocker


CHECK = RunCheck("tag-format", "no higher release is tagged in another format", _applies, _run, stops_plan=False)
