"""A preflight: every precondition, again and again while what does not hold may mend itself."""

import difflib
import time

from jetscale_cicd.context import RunContext
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.precondition import PreconditionState
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.table import CHECKS, PROCESS_CHECKS, SURVEY_CHECKS, check_preconditions
from jetscale_cicd.tools.worker import pause

_PAUSE = 2.0  # seconds
_WANTING = (PreconditionState.UNMET, PreconditionState.CANNOT_TELL)


def _check_asked(request: Request) -> None:
    """Refuse the name of a check that there is not: what was to be checked, or left out, would not be."""
    known = [check.id for check in (*CHECKS, *SURVEY_CHECKS, *PROCESS_CHECKS)]
    for option, names in (("--only", request.only), ("--skip", request.skip)):
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name[:60], known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"checks are: {', '.join(known)}"
                raise ConfigurationError("UNKNOWN_CHECK", f"there is no check {quoted(name)}", where=option, hint=hint)


def _nothing_checked() -> ConfigurationError:
    return ConfigurationError(
        "NOTHING_CHECKED",
        "no check of those that are asked for concerns these targets",
        where="--only, --skip",
        hint="leave them out to make every check",
    )


def check_and_wait(context: RunContext, proposal: Proposal, seconds: float) -> Preflight:
    """Check every precondition.

    Args:
        seconds: how long to go on where everything that does not hold may mend itself.
    """
    _check_asked(context.request)
    partial = bool(context.request.only or context.request.skip)
    begun, waited = time.monotonic(), 0.0
    while True:
        checked = replace(proposal.plan, preconditions=check_preconditions(context, proposal))
        preflight = Preflight(plan=checked, partial=partial, waited=waited)
        if not _answers(context.request, preflight):
            raise _nothing_checked()
        if waited >= seconds or not preflight.may_converge:
            if waited < seconds and (lasting := _lasting(preflight)):
                context.announce(f"… not waiting: {lasting} does not mend itself")
            return preflight
        _wait_until_met(context, proposal, preflight, begun + seconds)
        waited = time.monotonic() - begun


def _answers(request: Request, preflight: Preflight) -> bool:
    """Whether a check was made that was asked for: those of the manifests bring others, on which they depend."""
    return any(not request.only or row.id in request.only for row in preflight.rows)


def _lasting(preflight: Preflight) -> str:
    return ", ".join(dict.fromkeys(row.id for row in preflight.rows if row.state in _WANTING and not row.converges))


def _wait_until_met(context: RunContext, proposal: Proposal, preflight: Preflight, until: float) -> None:
    """Make the checks that found something again, and no others, until they find nothing, or the time is up."""
    wanting = tuple(dict.fromkeys(row.id for row in preflight.rows if row.state in _WANTING))
    left = until - time.monotonic()
    context.announce(f"… {', '.join(wanting)}: not met yet, waiting for at most {left:.0f} s")
    while (left := until - time.monotonic()) > 0:
        pause(min(_PAUSE, left))
        if not any(row.state in _WANTING for row in check_preconditions(context, proposal, again=wanting)):
            return
