"""A directory of packages as a registry, for local runs and tests.

The file system gives the guarantees that are needed: a package is created completely or not at all, and is never
overwritten (`link(2)` refuses an existing name).
"""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Absent, CannotTell, Present, RegistryAnswer
from jetscale_cicd.model.shown import shown
from jetscale_cicd.tools.paths import is_directory, read_package
from jetscale_cicd.tools.registry.digest import digest_of

_INCOMING = ".incoming-"
_ABANDONED_SECONDS = 3600


@frozen
class DirectoryRegistry:
    """Packages as ``<chart>-<version>.tgz`` in one directory."""

    directory: Path

    # link(2) succeeds for only one of two runs.
    creates_atomically: ClassVar[bool] = True

    def reference(self, chart: str, version: str) -> str:
        """The path of the package of a version, whether it exists or not."""
        return str(self._path(chart, version))

    def lookup(self, chart: str, version: str) -> RegistryAnswer:
        """Whether the registry holds a version; without the directory, it cannot be known."""
        try:
            if not is_directory(self.directory):
                place = shown(str(self.directory))
                return CannotTell(f"{place} is not a directory", f"is it mounted? A new one: mkdir -p {place}")
            return Present(digest_of(read_package(self._path(chart, version))))
        except FileNotFoundError:
            return Absent()
        except OSError as unreadable:
            return CannotTell(f"{shown(str(unreadable.filename))}: {unreadable.strerror}")

    def read(self, chart: str, version: str) -> bytes:
        """The package of a version that ``lookup`` found.

        Raises:
            PublishError: ``REGISTRY_READ``.
        """
        try:
            return read_package(self._path(chart, version))
        except OSError as unreadable:
            where = shown(str(unreadable.filename))
            message = f"the package cannot be read: {unreadable.strerror}"
            raise PublishError("REGISTRY_READ", message, where=where) from unreadable

    def referrers(self, _chart: str) -> None:
        """None: nobody looks in a directory for what refers to a package."""

    def check_push(self, _chart: str) -> None:
        """Refuse a directory that this user may not write.

        Raises:
            PublishError: ``REGISTRY_WRITE``.
        """
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise _not_written("the directory is not writable", str(self.directory))

    def create(self, chart: str, version: str, archive: Path) -> RegistryAnswer:
        """Add a package unless the name is taken, and read back what the registry then holds.

        Raises:
            PublishError: ``REGISTRY_WRITE``, the package could not be written; no file is left.
        """
        target = self._path(chart, version)
        try:
            self._remove_abandoned()
            with tempfile.NamedTemporaryFile(dir=self.directory, prefix=_INCOMING) as incoming:
                incoming.write(archive.read_bytes())
                incoming.flush()
                os.fsync(incoming.fileno())
                os.fchmod(incoming.fileno(), 0o644)
                with suppress(FileExistsError):  # another run was first: the answer below has its content
                    os.link(incoming.name, target)
        except OSError as unwritable:
            raise _not_written(unwritable.strerror or "", str(target)) from unwritable
        return self.lookup(chart, version)

    def _remove_abandoned(self) -> None:
        """Remove what killed runs left of this user's; a package is written within seconds."""
        for file in self.directory.glob(f"{_INCOMING}*"):
            with suppress(OSError):
                found = file.lstat()
                if found.st_uid == os.geteuid() and time.time() - found.st_mtime > _ABANDONED_SECONDS:
                    file.unlink()

    def _path(self, chart: str, version: str) -> Path:
        return self.directory / f"{chart}-{version}.tgz"


def _not_written(why: str, where: str) -> PublishError:
    return PublishError(
        "REGISTRY_WRITE",
        f"the package cannot be written: {why}",
        where=where,
        hint="the directory must exist and be writable",
    )


def open_directory(location: str, root: Path) -> DirectoryRegistry:
    """The registry at ``file:///…``, or in a directory relative to ``root``."""
    return DirectoryRegistry(root / location.removeprefix("file://"))
