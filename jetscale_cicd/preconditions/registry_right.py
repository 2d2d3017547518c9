"""The registry takes an upload from this run; a run itself begins one before its first step."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(context: RunContext, proposal: Proposal) -> bool:
    return context.request.preflight and proposal.plan.decision is Decision.PUBLISH


def _run(context: RunContext, proposal: Proposal) -> None:
    artifact = proposal.desired.artifact
    if artifact:
        context.registry.check_push(artifact.chart)


CHECK = RunCheck("registry-right", "the registry takes a package from this run", _applies, _run)
