"""Who may act: for which events, and for commits of which branches (docs/how-it-works.md)."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.release.branches import event_refusal
from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.model.change import ChangeSet, Comparison, Counted
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision, Plan, Reason, TargetDecision, TargetPlan
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.heads import branch_refusal
from jetscale_cicd.observe.git.releases import Releases


def refused_event(context: RunContext) -> PreconditionError | None:
    """Why no run for the event may release or deploy; None where one may. Nothing is asked for it."""
    return event_refusal(context.request.event, context.branches, forks=context.settings.release.forks)


def refused_commit(context: RunContext, head: str, releases: Releases) -> Stage6Error | None:
    """Why head may not be released or deployed; None where it may.

    Args:
        releases: with the branches of the remote.
    """
    return refused_event(context) or branch_refusal(
        context.repository, context.request.event, head, context.branches, releases.heads
    )


def idle_plan(context: RunContext, why: str) -> Plan:
    """The plan of a run that has nothing to do, whatever changed; neither remote, registry nor targets are asked."""
    head = context.head
    compared = Comparison(head, head, "not at all")
    decisions = (_idle(target, compared, why) for target in context.settings.targets)
    return Plan(
        decision=Decision.NOTHING,
        head=head,
        latest=None,
        changes=ChangeSet(comparison=compared, watched=(), counted=lambda: Counted(0)),
        target_plans=tuple(TargetPlan(decided=decided) for decided in decisions),
        choice=None,
        deploy=None,
        idle=why,
    )


def _idle(target: Target, compared: Comparison, why: str) -> TargetDecision:
    reason = Reason(scope=target.name, why=why, counts=False)
    return TargetDecision(
        target=target, decision=Decision.NOTHING, reasons=(reason,), compared=compared, live=NotObserved(why)
    )
