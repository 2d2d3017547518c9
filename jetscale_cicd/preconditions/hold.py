"""What keeps a target back: a rollback, which ``--redeploy`` does not undo; and, to a preflight, something newer."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    """A run says of a target that is kept back that it does nothing; a preflight must not call it ready."""
    request = context.request
    for decided in proposal.plan.targets:
        if (decided.hold and (request.redeploy or request.preflight)) or (decided.superseded and request.preflight):
            yield decided


def _run(context: RunContext, _proposal: Proposal, decided: TargetDecision) -> None:
    name, where = decided.target.name, f"{decided.target.namespace}/{decided.target.release}"
    if decided.hold and context.request.redeploy:
        raise PreconditionError(
            "REDEPLOY_HELD",
            f"--redeploy would deploy to {name} what a rollback took back: {decided.hold.sentence}",
            where=where,
            hint=f"bring back the same revision again: jetscale-cicd rollback --target {name} --to N "
            "(helm history); or deploy the release all the same: --release-hold",
        )
    if decided.hold:
        raise PreconditionError(
            "TARGET_HELD",
            f"a run would deploy nothing to {name}: {decided.hold.sentence}",
            where=where,
            hint=f"correct it with a commit, or: jetscale-cicd stage6 --target {name} --release-hold",
        )
    raise PreconditionError(
        "TARGET_SUPERSEDED",
        f"a run would deploy nothing to {name}: what is deployed or released is newer than this commit",
        where=where,
        hint="check the newest commit; an older release comes back by: jetscale-cicd rollback",
    )


CHECK = TargetCheck("hold", "no rollback, and nothing newer, keeps a target back", _targets, _run)
