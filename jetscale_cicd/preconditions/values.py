"""The values of a target can be used, and agree with its namespace."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.observe.git.values import check_values, read_values
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    return proposal.plan.targets if context.request.preflight else proposal.plan.due


def _run(context: RunContext, proposal: Proposal, decided: TargetDecision) -> None:
    check_values(read_values(context.repository, proposal.plan.head, decided.target), decided.target)


CHECK = TargetCheck("values", "the values can be used and agree with the target", _targets, _run, of_the_version=True)
