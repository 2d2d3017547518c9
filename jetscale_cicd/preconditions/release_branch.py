"""The commit is on a branch that is released, and the run is for an event that may release."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(context: RunContext, proposal: Proposal) -> bool:
    return proposal.plan.needed or context.request.preflight


def _run(_: RunContext, proposal: Proposal) -> None:
    if proposal.observed.refusal:
        raise proposal.observed.refusal


CHECK = RunCheck("release-branch", "the commit is on a branch that is released", _applies, _run, stops_plan=False)
