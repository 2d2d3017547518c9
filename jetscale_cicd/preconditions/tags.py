"""The release that a change follows is known, where only commits are compared; a run asks the remote."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.planning.known_releases import version_unknown
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    return bool(proposal.observed.lacking) and proposal.plan.decision is not Decision.NOTHING


def _run(context: RunContext, proposal: Proposal) -> None:
    raise version_unknown(context, proposal.observed.lacking)


CHECK = RunCheck("tags", "the release that the change follows is known", _applies, _run)
