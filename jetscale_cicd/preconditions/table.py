"""The table of preconditions, and the function that checks all of them."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError, PublishError, Stage6Error
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.target import Target
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions import (
    audit,
    engine,
    hold,
    namespace,
    published,
    release_branch,
    secrets,
    signer,
    values,
)
from jetscale_cicd.preconditions.check import Check, NotChecked

# In the order of the report; the first unmet one gives a run its error code and exit status.
CHECKS: tuple[Check, ...] = (
    release_branch.CHECK,
    published.CHECK,
    hold.CHECK,
    namespace.CHECK,
    values.CHECK,
    secrets.CHECK,
    engine.CHECK,
    audit.CHECK,
    signer.CHECK,
)


def check_preconditions(context: RunContext, proposal: Proposal) -> tuple[Precondition, ...]:
    """The result of every check on which the plan depends; an unmet one does not stop the others."""
    return tuple(
        _result(check, target, context, proposal) for check in CHECKS for target in check.subjects(context, proposal)
    )


def _result(check: Check, target: Target | None, context: RunContext, proposal: Proposal) -> Precondition:
    state, what = PreconditionState.MET, check.what
    error: Stage6Error | None = None
    try:
        not_checked = check.run(context, proposal, target)
    except CannotTellError as unknown:
        state, error = PreconditionState.CANNOT_TELL, unknown
    except (ConfigurationError, PreconditionError, PublishError) as unmet:
        state, error = PreconditionState.UNMET, unmet
    else:
        if isinstance(not_checked, NotChecked):
            state, what = PreconditionState.SKIPPED, f"{check.what}: {not_checked.why}"
    return Precondition(
        id=check.id,
        state=state,
        what=what,
        target=target.name if target else None,
        error=error,
        of_this_process=check.of_this_process,
    )
