"""A command at a terminal on which somebody types."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support.command import command_environment


def typed(answer: str, *words: str, cwd: Path, env: dict[str, str], helm: Path | None = None) -> tuple[int, str]:
    """Exit status and screen of a command whose three streams are a terminal."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", *words],
        cwd=cwd,
        env={**command_environment(helm), **env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = b""
    while part := _read(ours):
        shown += part
    os.close(ours)
    return started.wait(timeout=120), shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other end is closed
        return b""
