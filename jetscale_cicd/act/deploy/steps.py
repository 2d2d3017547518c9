"""The steps of a target, done by its engine; the step record is the same for every engine."""

from contextlib import ExitStack, closing, suppress

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.act.deploy.audit import audit_entry
from jetscale_cicd.act.deploy.cluster_record import record_cluster
from jetscale_cicd.act.deploy.delivery import TargetDelivery
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import TargetPlan
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.step import Step, StepName
from jetscale_cicd.tools.audit_log import append_audit


@frozen
class TargetSteps:
    """The steps of the targets of one run.

    Args:
        recorded: whether the audit has the entry of a target; a target is missing until its entry is due.
    """

    acting: ActContext
    recorded: dict[str, bool] = field(default_factory=dict)

    def perform(self, each: TargetPlan, step: Step) -> str:
        """Do a step of a target, and return what was done.

        Raises:
            Stage6Error: the step failed.
        """
        if step.name is StepName.RECORD:
            return self._record(each)
        sessions, target = self.acting.sessions, each.decided.target
        if target.name not in sessions:
            sessions[target.name] = engine_of(target).open(TargetDelivery(self.acting, each.decided))
        if step.name is StepName.DEPLOY:
            record_cluster(self.acting, target)
        return sessions[target.name].perform(step.name)

    def leave(self) -> None:
        """Record and unlock the targets that an interrupted or failed run still holds, and close every session."""
        with ExitStack() as leaving:  # whatever happens to one target, the others are left, too
            for each in reversed(self.acting.plan.target_plans):
                leaving.callback(self._leave, each)

    def _record(self, each: TargetPlan) -> str:
        """Append the outcome to the audit, and unlock the target."""
        context, name = self.acting.context, each.decided.target.name
        with closing(self.acting.sessions[name]):
            self.recorded[name] = False
            appended = append_audit(context.request.audit, audit_entry(self.acting, each), context.redact)
            self.recorded[name] = True
        return appended

    def _leave(self, each: TargetPlan) -> None:
        session = self.acting.sessions.get(each.decided.target.name)
        if session is None:
            return
        with closing(session), suppress(Stage6Error):  # the error that ended the run is what has to be reported
            recorded = self.recorded.get(each.decided.target.name)
            if recorded is False or (recorded is None and session.locked):
                self._record(each)
