"""Nothing else is changing the release: a deploy ends at another helm, once its version is published."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck


def _targets(_: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    return [decided for decided in proposal.plan.targets if _pending(decided)]


def _pending(decided: TargetDecision) -> str:
    revision = decided.live.revision if isinstance(decided.live, Deployed) else None
    if revision is None or not revision.pending:
        return ""
    by = f"{revision.holder}, for which a run waits" if revision.holder else "a helm outside Stage 6, or a dead run"
    return f"revision {revision.number} is {revision.status}, by {by}"


def _run(_context: RunContext, _proposal: Proposal, decided: TargetDecision) -> None:
    target = decided.target
    raise PreconditionError(
        "RELEASE_PENDING",
        _pending(decided),
        where=f"{target.namespace}/{target.release}",
        hint=f"wait until it ends; a run recovers what died: jetscale-cicd status --target {target.name}",
    )


CHECK = TargetCheck("pending", "nothing else is changing the release", _targets, _run, warns=True)
