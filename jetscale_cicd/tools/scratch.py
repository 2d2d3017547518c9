"""Directories of one run alone: in memory where they hold secrets, removed at its end, or by the next run if it died.

A directory is locked while its run lives (flock(2), which the kernel releases however a process ends). So one that can
be locked has no run any more.
"""

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Not as an earlier version called them, which locked none.
_PREFIX = "jetscale-cicd."
_NAME = re.compile(r"jetscale-cicd\.(?:[a-z]+\.)?[a-z0-9_]{8}")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a file system, in which directories of this user are made
_SOCKETS = "/tmp"  # noqa: S108 - the shortest place, as for a socket
_MOUNTS = Path("/proc/self/mounts")
_IN_MEMORY = ("tmpfs", "ramfs")
# Values files have at most a megabyte; in a container there may be no more than 64 for all its processes.
_ROOM = 16 << 20
_MOST_ENTRIES, _MOST_REMOVED, _ATTEMPTS = 20_000, 200, 5
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def scratch_directory(name: str = "", *, secret: bool = False, short: bool = False) -> Iterator[Path]:
    """A directory of mode 0700, removed at the end of the block.

    Args:
        name: said in its own name.
        secret: it is going to hold secrets.
        short: its path has to be a short one, for a socket.
    """
    import tempfile

    # Absolute: TMPDIR may be relative, and programs are started in other directories.
    place = os.path.abspath(_SOCKETS if short else (secret and memory()) or tempfile.gettempdir())  # noqa: PTH100
    for _ in range(_ATTEMPTS):
        with tempfile.TemporaryDirectory(prefix=_PREFIX + (f"{name}." if name else ""), dir=place) as made:
            try:
                lock = os.open(made, _DIRECTORY)
            except FileNotFoundError:  # another run has swept it before it was locked
                continue
            try:
                # Or is about to.
                if _lock(lock) is not False and _is_there(made, lock):
                    # TMPDIR may be in a work tree, and a snapshot of that takes what git does not ignore.
                    Path(made, ".gitignore").write_text("*\n")
                    yield Path(made)
                    return
            finally:
                os.close(lock)
    raise OSError(0, "every scratch directory was removed by another process")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Mark a directory as one of a run that lives, until the end of the block."""
    lock = os.open(directory, _DIRECTORY)
    try:
        _lock(lock)
        yield
    finally:
        os.close(lock)


def sweep_scratch() -> None:
    """Remove the scratch directories of this user's runs that died, wherever a run makes them."""
    places = (os.environ.get("TMPDIR") or _SOCKETS, _SOCKETS, os.environ.get("XDG_RUNTIME_DIR", ""), _SHARED_MEMORY)
    for place in dict.fromkeys(filter(None, places)):
        sweep(Path(place), _NAME)


def sweep(place: Path, names: re.Pattern[str], *, private: bool = True) -> None:
    """Remove the directories of dead runs in one place; what cannot be removed stays.

    A link is not followed, and nothing of another user is touched.

    Args:
        names: what their names have to be.
        private: they have to be readable to this user alone, as a scratch directory is.
    """
    removed = 0
    with suppress(OSError), os.scandir(place) as entries:
        for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False):
            if names.fullmatch(entry.name) and removed < _MOST_REMOVED:
                removed += _removed_if_dead(Path(entry.path), private)


def _removed_if_dead(directory: Path, private: bool) -> bool:
    try:
        lock = os.open(directory, _DIRECTORY)
    except OSError:  # a link, a file, another user's, or gone
        return False
    try:
        found = os.fstat(lock)
        ours = found.st_uid == os.geteuid() and not (private and stat.S_IMODE(found.st_mode) & 0o077)
        if not ours or not _lock(lock) or not _is_there(str(directory), lock):
            return False
        import shutil

        shutil.rmtree(directory, ignore_errors=True)
        return True
    finally:
        os.close(lock)


def _lock(directory: int) -> bool | None:
    """Lock a directory: False where another process has locked it, None where the file system has no locks."""
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_there(path: str, directory: int) -> bool:
    try:
        return os.path.samestat(Path(path).lstat(), os.fstat(directory))
    except OSError:
        return False


def memory() -> str:
    """A directory of a file system in memory in which this user can write; "" where there is none, or little room."""
    for place in (_own_runtime_directory(), _SHARED_MEMORY):
        with suppress(OSError):
            if place and _is_in_memory(os.path.realpath(place)) and os.access(place, os.W_OK | os.X_OK):
                room = os.statvfs(place)
                if room.f_bavail * room.f_frsize >= _ROOM:
                    return place
    return ""


def _own_runtime_directory() -> str:
    """``XDG_RUNTIME_DIR``, unless it is another user's: sudo may keep the variable."""
    place = os.environ.get("XDG_RUNTIME_DIR", "")
    with suppress(OSError):
        return place if place and Path(place).stat().st_uid == os.geteuid() else ""
    return ""


def _is_in_memory(place: str) -> bool:
    """Whether the file system that is mounted at a path, or the nearest above it, is one in memory (proc(5))."""
    nearest, kind = "", ""
    for line in _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        _, where, of, *_ = line.split(" ")
        if f"{place}/".startswith(where.rstrip("/") + "/") and len(where) >= len(nearest):
            nearest, kind = where, of
    return kind in _IN_MEMORY
