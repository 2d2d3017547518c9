"""A git process from its start to its end, also where the run is interrupted meanwhile."""

import fcntl
import subprocess
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.tools.git.descendants import descendants, terminate
from jetscale_cicd.tools.limits import MAX_OUTPUT_BYTES, limit_memory
from jetscale_cicd.tools.search_path import find_program, missing_tool, with_search_path

# A cancelled job on GitHub gets SIGTERM 7.5 s after SIGINT.
GRACE = 5.0
_POLL = 0.5  # seconds
# Bytes: the names of 40,000 paths.
_PIPE = 1 << 20

Process = subprocess.Popen[bytes]


@frozen
class Patience:
    """How long git is waited for, in seconds: without a byte of output, and in all."""

    silence: float
    total: float


class UnansweredError(Exception):
    """git was stopped, because it had been waited for long enough; with the seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class GitResult(NamedTuple):
    """Exit status, output as bytes, errors as redacted text.

    Args:
        unredacted: the same text, to decide by and never to show: a password may be a word of git's.
    """

    status: int
    stdout: bytes
    stderr: str
    unredacted: str

    def __repr__(self) -> str:
        """Without what is never shown."""
        return f"GitResult({self.status}, {self.stdout!r}, {self.stderr!r})"


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
        process = subprocess.Popen(
            located(command, env),
            env=with_search_path(env),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except (FileNotFoundError, PermissionError) as missing:
        raise missing_tool(command[0], env) from missing
    limit_memory(process.pid)
    return process


def located(command: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """A command, its program by its absolute path.

    Raises:
        PreconditionError: ``TOOL_MISSING``, there is no git on PATH.
    """
    return [find_program(command[0], env), *command[1:]]


def exceeds(what: str) -> CannotTellError:
    """The error for a repository that holds more than is read of one."""
    return CannotTellError("GIT_LIMIT", what, hint="what is in this repository? A chart holds nothing that large")


def finish(process: Process, stdin: bytes = b"", patience: Patience | None = None) -> tuple[int, bytes, bytes]:
    """Wait for the end of git, all streams served at once; its exit status, output and errors.

    What git has started may live on and hold its pipes open, as the master of a shared ssh connection does (ssh before
    8.5 with ControlPersist), so that the end of the streams is not waited for.

    Args:
        patience: how long it is waited for; None without an end.

    Raises:
        UnansweredError: it took longer, and was stopped with all that it had started.
        CannotTellError: ``GIT_LIMIT``, it wrote too much.
    """
    try:
        stdout, stderr = _communicate(process, stdin, patience)
    except BaseException:
        stop(process)
        raise
    return process.returncode, stdout, stderr


def _communicate(process: Process, stdin: bytes, patience: Patience | None) -> tuple[bytes, bytes]:
    given: bytes | None = stdin or None
    begun = heard = time.monotonic()
    size = 0
    while True:
        ended = process.poll() is not None
        try:
            return process.communicate(given, timeout=_POLL)
        except subprocess.TimeoutExpired as waiting:
            given = None
            stdout, stderr, now = waiting.stdout or b"", waiting.stderr or b"", time.monotonic()
            if ended:  # what it wrote has been read since
                _close(process)
                return stdout, stderr
            if len(stdout) + len(stderr) > MAX_OUTPUT_BYTES:
                raise exceeds(f"git wrote more than {MAX_OUTPUT_BYTES:,} bytes") from None
            if len(stdout) + len(stderr) > size:
                size, heard = len(stdout) + len(stderr), now
            if patience and (now - heard > patience.silence or now - begun > patience.total):
                raise UnansweredError(now - begun) from None


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

    def finish(self, patience: Patience | None = None) -> tuple[int, bytes, bytes]:
        """Wait for its end; exit status, output and errors.

        Raises:
            UnansweredError: it took longer than it is waited for.
        """
        if self._result is None:
            self._finalizer.detach()
            self._result = finish(self._process, patience=patience)
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
    """Let an interrupted git stop, and leave none behind: a push that goes on alone surprises the next run.

    git ends what it has started only where it knows of it: an ssh, or a credential helper of a remote helper, lives on.
    """
    started = descendants(process.pid) if process.poll() is None else ()
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    terminate(started)
    _close(process)


def _close(process: Process) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(OSError):  # what was still to be written to a git that has ended
            _ = stream and stream.close()
