"""The values of a target can be used, and agree with its namespace."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import check_values, read_values
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check


def _subjects(_: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    return proposal.plan.deployed_targets


def _run(context: RunContext, proposal: Proposal, target: Target | None) -> None:
    if target:
        check_values(read_values(context.repository, proposal.plan.head, target), target)


CHECK = Check("values", "the values can be used and agree with the target", _subjects, _run)
