"""The one place that starts programs other than git; the only module that imports ``sh``.

``sh`` as it comes allocates a terminal, decodes strictly, and puts the whole argv into exceptions and its
INFO log (measured on 2.4). Here it gets pipes and bytes, its exceptions never leave, and every text is
redacted before anybody sees it.
"""

import logging
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.tools.guarded import GUARD, Lines, guard
from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    import sh

Announce = Callable[[str], None]
_CHUNK = 1 << 16
# Pipes and bytes. A session of its own: no terminal to ask a password on, and one signal reaches all that it started.
_PLAIN: Mapping[str, Any] = {
    "_in": b"",
    "_out_bufsize": _CHUNK,
    "_err_bufsize": _CHUNK,
    "_tty_out": False,
    "_tty_in": False,
    "_new_session": True,
    "_bg": True,
    "_bg_exc": False,
    "_ok_code": tuple(range(256)),
}
# What `make tools` brings.
_OURS = ("helm", "kubectl")
# A cancelled job on GitHub gets SIGTERM 7.5 s after SIGINT.
_GRACE = 5.0
_LOOK = 0.2


class ProcessTimeout(Exception):  # noqa: N818 - callers turn it into the error of their step
    """A program did not end in time and was killed."""


class ToolKilledError(Stage6Error):
    """A program was killed by a signal that this process did not send."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended: exit status, its output as bytes, its errors as redacted text."""

    command: str
    status: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True, slots=True)
class Processes:
    """Starts programs with one redactor and one sink for their commands.

    Args:
        redact: masks secrets in everything that is reported.
        announce: told the command line of each program before it starts.
    """

    redact: Redactor
    announce: Announce

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        timeout: float | None = None,
        stdin: bytes = b"",
        guarded: bool = False,
        stop: threading.Event | None = None,
    ) -> Finished:
        """Run a program to its end, both streams read at once.

        Args:
            argv: program and arguments; never holds a secret.
            env: the whole environment of the program.
            timeout: seconds until it is killed.
            stdin: what it reads.
            guarded: it is interrupted when this process dies, however that ends; it reads nothing, and each line that
                it says is announced as it comes.
            stop: set to have a guarded program interrupted.

        Raises:
            PreconditionError: ``TOOL_MISSING``, the program is not on PATH.
            ProcessTimeout: it ran longer than ``timeout``.
        """
        import sh

        command = self.redact(shlex.join(argv))
        self.announce(f"  $ {command}")
        process: sh.RunningCommand | None = None
        late = threading.Event()
        try:
            with ExitStack() as held:
                lines = Lines(self.redact, self.announce)
                told = {**held.enter_context(guard()), **lines.options} if guarded else {"_in": stdin}
                with _signals_held_back():
                    process = _start(argv, env, cwd, told, guarded=guarded)
                ending = (
                    _interrupted_by(stop, timeout, process, late) if guarded else _killed_after(timeout, process, late)
                )
                with ending:
                    process.wait()
                held.callback(_signal, process, signal.SIGKILL)  # the guard, before it sees its pipe closed
        except sh.SignalException as killed:
            if late.is_set():
                raise ProcessTimeout(f"{command} did not end within {timeout:g} s") from None
            raise ToolKilledError(
                "TOOL_KILLED",
                f"{command} was killed by signal {abs(int(killed.exit_code))}",
                hint="out of memory, or a cancelled run?",
            ) from None
        except BaseException:
            _stop(process)
            raise
        if late.is_set():
            raise ProcessTimeout(f"{command} did not end within {timeout:g} s")
        out, err = (lines.out, lines.err) if guarded else (bytes(process.stdout), bytes(process.stderr))
        return Finished(command, int(process.exit_code), bytes(out), self.redact(err.decode("utf-8", "replace")))

    @contextmanager
    def background(self, argv: Sequence[str], *, env: Mapping[str, str]) -> Iterator[Callable[[], str | None]]:
        """A program that serves until the end of the block, or of this process.

        Args:
            argv: program and arguments; never holds a secret.
            env: the whole environment of the program.

        Yields:
            What tells why it ended by itself, None while it has not.

        Raises:
            PreconditionError: ``TOOL_MISSING``, the program is not on PATH.
        """
        self.announce(f"  $ {self.redact(shlex.join(argv))}")
        process: sh.RunningCommand | None = None

        def ended() -> str | None:
            if process is None or process.is_alive():
                return None
            said = bytes(process.stderr).decode("utf-8", "replace")
            return self.redact(said).strip() or f"exit status {process.exit_code}"

        with guard() as told:
            try:
                with _signals_held_back():
                    process = _start(argv, env, None, told, guarded=True)
                yield ended
            finally:
                _signal(process, signal.SIGKILL)
                with suppress(Exception):  # sh says that it was killed, which we know
                    _ = process and process.wait()


