"""The command `rollback`: bring back an earlier revision of a target by its engine, and record it."""

from functools import partial

from jetscale_cicd.act.deploy.audit import report_interrupted, report_rollback
from jetscale_cicd.act.deploy.cluster_record import check_cluster
from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.engine import RollbackReports
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.audit_log import check_audit


def roll_back(context: RunContext, target: Target, to: int | None) -> Rollback:
    """Bring back a revision.

    Args:
        to: the revision; None for the newest good one before the one that is deployed.

    Raises:
        PreconditionError: ``NOTHING_TO_ROLL_BACK``, there is no cluster, or it is another one (``CLUSTER_DIFFERS``).
        ConfigurationError: ``NO_SUCH_RELEASE_REVISION``, or the target keeps no revisions.
        DeployError: helm failed.
        VerificationError: helm succeeded, and what is deployed now is not verified.
    """
    check_audit(context.request.audit)
    check_cluster(context, target)
    reports = RollbackReports(
        interrupted=partial(report_interrupted, context, target),
        ended=partial(report_rollback, context, target),
    )
    outcome = engine_of(target).roll_back(context, target, to, reports)
    if outcome.error or outcome.after is None:
        raise outcome.error or RuntimeError("a rollback ended without an outcome")
    return Rollback(target=target, before=outcome.before, to=outcome.to, after=outcome.after, verified=outcome.verified)
