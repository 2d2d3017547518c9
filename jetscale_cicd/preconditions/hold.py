"""``--redeploy`` does not deploy a release that a rollback took back."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check


def _subjects(context: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    return [each.target for each in proposal.plan.targets if context.request.redeploy and each.hold]


def _run(_: RunContext, proposal: Proposal, target: Target | None) -> None:
    held = next(each for each in proposal.plan.targets if each.target == target)
    why = held.hold.sentence if held.hold else ""
    raise PreconditionError(
        "REDEPLOY_HELD",
        f"--redeploy would deploy to {held.target.name} what a rollback took back: {why}",
        where=f"{held.target.namespace}/{held.target.release}",
        hint=f"bring back the same revision again: jetscale-cicd rollback --target {held.target.name} --to N "
        "(helm history); or deploy the release all the same: --release-hold",
    )


CHECK = Check("hold", "no rollback holds a target that is to be deployed again", _subjects, _run)
