"""Where the objects of a kind are, as an API server serves them."""

from collections.abc import Mapping

from jetscale_cicd.model.record import frozen


@frozen
class Resource:
    """A kind as the API server serves it.

    Args:
        group: "" is the core group.
        version: of the group.
        name: in the plural, as paths and rights have it.
        namespaced: whether each object is in a namespace.
    """

    group: str
    version: str
    name: str
    namespaced: bool

    @property
    def full_name(self) -> str:
        """As kubectl takes it: ``deployments.apps``."""
        return f"{self.name}.{self.group}" if self.group else self.name


Served = Mapping[tuple[str, str], Resource]
"""By API version and kind."""
