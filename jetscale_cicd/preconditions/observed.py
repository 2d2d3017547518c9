"""What is deployed to a target could be observed: without that, nothing is deployed to it."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    unseen = [each for each in proposal.plan.targets if isinstance(each.live, NotObserved) and each.live.error]
    return [] if context.request.for_notes else unseen


def _run(_context: RunContext, _proposal: Proposal, decided: TargetDecision) -> None:
    if isinstance(decided.live, NotObserved) and decided.live.error:
        raise decided.live.error


CHECK = TargetCheck("observed", "what is deployed can be observed", _targets, _run)
