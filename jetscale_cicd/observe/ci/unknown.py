"""A CI without a row of its own."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables


def read(ci: CiVariables) -> Event:
    """Whatever is checked out, and how to say more."""
    return ci.event(EventKind.MANUAL, "a CI that is not known here: give --base and --head", head=None)
