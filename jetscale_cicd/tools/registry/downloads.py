"""The packages that a run reads from its registry: each once, compared with its digest, and kept as one file.

What is looked at, rendered and handed to helm is that file. A registry that answers something else a moment later, or
whose tag is moved meanwhile, changes nothing about it.
"""

import threading
from pathlib import Path

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import Present
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.interface import Registry


@frozen
class Downloads:
    """Packages of one registry.

    Args:
        registry: where they are.
        directory: of this run alone.
    """

    registry: Registry
    directory: Path
    files: dict[str, Path] = field(default_factory=dict)
    turn: "threading.Lock" = field(default_factory=threading.Lock, repr=False)

    def archive(self, chart: str, version: str, answer: Present) -> Path:
        """The archive that the registry answered for.

        Raises:
            PublishError: ``PUBLISHED_DIFFERS``, the registry gives another one, or what it holds is no chart;
                ``REGISTRY_READ``, it cannot be read.
        """
        with self.turn:
            if answer.digest not in self.files:
                self.files[answer.digest] = self._read(chart, version, answer)
            return self.files[answer.digest]

    def _read(self, chart: str, version: str, answer: Present) -> Path:
        content = b"" if answer.digest == answer.manifest else self.registry.read(chart, version)
        if digest_of(content) != answer.digest:
            raise PublishError(
                "PUBLISHED_DIFFERS",
                f"the registry answered {answer.digest} for {chart} {version}, and holds another package, or no chart",
                where=self.registry.reference(chart, version),
                hint="run again; find out who publishes under this name",
            )
        folder = self.directory / "downloads" / answer.digest.removeprefix("sha256:")[:16]
        folder.mkdir(parents=True)
        archive = folder / f"{chart}-{version}.tgz"
        archive.write_bytes(content)
        return archive
