"""The file of the audit can be written."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.preconditions.check import RunCheck
from jetscale_cicd.tools.audit_log import check_audit


def _applies(context: RunContext, _: Plan) -> bool:
    return context.request.audit is not None


def _run(context: RunContext, _: Plan) -> None:
    check_audit(context.request.audit)


CHECK = RunCheck("audit", "the audit file can be written", _applies, _run)
