"""The namespace of a target exists; checked before anything is published."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.request import Half
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck
from jetscale_cicd.preconditions.survey.found import NotChecked, Noted


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    if context.request.half is Half.RELEASE:
        return ()
    if context.request.preflight:
        return proposal.plan.targets
    return [decided for decided in proposal.plan.targets if decided.decision is not Decision.NOTHING]


def _run(context: RunContext, _: Proposal, decided: TargetDecision) -> NotChecked | Noted | None:
    api = engine_of(decided.target).cluster(context, decided.target)
    if api is None:
        return NotChecked("no cluster was asked")
    from jetscale_cicd.observe.cluster.namespace import check_namespace

    try:
        seen = check_namespace(api, decided.target)
    except PreconditionError as missing:
        if missing.code == "NAMESPACE_MISSING" and decided.target.create_namespace:
            return Noted(f"a deploy makes namespace {decided.target.namespace}")
        raise
    return None if seen else NotChecked("this run may not read namespaces")


CHECK = TargetCheck("namespace", "the namespace exists", _targets, _run)
