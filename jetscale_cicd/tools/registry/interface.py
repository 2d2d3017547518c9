"""What every registry answers and does."""

from pathlib import Path
from typing import Protocol

from jetscale_cicd.model.release import Present, RegistryAnswer


class Registry(Protocol):
    """A place that keeps packages of a chart by version."""

    @property
    def creates_atomically(self) -> bool:
        """Whether of two runs that create one version only one succeeds."""

    def reference(self, chart: str, version: str, /) -> str:
        """Where the package of a version is, or would be."""

    def lookup(self, chart: str, version: str, /) -> RegistryAnswer:
        """Whether the registry holds a version."""

    def read(self, chart: str, version: str, /) -> bytes:
        """The archive of a version that the registry holds."""

    def pinned_chart_args(self, chart: str, answer: Present, /) -> tuple[str, ...]:
        """Arguments by which helm takes exactly this package; () where it has no such reference."""

    def create(self, chart: str, version: str, archive: Path, /) -> RegistryAnswer:
        """Add a package unless the version is taken, and read back what the registry then holds."""
