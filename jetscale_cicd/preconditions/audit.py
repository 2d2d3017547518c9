"""The file of the audit can be written."""

from collections.abc import Iterable

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.check import Check
from jetscale_cicd.tools.audit_log import check_audit


def _subjects(context: RunContext, _: Proposal) -> Iterable[Target | None]:
    return (None,) if context.request.audit else ()


def _run(context: RunContext, _proposal: Proposal, _target: Target | None) -> None:
    check_audit(context.request.audit)


CHECK = Check("audit", "the audit file can be written", _subjects, _run, of_this_process=True)
