"""Threads that work side by side for one run: named in each line of progress, and interrupted together.

Only the main thread of a process gets a signal, so an interruption is passed on: each worker notices it at its next
pause, or when a program that it waits for has been made to end.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# What interrupts a run; the last one when its terminal is closed.
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Worker:
    """One of several that work side by side.

    Args:
        name: shown before its lines of progress.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.interrupted = threading.Event()
        self.told = False  # it has noticed, and is cleaning up


_thread = threading.local()


def worker() -> Worker | None:
    """The worker to which this thread belongs; None where nothing works side by side."""
    found: Worker | None = getattr(_thread, "worker", None)
    return found


@contextmanager
def working_as(one: Worker | None) -> Iterator[None]:
    """This thread is a worker until the end of the block."""
    before, _thread.worker = worker(), one
    try:
        yield
    finally:
        _thread.worker = before


def helper_thread(work: Callable[[], None]) -> threading.Thread:
    """A thread that works for the worker of this one: its lines have the same name, and it is not interrupted."""
    of = worker()

    def run() -> None:
        with working_as(Worker(of.name) if of else None):
            work()

    return threading.Thread(target=run, daemon=True)


def named(announce: Callable[[str], None]) -> Callable[[str], None]:
    """What announces lines of this worker, from whichever thread."""
    of = worker()
    return announce if of is None else lambda line: announce(f"[{of.name}] {line}")


def check_interrupted() -> None:
    """Notice an interruption, once: what follows is the cleaning up.

    Raises:
        KeyboardInterrupt: as in the main thread.
    """
    of = worker()
    if of and of.interrupted.is_set() and not of.told:
        of.told = True
        raise KeyboardInterrupt


def pause(seconds: float) -> None:
    """Wait.

    Raises:
        KeyboardInterrupt: interrupted meanwhile.
    """
    of = worker()
    if of is None or of.told:
        time.sleep(seconds)
        return
    of.interrupted.wait(seconds)
    check_interrupted()
