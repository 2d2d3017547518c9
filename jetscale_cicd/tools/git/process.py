"""A git process from its start to its end, also where the run is interrupted meanwhile."""

import fcntl
import subprocess
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from jetscale_cicd.errors import PreconditionError

# A cancelled job on GitHub gets SIGTERM 7.5 s after SIGINT.
GRACE = 5.0
_POLL = 0.5  # seconds
# Bytes: the names of 40,000 paths.
_PIPE = 1 << 20

Process = subprocess.Popen[bytes]


class GitResult(NamedTuple):
    """Exit status, output as bytes, errors as redacted text."""

    status: int
    stdout: bytes
    stderr: str


def start(command: Sequence[str], env: Mapping[str, str], *, stdin: bool) -> Process:
    """Start git.

    Args:
        env: the whole environment.
        stdin: whether it is going to read anything.

    Raises:
        PreconditionError: ``TOOL_MISSING``, there is no git on PATH.
    """
    source = subprocess.PIPE if stdin else subprocess.DEVNULL
    try:
        return subprocess.Popen(command, env=env, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except (FileNotFoundError, PermissionError) as missing:
        raise missing_git() from missing


def missing_git() -> PreconditionError:
    """The error where there is no git on PATH."""
    return PreconditionError("TOOL_MISSING", "git is not on PATH", hint="install git 2.30 or newer")


def finish(process: Process, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Wait for the end of git, all streams served at once; its exit status, output and errors.

    What git has started may live on and hold its pipes open, as the master of a shared ssh connection does (ssh before
    8.5 with ControlPersist), so that the end of the streams is not waited for.
    """
    try:
        stdout, stderr = _communicate(process, stdin)
    except BaseException:
        stop(process)
        raise
    return process.returncode, stdout, stderr


def _communicate(process: Process, stdin: bytes) -> tuple[bytes, bytes]:
    given: bytes | None = stdin or None
    while True:
        ended = process.poll() is not None
        try:
            return process.communicate(given, timeout=_POLL)
        except subprocess.TimeoutExpired as waiting:
            given = None
            if ended:  # what it wrote has been read since
                _close(process)
                return waiting.stdout or b"", waiting.stderr or b""


class Started:
    """A git that runs in the background; its result is waited for when it is asked for.

    Args:
        process: reads nothing.
    """

    def __init__(self, process: Process) -> None:
        _widen(process)
        self._process = process
        self._finalizer = weakref.finalize(self, stop, process)
        self._result: tuple[int, bytes, bytes] | None = None

    def finish(self) -> tuple[int, bytes, bytes]:
        """Wait for its end; exit status, output and errors."""
        if self._result is None:
            self._finalizer.detach()
            self._result = finish(self._process)
        return self._result

    def stop(self) -> None:
        """Ask for no result any more."""
        if self._finalizer.detach():
            stop(self._process)


def _widen(process: Process) -> None:
    """Let git go on while nobody reads: a pipe holds 64 KiB, on Linux up to 1 MiB without privileges (pipe(7))."""
    if process.stdout and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # this user's processes hold too many already
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)


def stop(process: Process) -> None:
    """Let an interrupted git stop, and leave none behind: a push that goes on alone surprises the next run."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _close(process)


def _close(process: Process) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(OSError):  # what was still to be written to a git that has ended
            _ = stream and stream.close()
