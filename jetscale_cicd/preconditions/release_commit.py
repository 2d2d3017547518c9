"""A release commit can be pushed on top of the commit that is released (``release.commit``)."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.observe.git.release_branch import branch_blocker
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(_: RunContext, proposal: Proposal) -> bool:
    return proposal.plan.decision is Decision.PUBLISH and proposal.observed.releases.branch is not None


def _run(context: RunContext, proposal: Proposal) -> None:
    branch = proposal.observed.releases.branch
    if branch and (blocker := branch_blocker(context.repository, branch, proposal.plan.head)):
        raise blocker


CHECK = RunCheck("release-commit", "the commit is the tip of the branch that gets release commits", _applies, _run)
