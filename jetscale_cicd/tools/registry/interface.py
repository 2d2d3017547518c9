"""The interface of a registry."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jetscale_cicd.model.release import RegistryAnswer

if TYPE_CHECKING:
    from jetscale_cicd.tools.registry.referrers import Referrers


class Registry(Protocol):
    """Keeps the packages of charts by version."""

    @property
    def creates_atomically(self) -> bool:
        """Whether only one of two runs that create the same version succeeds."""

    def reference(self, chart: str, version: str, /) -> str:
        """Where the package of a version is, whether it exists or not."""

    def lookup(self, chart: str, version: str, /) -> RegistryAnswer:
        """Whether the registry holds a version."""

    def read(self, chart: str, version: str, /) -> bytes:
        """The archive that the registry gives for a version; compare it with the digest of an answer.

        Raises:
            PublishError: it cannot be read.
        """

    def referrers(self, chart: str, /) -> "Referrers | None":
        """Where artifacts that refer to a package are kept; None where the registry keeps none."""

    def check_push(self, chart: str, /) -> None:
        """Refuse what the registry would refuse, before anything is changed.

        Raises:
            PublishError: a push is not allowed.
            CannotTellError: that cannot be known.
        """

    def create(self, chart: str, version: str, archive: Path, /) -> RegistryAnswer:
        """Add a package unless the version is taken, and read back what the registry then holds."""
