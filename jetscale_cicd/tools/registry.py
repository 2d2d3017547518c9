"""A directory of packages as a registry: the embedded default of a laptop and of tests.

The file system gives what a registry must: a package appears whole or not at all (`link(2)` refuses an existing name),
and is never overwritten.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jetscale_cicd.errors import PreconditionError, PublishError
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present, RegistryAnswer


@dataclass(frozen=True, slots=True)
class DirectoryRegistry:
    """Packages as ``<chart>-<version>.tgz`` in one directory."""

    directory: Path

    def reference(self, chart: str, version: str) -> str:
        """Where the package of a version is, or would be."""
        return str(self._path(chart, version))

    def lookup(self, chart: str, version: str) -> RegistryAnswer:
        """Whether the registry holds a version; a directory that is not there proves nothing."""
        try:
            if not self.directory.is_dir():
                return CannotTell(f"{self.directory} is no directory")
            return Present(digest_of(self._path(chart, version).read_bytes()))
        except FileNotFoundError:
            return Absent()
        except OSError as unreadable:
            return CannotTell(f"{unreadable.filename}: {unreadable.strerror}")

    def read(self, chart: str, version: str) -> bytes:
        """The package of a version that ``lookup`` found.

        Raises:
            PublishError: ``REGISTRY_READ``.
        """
        try:
            return self._path(chart, version).read_bytes()
        except OSError as unreadable:
            raise PublishError(
                "REGISTRY_READ", f"the package cannot be read: {unreadable.strerror}", where=str(unreadable.filename)
            ) from unreadable

    def create(self, chart: str, version: str, archive: Path) -> RegistryAnswer:
        """Add a package unless the name is taken, and read back what the registry then holds.

        Raises:
            PublishError: ``REGISTRY_WRITE``, it could not be written; nothing is left behind.
        """
        target = self._path(chart, version)
        try:
            with tempfile.NamedTemporaryFile(dir=self.directory, prefix=".incoming-") as incoming:
                incoming.write(archive.read_bytes())
                incoming.flush()
                os.fsync(incoming.fileno())
                os.fchmod(incoming.fileno(), 0o644)
                with suppress(FileExistsError):  # somebody was first: the answer below says with what
                    os.link(incoming.name, target)
        except OSError as unwritable:
            raise PublishError(
                "REGISTRY_WRITE",
                f"the package cannot be written: {unwritable.strerror}",
                where=str(target),
                hint="the directory must exist and be writable",
            ) from unwritable
        return self.lookup(chart, version)

    def _path(self, chart: str, version: str) -> Path:
        return self.directory / f"{chart}-{version}.tgz"


@dataclass(frozen=True, slots=True)
class UnaskedRegistry:
    """A registry over the network: named in plans, not asked by this release."""

    url: str

    def reference(self, chart: str, _version: str) -> str:
        """The chart's OCI reference, without the version, as helm takes it."""
        return f"{self.url}/{chart}"

    def lookup(self, _chart: str, _version: str) -> RegistryAnswer:
        """Never an answer."""
        return NotAsked("this release of jetscale-cicd asks directories only")

    def read(self, _chart: str, _version: str) -> bytes:
        """Refuse."""
        raise self._unreached()

    def create(self, _chart: str, _version: str, _archive: Path) -> RegistryAnswer:
        """Refuse."""
        raise self._unreached()

    def _unreached(self) -> PreconditionError:
        return PreconditionError(
            "REGISTRY_NOT_REACHED",
            "this release of jetscale-cicd publishes to directories, not yet to OCI registries",
            where=self.url,
            hint="name a directory: --registry ./registry",
        )


def open_registry(location: str, root: Path) -> "DirectoryRegistry | UnaskedRegistry":
    """The registry at ``oci://…``, ``file:///…``, or a directory relative to ``root``."""
    if location.startswith("oci://"):
        return UnaskedRegistry(location)
    return DirectoryRegistry(root / location.removeprefix("file://"))


def digest_of(content: bytes) -> str:
    """``sha256:…`` of an archive, as an OCI layer would name it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
