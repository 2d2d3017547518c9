"""``--redeploy`` does not deploy a release that a rollback took back."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    return [decided for decided in proposal.plan.targets if context.request.redeploy and decided.hold]


def _run(_context: RunContext, _proposal: Proposal, held: TargetDecision) -> None:
    why = held.hold.sentence if held.hold else ""
    raise PreconditionError(
        "REDEPLOY_HELD",
        f"--redeploy would deploy to {held.target.name} what a rollback took back: {why}",
        where=f"{held.target.namespace}/{held.target.release}",
        hint=f"bring back the same revision again: jetscale-cicd rollback --target {held.target.name} --to N "
        "(helm history); or deploy the release all the same: --release-hold",
    )


CHECK = TargetCheck("hold", "no rollback holds a target that is to be deployed again", _targets, _run)
