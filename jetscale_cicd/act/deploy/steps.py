"""The steps of a target, done by its engine; the step record is the same for every engine."""

from contextlib import closing, suppress

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.act.deploy.audit import audit_entry
from jetscale_cicd.act.deploy.delivery import TargetDelivery
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import Step, StepName, TargetPlan
from jetscale_cicd.tools.audit_log import append_audit


def perform_step(acting: ActContext, each: TargetPlan, step: Step) -> str:
    """Do a step of a target, and return what was done.

    Raises:
        Stage6Error: the step failed.
    """
    if step.name is StepName.RECORD:
        return _record(acting, each)
    name = each.decided.target.name
    if name not in acting.sessions:
        acting.sessions[name] = engine_of(each.decided.target).open(TargetDelivery(acting, each.decided))
    return acting.sessions[name].perform(step.name)


def _record(acting: ActContext, each: TargetPlan) -> str:
    """Append the outcome to the audit, and unlock the target."""
    entry = audit_entry(acting, each)
    with closing(acting.sessions[each.decided.target.name]):
        return append_audit(acting.context.request.audit, entry, acting.context.redact)


def leave(acting: ActContext) -> None:
    """Record and unlock the targets that an interrupted or failed run still holds."""
    for each in filter(acting.is_locked, acting.plan.target_plans):
        with suppress(Stage6Error):  # the error that ended the run is what has to be reported
            _record(acting, each)
