"""A preflight: every precondition, again and again while what does not hold may mend itself."""

import time

from jetscale_cicd.context import RunContext
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.model.record import replace
from jetscale_cicd.planning.proposal import Proposal
from jetscale_cicd.preconditions.table import check_preconditions
from jetscale_cicd.tools.worker import pause

_PAUSE = 2.0  # seconds


def check_and_wait(context: RunContext, proposal: Proposal, seconds: float) -> Preflight:
    """Check every precondition.

    Args:
        seconds: how long to go on where everything that does not hold may mend itself.
    """
    begun, waited = time.monotonic(), 0.0
    while True:
        checked = replace(proposal.plan, preconditions=check_preconditions(context, proposal))
        preflight = Preflight(plan=checked, waited=waited)
        if waited >= seconds or not preflight.may_converge:
            return preflight
        wanting = ", ".join(dict.fromkeys(row.id for row in preflight.rows if row.error))
        context.announce(f"… {wanting}: not met yet, waiting ({waited:.0f} of {seconds:g} s)")
        pause(min(_PAUSE, seconds - waited))
        waited = time.monotonic() - begun
