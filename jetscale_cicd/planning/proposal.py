"""A plan together with the observations of which it was made."""

from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.record import frozen
from jetscale_cicd.planning.decision import Observed
from jetscale_cicd.planning.release import DesiredRelease


@frozen
class Proposal:
    """A plan before its preconditions are checked."""

    plan: Plan
    observed: Observed
    desired: DesiredRelease
