"""The namespace of a target exists; checked before anything is published."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check, NotChecked


def _subjects(_: RunContext, proposal: Proposal) -> Iterable[Target | None]:
    return [each.target for each in proposal.plan.targets if each.decision is not Decision.NOTHING]


def _run(context: RunContext, _: Proposal, target: Target | None) -> NotChecked | None:
    api = engine_of(target).cluster(context, target) if target else None
    if api is None or target is None:
        return NotChecked("no cluster was asked")
    from jetscale_cicd.observe.cluster.namespace import check_namespace

    return None if check_namespace(api, target) else NotChecked("this run may not read namespaces")


CHECK = Check("namespace", "the namespace exists", _subjects, _run)
