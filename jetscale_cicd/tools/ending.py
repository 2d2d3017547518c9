"""How a program is made to end: in time, when it is to stop, and never half started."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from jetscale_cicd.tools.worker import INTERRUPTING, worker

if TYPE_CHECKING:
    import sh

# A cancelled job on GitHub gets SIGTERM 7.5 s after SIGINT.
GRACE = 5.0
_POLL = 0.2


class Ending(NamedTuple):
    """How a program is made to end.

    Args:
        timeout: seconds that it may take.
        late: set when it took longer.
        stop: interrupts it.
        guarded: whether it is interrupted, and not killed.
        running: gets it as soon as it has started.
    """

    timeout: float | None
    late: threading.Event
    stop: threading.Event | None
    guarded: bool
    running: "list[sh.RunningCommand]"


def ended_in_time(process: "sh.RunningCommand", ending: Ending) -> AbstractContextManager[None]:
    """End the program if it does not end in time, or is to stop, until the end of the block."""
    if ending.guarded or worker():
        return _interrupted_by(ending.stop, ending.timeout, process, ending.late)
    return _killed_after(ending.timeout, process, ending.late)


@contextmanager
def _killed_after(seconds: float | None, process: "sh.RunningCommand", late: threading.Event) -> Iterator[None]:
    """Kill a program that does not end in time, and say so.

    ``sh`` has ``_timeout`` for that, and polls every 0.1 s: 50 ms for each helm (measured, 2.4).
    """

    def kill() -> None:
        late.set()
        send_signal(process, signal.SIGKILL)

    timer = threading.Timer(seconds or threading.TIMEOUT_MAX, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _interrupted_by(
    stopping: threading.Event | None, seconds: float | None, process: "sh.RunningCommand", late: threading.Event
) -> Iterator[None]:
    """Interrupt a program that is to stop, or does not end in time: one that marks its work before it ends."""
    done, deadline = threading.Event(), time.monotonic() + (seconds or threading.TIMEOUT_MAX)
    of = worker()
    stops = [stopping] if stopping else []
    if of and not of.told:  # one that is cleaning up is not interrupted again
        stops.append(of.interrupted)

    def watch() -> None:
        while not done.wait(_POLL):
            if time.monotonic() > deadline:
                late.set()
            if late.is_set() or any(stop.is_set() for stop in stops):
                stop_program(process)
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Let a signal wait while a program starts: one that is half started could not be stopped."""
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        handled = [number for number in INTERRUPTING if callable(signal.getsignal(number))]
        before = {number: signal.signal(number, lambda which, _: came.append(which)) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for which in came:
        signal.raise_signal(which)


def stop_program(process: "sh.RunningCommand | None") -> None:
    """Pass an interruption on, once, and leave nothing behind: helm marks its release before it ends."""
    send_signal(process, signal.SIGINT)
    deadline = time.monotonic() + GRACE
    while process is not None and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    send_signal(process, signal.SIGKILL)


def send_signal(process: "sh.RunningCommand | None", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # all of its session has ended, or is another user's
        if process is not None:
            os.killpg(process.pid, number)
