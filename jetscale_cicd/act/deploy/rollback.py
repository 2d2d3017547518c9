"""`rollback`: an earlier revision of a target brought back by its engine, and put on record."""

from functools import partial

from jetscale_cicd.act.deploy.audit import report_death, rollback_entry
from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.audit_log import append_audit, check_audit


def roll_back(context: RunContext, target: Target, to: int | None) -> Rollback:
    """Bring a revision back.

    Args:
        to: the revision; None is the newest good one before what is deployed.

    Raises:
        PreconditionError: ``NOTHING_TO_ROLL_BACK``, or there is no cluster.
        ConfigurationError: ``NO_SUCH_RELEASE_REVISION``, or the target keeps no revisions.
        DeployError: helm could not; VerificationError: it could, and what is there now is not as it should be.
    """
    check_audit(context.request.audit)
    outcome = engine_of(target).roll_back(context, target, to, partial(report_death, context, target))
    try:
        append_audit(context.request.audit, rollback_entry(context, target, outcome), context.redact)
    except Stage6Error as unwritable:  # how the rollback ended is what has to be reported
        context.announce(f"! {unwritable.message}: {unwritable.where}")
    if outcome.error or outcome.after is None:
        raise outcome.error or RuntimeError("a rollback ended without an outcome")
    return Rollback(target=target, before=outcome.before, to=outcome.to, after=outcome.after, verified=outcome.verified)
