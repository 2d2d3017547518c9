"""This run may push the tag and the reservation of its version; a run itself finds out by the reservation."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import RunCheck


def _applies(context: RunContext, proposal: Proposal) -> bool:
    return context.request.preflight and proposal.plan.decision is Decision.PUBLISH


def _run(context: RunContext, proposal: Proposal) -> None:
    from jetscale_cicd.observe.git.push_right import check_push_right

    release = proposal.desired.release
    for error in check_push_right(context.repository, release) if release else ():
        raise error


CHECK = RunCheck("push-right", "the remote takes a tag from this run", _applies, _run)
