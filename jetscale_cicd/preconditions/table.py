"""The tables of preconditions, and the functions that check all of them."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError, PublishError
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.record import replace
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions import (
    audit,
    configuration,
    elsewhere,
    engine,
    first_release,
    hold,
    namespace,
    needs,
    objects,
    observed,
    published,
    push_address,
    release_branch,
    release_commit,
    release_remote,
    released,
    secrets,
    signer,
    tag_format,
    tag_possible,
    tags,
    values,
)
from jetscale_cicd.preconditions.check import Check, Given, NotChecked, RunCheck

# In the order of the report; the first unmet one gives a run its error code and exit status.
CHECKS: tuple[Check[Proposal], ...] = (
    configuration.CHECK,
    tags.CHECK,
    release_branch.CHECK,
    released.CHECK,
    release_commit.CHECK,
    push_address.CHECK,
    release_remote.CHECK,
    first_release.CHECK,
    tag_format.CHECK,
    tag_possible.CHECK,
    published.CHECK,
    observed.CHECK,
    hold.CHECK,
    elsewhere.CHECK,
    namespace.CHECK,
    values.CHECK,
    objects.CHECK,
)
# Where only commits are compared.
COMPARISON_CHECKS: tuple[Check[Proposal], ...] = (tags.CHECK,)
# They concern the process that checks: another process may meet them, so a run checks them again.
PROCESS_CHECKS: tuple[Check[Plan], ...] = (
    needs.CHECK,
    secrets.CHECK,
    engine.CHECK,
    audit.CHECK,
    signer.CHECK,
)


def check_preconditions(context: RunContext, proposal: Proposal) -> tuple[Precondition, ...]:
    """The result of every check on which the plan depends; an unmet one does not stop the others."""
    return (*_results(CHECKS, context, proposal, of_this_process=False), *check_process(context, proposal.plan))


def check_comparison(context: RunContext, proposal: Proposal) -> tuple[Precondition, ...]:
    """The results of the checks on which a comparison of commits depends."""
    return tuple(_results(COMPARISON_CHECKS, context, proposal, of_this_process=False))


def check_process(context: RunContext, plan: Plan) -> tuple[Precondition, ...]:
    """The results of the checks that concern this process."""
    return tuple(_results(PROCESS_CHECKS, context, plan, of_this_process=True))


def _results(
    checks: Iterable[Check[Given]], context: RunContext, given: Given, *, of_this_process: bool
) -> Iterator[Precondition]:
    for check in checks:
        row = Precondition(id=check.id, what=check.what, state=PreconditionState.MET, of_this_process=of_this_process)
        if isinstance(check, RunCheck):
            if check.applies(context, given):
                yield _checked(replace(row, stops_plan=check.stops_plan), partial(check.run, context, given))
        else:
            for decided in check.targets(context, given):
                of_target = replace(row, target=decided.target.name, of_the_version=check.of_the_version)
                found = _checked(of_target, partial(check.run, context, given, decided))
                warns = check.warns and found.state is PreconditionState.UNMET
                yield replace(found, state=PreconditionState.WARNING) if warns else found


def _checked(row: Precondition, run: Callable[[], NotChecked | None]) -> Precondition:
    try:
        not_checked = run()
    except CannotTellError as unknown:
        return replace(row, state=PreconditionState.CANNOT_TELL, error=unknown)
    except (ConfigurationError, PreconditionError, PublishError) as unmet:
        return replace(row, state=PreconditionState.UNMET, error=unmet)
    return replace(row, state=PreconditionState.SKIPPED, why=not_checked.why) if not_checked else row