def _start(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, told: Mapping[str, object], *, guarded: bool
) -> "sh.RunningCommand":
    import shutil

    import sh

    logging.getLogger("sh").setLevel(logging.CRITICAL + 1)  # and of all the loggers below it
    if shutil.which(argv[0], path=env.get("PATH", "")) is None:
        raise missing_tool(argv[0])
    words = [*GUARD, *argv] if guarded else list(argv)
    program = sh.Command(words[0], search_paths=env.get("PATH", "").split(":"))
    started: sh.RunningCommand = program(
        *words[1:], _env=dict(env), _cwd=str(cwd) if cwd else None, **{**_PLAIN, **told}
    )
    return started


@contextmanager
def _killed_after(seconds: float | None, process: "sh.RunningCommand", late: threading.Event) -> Iterator[None]:
    """Kill a program that does not end in time, and say so.

    ``sh`` has ``_timeout`` for that, and looks every 0.1 s whether it was needed: 50 ms for each helm (measured, 2.4).
    """

    def kill() -> None:
        late.set()
        _signal(process, signal.SIGKILL)

    timer = threading.Timer(seconds or threading.TIMEOUT_MAX, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _interrupted_by(
    stop: threading.Event | None, seconds: float | None, process: "sh.RunningCommand", late: threading.Event
) -> Iterator[None]:
    """Interrupt a program that is to stop, or does not end in time: one that marks its work before it ends."""
    done, deadline = threading.Event(), time.monotonic() + (seconds or threading.TIMEOUT_MAX)

    def watch() -> None:
        while not done.wait(_LOOK):
            if time.monotonic() > deadline:
                late.set()
            if late.is_set() or (stop and stop.is_set()):
                _stop(process)
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let a signal wait while a program starts: nobody could stop one that is half started."""
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        handled = [number for number in (signal.SIGINT, signal.SIGTERM) if callable(signal.getsignal(number))]
        before = {number: signal.signal(number, lambda which, _: came.append(which)) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for which in came:
        signal.raise_signal(which)


def _stop(process: "sh.RunningCommand | None") -> None:
    """Pass an interruption on, once, and leave nothing behind: helm marks its release before it ends."""
    _signal(process, signal.SIGINT)
    deadline = time.monotonic() + _GRACE
    while process is not None and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal(process, signal.SIGKILL)


def _signal(process: "sh.RunningCommand | None", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # all of its session has ended, or is another user's
        if process is not None:
            os.killpg(process.pid, number)


def tool_environment(env: Mapping[str, str]) -> dict[str, str]:
    """``env``, and on its PATH what `make tools` puts beside the interpreter, for that may be started by its path."""
    beside = str(Path(sys.executable).parent)
    whole = {**env, "PATH": os.pathsep.join((env.get("PATH", os.defpath), beside))}
    if named := env.get("KUBECONFIG"):  # helm is started somewhere else, and has to find the same files
        whole["KUBECONFIG"] = os.pathsep.join(str(Path(name).absolute()) for name in named.split(os.pathsep) if name)
    return whole


def check_tool(name: str, env: Mapping[str, str]) -> None:
    """Refuse a program that is not there.

    Raises:
        PreconditionError: ``TOOL_MISSING``.
    """
    import shutil

    if shutil.which(name, path=env.get("PATH", "")) is None:
        raise missing_tool(name)


def missing_tool(name: str) -> PreconditionError:
    """The error for a program that is not on PATH."""
    return PreconditionError(
        "TOOL_MISSING",
        f"{name} is not on PATH",
        hint=f"install {name}" + (", or run `make tools` in a checkout of jetscale-cicd" if name in _OURS else ""),
    )
