"""The one place that starts programs other than git; the only module that imports ``sh``.

``sh`` as it comes allocates a terminal, decodes strictly, and puts the whole argv into exceptions and its
INFO log (measured on 2.4). Here it gets pipes and bytes, its exceptions never leave, and every text is
redacted before it leaves.
"""

import itertools
import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.tools.ending import Ending, ended_in_time, send_signal, signals_held_back, stop_program
from jetscale_cicd.tools.guarded import GUARD, Lines, guard
from jetscale_cicd.tools.limits import (
    MAX_OUTPUT_BYTES,
    MEMORY_VARIABLE,
    Kept,
    limit_memory,
    memory_mib,
    ran_out_of_memory,
)
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.search_path import find_program, search_path, with_search_path
from jetscale_cicd.tools.worker import check_interrupted, named

if TYPE_CHECKING:
    import sh

Announce = Callable[[str], None]
_CHUNK = 1 << 16
_MAX_WORD_CHARS = 1000
_SHORT = 4
_SHOWN_LINES = 5
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


class ProcessTimeout(Exception):  # noqa: N818 - callers turn it into the error of their step
    """A program did not end in time and was killed."""


class ToolKilledError(CannotTellError):
    """A program was killed: by a signal that this process did not send, or because it took too much."""


@frozen
class Finished:
    """A program that ended: exit status, its output as bytes, its errors as redacted text.

    Args:
        unredacted: its errors, to decide by and never to show: a password may be a word of the program's.
    """

    command: str
    status: int
    stdout: bytes
    stderr: str
    unredacted: str = field(repr=False)


