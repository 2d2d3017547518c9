"""A release that is about to be installed is in no other namespace already, where it may be the one that is meant.

It may as well be another one: names such as `app` are common, and a preview of each pull request has its own namespace.
So this warns, before anything is changed.
"""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.engine import ENGINES, Destination
from jetscale_cicd.model.live import NotDeployed
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck
from jetscale_cicd.preconditions.survey.found import NotChecked

_SHOWN = 5


def _targets(_: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    return [
        decided
        for decided in proposal.plan.deploys
        if isinstance(decided.live, NotDeployed) and ENGINES[decided.target.engine].destination is Destination.RELEASE
    ]


def _run(context: RunContext, _: Proposal, decided: TargetDecision) -> NotChecked | None:
    target, api = decided.target, engine_of(decided.target).cluster(context, decided.target)
    if api is None:
        return NotChecked("no cluster was asked")
    from jetscale_cicd.observe.cluster.elsewhere import other_namespaces

    found = other_namespaces(api, target)
    if found is None:
        return NotChecked("this run may not list Helm's Secrets in all namespaces")
    known = context.settings.namespaces_of(target.release)
    unknown = [namespace for namespace in found if namespace not in known]
    if not unknown:
        return None
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    raise PreconditionError(
        "RELEASE_ELSEWHERE",
        f"release {target.release} is not in namespace {target.namespace}, but in {', '.join(unknown[:_SHOWN])}{more}: "
        "a deploy installs another one",
        where=f"target {target.name}",
        hint=f"if that one is meant, set targets.{target.name}.namespace: {unknown[0]}",
    )


CHECK = TargetCheck(
    "elsewhere", "no other namespace has the release that is to be installed", _targets, _run, warns=True
)
