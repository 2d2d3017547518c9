"""What a process has started, and what that has started.

A process group of its own would reach them too, and take the terminal away from an ssh that asks for a passphrase.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.tools.search_path import find_program

_PROC = Path("/proc")


def descendants(process: int) -> tuple[int, ...]:
    """The processes that a process has started and that live, by their ids; () where this system does not tell."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    level = [process]
    while level:
        level = [pid for parent in level for pid in children.get(parent, ())]
        found += level
    return tuple(found)


def terminate(processes: Sequence[int]) -> None:
    """Ask processes to end that may have ended."""
    for pid in processes:
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM)


def _parents() -> Iterator[tuple[int, int]]:
    if not (_PROC / "self" / "stat").exists():  # macOS, where ps(1) is always there
        with suppress(OSError, PreconditionError):
            command = [find_program("ps", os.environ), "-A", "-o", "pid=,ppid="]
            listed = subprocess.run(command, capture_output=True, check=False).stdout
            yield from ((int(pid), int(parent)) for pid, parent in map(bytes.split, listed.splitlines()))
        return
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):  # it has ended
                # proc(5): the name, in parentheses, may hold anything; behind it the state and the parent.
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                yield int(entry.name), int(fields[1])
