"""No CI: a laptop, or a hook."""

from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.ci.variables import CiVariables


def read(ci: CiVariables) -> Event:
    """Whatever is checked out."""
    return ci.event(EventKind.LOCAL, head=None)
