"""The guard of pure rooms: whatever deciding does, it starts no program and opens no socket."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Audit events (Python, "Audit events table"); `sh` forks, GitPython and subprocess start programs.
_FORBIDDEN = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "socket.__new__")
_watched: list[str] | None = None
_installed = False


@contextmanager
def pure() -> Iterator[None]:
    """Refuse programs and sockets until the end of the block; also where what is tested hides the refusal."""
    global _watched, _installed  # noqa: PLW0603 - an audit hook cannot be taken away again
    if not _installed:
        sys.addaudithook(_refuse)
        _installed = True
    seen: list[str] = []
    _watched = seen
    try:
        yield
    finally:
        _watched = None
    assert seen == [], f"a pure room does no I/O: {seen}"


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _watched is not None and event in _FORBIDDEN:
        _watched.append(f"{event} {arguments[:2]}")
        raise AssertionError(f"a pure room does no I/O: {event} {arguments[:2]}")
