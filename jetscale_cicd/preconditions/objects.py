"""The chart renders with the values of the target, and no object twice: Helm would refuse the second one half-way."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.manifests import check_rendered_once
from jetscale_cicd.errors import CannotTellError, Stage6Error
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import TargetCheck
from jetscale_cicd.preconditions.survey.found import NotChecked
from jetscale_cicd.preconditions.survey.rendered import rendered_targets, rendering_of


def _targets(context: RunContext, proposal: Proposal) -> Iterable[TargetDecision]:
    return rendered_targets(context, proposal)


def _run(context: RunContext, proposal: Proposal, decided: TargetDecision) -> NotChecked | None:
    target = decided.target
    try:
        rendered = rendering_of(context, proposal, decided)
    except Stage6Error as failed:
        if not context.request.acts:
            raise
        # A run packages and renders again before it publishes, and stops there.
        return NotChecked(f"it could not be rendered here: {failed.code}: {failed.message}")
    if isinstance(rendered, NotChecked):
        if context.request.preflight:  # what was not rendered was not checked, and is not ready
            raise _unknown(target, rendered.why)
        return rendered
    check_rendered_once(rendered.manifests, target.name, target.namespace)
    return None


def _unknown(target: Target, why: str) -> CannotTellError:
    return CannotTellError(
        "NOTHING_RENDERED",
        f"what a deploy to {target.name} needs cannot be told: {why}",
        where=f"target {target.name}",
        hint="release a version first (jetscale-cicd release), or accept the published one (jetscale-cicd adopt TAG)",
    )


CHECK = TargetCheck("objects", "the chart renders, and no object twice", _targets, _run, of_the_version=True)
