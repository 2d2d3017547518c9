"""Run the command and end it at a boundary: just before the n-th call of something outside, or after the last.

    python killed.py COUNT_FILE N SIGNALS COMMAND…      SIGNALS: none, KILL, or INT,TERM

Between the end of one call and the start of the next nothing outside changes, so "after call n" is "before call n + 1".
COUNT_FILE gets the number of calls that were made.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import requests

from jetscale_cicd.cli.main import main
from jetscale_cicd.tools.git import Git
from jetscale_cicd.tools.http import Http
from jetscale_cicd.tools.kubernetes import Kubernetes
from jetscale_cicd.tools.process import Processes

# Every place where something outside is spoken to; import-linter sees to it that there is no other.
BOUNDARIES: tuple[tuple[type, str], ...] = (
    (Git, "run"),
    (Git, "write"),
    (Git, "read"),
    (Git, "begin"),
    (Http, "_request"),
    (Processes, "run"),
    (Processes, "background"),
    (Kubernetes, "_answer"),
    (requests.Session, "send"),
)


class Boundary:
    """Counts calls, and ends the process before the one that was named."""

    def __init__(self, end_at: int, signals: list[signal.Signals]) -> None:
        self.end_at = end_at
        self.signals = signals
        self.calls = 0

    def reach(self) -> None:
        """One more call is about to be made; what renews a lock, or looks on, beside it comes when it likes."""
        if threading.current_thread() is not threading.main_thread():
            return
        self.calls += 1
        if self.calls == self.end_at:
            self.end()

    def end(self) -> None:
        """Send the signals: the first now, the others a little later, as CI does."""
        for number, which in enumerate(self.signals[1:], 1):
            threading.Timer(0.1 * number, os.kill, (os.getpid(), which)).start()
        os.kill(os.getpid(), self.signals[0])

    def watch(self, owner: type, name: str) -> None:
        """Put this in the way of a method."""
        original = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            self.reach()
            return original(*arguments, **options)

        setattr(owner, name, watched)


def run(count: Path, end_at: int, signals: list[signal.Signals], words: list[str]) -> int:
    """The command between its boundaries."""
    boundary = Boundary(end_at, signals)
    for owner, name in BOUNDARIES:
        boundary.watch(owner, name)
    status = main(words)
    count.write_text(str(boundary.calls))
    if end_at > boundary.calls and signals == [signal.SIGKILL]:  # whatever else would arrive when all is over
        boundary.end()
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    names = [] if sys.argv[3] == "none" else sys.argv[3].split(",")
    chosen = [signal.Signals[f"SIG{name}"] for name in names]
    status = run(Path(sys.argv[1]), int(sys.argv[2]), chosen, sys.argv[4:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # as the command does: a signal of ours that comes late finds nothing
