"""The one place that starts programs other than git; the only module that imports ``sh``.

``sh`` as it comes allocates a terminal, decodes strictly, and puts the whole argv into exceptions and its
INFO log (measured on 2.4). Here it gets pipes and bytes, its exceptions never leave, and every text is
redacted before anybody sees it.
"""

import logging
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.tools.redact import Redactor

Announce = Callable[[str], None]


class ProcessTimeout(Exception):  # noqa: N818 - callers turn it into the error of their step
    """A program did not end in time and was killed."""


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
        on_line: Announce | None = None,
    ) -> Finished:
        """Run a program to its end, both streams read at once.

        Args:
            argv: program and arguments; never holds a secret.
            env: the whole environment of the program.
            timeout: seconds until it is killed.
            on_line: gets each line of stderr, redacted, as it comes.

        Raises:
            PreconditionError: ``TOOL_MISSING``, the program is not on PATH.
            ProcessTimeout: it ran longer than ``timeout``.
        """
        import sh

        for name in ("sh", "sh.command", "sh.stream_bufferer", "sh.streamreader"):
            logging.getLogger(name).disabled = True
        command = self.redact(shlex.join(argv))
        self.announce(f"  $ {command}")
        errors: list[str] = []

        def take_error(line: str) -> None:
            errors.append(line)
            if on_line:
                on_line(self.redact(line.rstrip("\n")))

        try:
            program = sh.Command(argv[0], search_paths=env.get("PATH", "").split(":"))
        except sh.CommandNotFound:
            raise missing_tool(argv[0]) from None
        try:
            process = program(
                *argv[1:],
                _env=dict(env),
                _cwd=str(cwd) if cwd else None,
                _timeout=timeout,
                _in=b"",
                _err=take_error,
                _err_bufsize=1,
                _tty_out=False,
                _tty_in=False,
                _encoding="utf-8",
                _decode_errors="surrogateescape",
                _return_cmd=True,
                _ok_code=tuple(range(256)),
            )
        except sh.TimeoutException:
            raise ProcessTimeout(f"{command} did not end within {timeout:g} s") from None
        except sh.SignalException as killed:
            number = -int(killed.exit_code) if killed.exit_code < 0 else int(killed.exit_code)
            raise Stage6Error(
                "TOOL_KILLED", f"{command} was killed by signal {number}", hint="out of memory, or a cancelled run?"
            ) from None
        stderr = self.redact("".join(errors).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        return Finished(command, int(process.exit_code), bytes(process.stdout), stderr)


def missing_tool(name: str) -> PreconditionError:
    """The error for a program that is not on PATH."""
    return PreconditionError(
        "TOOL_MISSING",
        f"{name} is not on PATH",
        hint=f"install {name}, or run `make tools` in a checkout of jetscale-cicd",
    )
