"""A tag is pushed to the repository from which releases are read."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.observe.git.push_address import may_differ, push_blocker
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(context: RunContext, proposal: Proposal) -> bool:
    return proposal.plan.decision is Decision.PUBLISH and may_differ(context.repository)


def _run(context: RunContext, _: Proposal) -> None:
    if blocker := push_blocker(context.repository):
        raise blocker


CHECK = RunCheck("push-address", "the remote is pushed to where it is read from", _applies, _run)
