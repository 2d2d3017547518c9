"""A release commit can be pushed on top of the commit that is released (``release.commit``)."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.release_branch import branch_blocker
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check


def _subjects(_: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    commits = proposal.plan.decision is Decision.PUBLISH and proposal.observed.releases.branch
    return (None,) if commits else ()


def _run(context: RunContext, proposal: Proposal, _: Target | None) -> None:
    branch = proposal.observed.releases.branch
    if branch and (blocker := branch_blocker(context.repository, branch, proposal.plan.head)):
        raise blocker


CHECK = Check("release-branch", "the commit is the tip of the branch that gets release commits", _subjects, _run)