@frozen
class Processes:
    """Starts programs with one redactor and one sink for their commands.

    Args:
        redact: masks secrets in everything that is reported.
        announce: called with the command of each program before it starts.
        verbose: announce its whole command line.
    """

    redact: Redactor
    announce: Announce
    verbose: bool = False

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
            stdin: its input.
            guarded: interrupt it when this process ends; it gets no input, and its output is announced as it comes.
            stop: set to have a guarded program interrupted.

        Raises:
            PreconditionError: ``TOOL_MISSING``, the program is not on PATH.
            ToolKilledError: ``TOOL_KILLED``, something else killed it; ``TOOL_LIMIT``, it wanted more memory than it
                may take, or wrote more than is kept.
            ProcessTimeout: it ran longer than ``timeout``.
        """
        command = self._announced(argv)
        running: list[sh.RunningCommand] = []
        kept = Kept(lambda: _kill_all(running)), Kept(lambda: _kill_all(running))
        lines = Lines(self.redact, named(self.announce))
        streams = lines.options if guarded else {"_in": stdin, "_out": kept[0], "_err": kept[1]}
        ended = _run_to_end(argv, env, cwd, streams, Ending(timeout, threading.Event(), stop, guarded, running))
        if any(each.overflowed for each in kept):
            raise _too_much(command)
        out, err = (lines.out, lines.err) if guarded else (kept[0].content, kept[1].content)
        return self._finished(command, _status(command, ended, timeout), out, err)

    def _finished(self, command: str, status: int, stdout: bytearray, stderr: bytearray) -> Finished:
        text = stderr.decode("utf-8", "replace")
        if status and ran_out_of_memory(text):
            raise _without_memory(command, self.redact(text))
        return Finished(command, status, bytes(stdout), self.redact(text), text)

    def _announced(self, argv: Sequence[str]) -> str:
        """The command line as it may be shown; announced, whole or in short."""
        self.announce(f"  $ {self.redact(shlex.join(map(_shown, argv if self.verbose else _short(argv))))}")
        return self.redact(shlex.join(map(_shown, argv)))

    @contextmanager
    def background(self, argv: Sequence[str], *, env: Mapping[str, str]) -> Iterator[Callable[[], str | None]]:
        """A program that serves until the end of the block, or of this process.

        Args:
            argv: program and arguments; never holds a secret.
            env: the whole environment of the program.

        Yields:
            A function that gives why the program ended by itself, None while it runs.

        Raises:
            PreconditionError: ``TOOL_MISSING``, the program is not on PATH.
        """
        self._announced(argv)
        process: sh.RunningCommand | None = None

        def ended() -> str | None:
            if process is None or process.is_alive():
                return None
            stderr = bytes(process.stderr).decode("utf-8", "replace")
            return self.redact(stderr).strip() or f"exit status {process.exit_code}"

        with guard() as streams:
            try:
                with signals_held_back():
                    process = _start(argv, env, None, streams, guarded=True)
                yield ended
            finally:
                send_signal(process, signal.SIGKILL)
                with suppress(Exception):  # sh says that it was killed, which we know
                    _ = process and process.wait()


def _short(argv: Sequence[str]) -> Iterator[str]:
    """What a command is about: the program, and its first words up to an option; of a file of this machine the name."""
    for word in (argv[0], *itertools.takewhile(lambda word: not word.startswith("-"), argv[1:_SHORT])):
        yield Path(word).name if word.startswith("/") else word


def _shown(word: str) -> str:
    """An argument as it is shown: the APIs of a cluster have some thousand characters."""
    return word if len(word) <= _MAX_WORD_CHARS else f"{word[:60]}…"


def _too_late(command: str, timeout: float | None) -> ProcessTimeout:
    return ProcessTimeout(f"{command} did not end within {timeout:g} s")


class _Killed(NamedTuple):
    """A program was killed by a signal that this process did not send."""

    signal: int


def _status(command: str, ended: "int | _Killed | None", timeout: float | None) -> int:
    """The exit status of a program that ended by itself, in time."""
    if isinstance(ended, _Killed):
        hint = "out of memory, or a cancelled run?"
        raise ToolKilledError("TOOL_KILLED", f"{command} was killed by signal {ended.signal}", hint=hint)
    if ended is None:
        raise _too_late(command, timeout)
    return ended


def _too_much(command: str) -> ToolKilledError:
    hint = "what was it given? Nothing that fits into a cluster is that large"
    return ToolKilledError("TOOL_LIMIT", f"{command} wrote more than {MAX_OUTPUT_BYTES:,} bytes", hint=hint)


def _without_memory(command: str, stderr: str) -> ToolKilledError:
    return ToolKilledError(
        "TOOL_LIMIT",
        f"{command} needed more than the {memory_mib(os.environ):,} MiB of memory that it may take",
        hint=f"what was it given? If that is right, give it more: {MEMORY_VARIABLE}",
        details=tuple(stderr.splitlines()[:_SHOWN_LINES]),
    )


def _kill_all(running: "Sequence[sh.RunningCommand]") -> None:
    for process in running:
        send_signal(process, signal.SIGKILL)


def _run_to_end(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, streams: Mapping[str, object], ending: Ending
) -> int | _Killed | None:
    """The exit status, or what killed it; None where it was killed because it took too long."""
    import sh

    process: sh.RunningCommand | None = None
    try:
        with ExitStack() as held:
            streams = {**held.enter_context(guard()), **streams} if ending.guarded else streams
            with signals_held_back():
                process = _start(argv, env, cwd, streams, guarded=ending.guarded)
                ending.running.append(process)
            with ended_in_time(process, ending):
                process.wait()
            check_interrupted()  # for which it was made to end
            held.callback(send_signal, process, signal.SIGKILL)  # the guard, before it sees its pipe closed
    except sh.SignalException as killed:
        check_interrupted()
        if ending.late.is_set():
            return None
        return _Killed(abs(int(killed.exit_code)))
    except BaseException:
        stop_program(process)
        raise
    return None if ending.late.is_set() else int(process.exit_code)


def _start(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, streams: Mapping[str, object], *, guarded: bool
) -> "sh.RunningCommand":
    import sh

    logging.getLogger("sh").setLevel(logging.CRITICAL + 1)  # and of all the loggers below it
    words = [find_program(argv[0], env), *argv[1:]]
    words = [find_program(GUARD[0], env), *GUARD[1:], *words] if guarded else words
    started: sh.RunningCommand = sh.Command(words[0])(
        *words[1:], _env=with_search_path(env), _cwd=str(cwd) if cwd else None, **{**_PLAIN, **streams}
    )
    limit_memory(started.pid)
    return started


def tool_environment(env: Mapping[str, str]) -> dict[str, str]:
    """``env``, and on its PATH what `make tools` puts beside the interpreter, for that may be started by its path."""
    beside = str(Path(sys.executable).parent)
    whole = {**env, "PATH": search_path({"PATH": os.pathsep.join((search_path(env), beside))})}
    if named := env.get("KUBECONFIG"):  # helm is started somewhere else, and has to find the same files
        whole["KUBECONFIG"] = os.pathsep.join(str(Path(name).absolute()) for name in named.split(os.pathsep) if name)
    return whole
