"""A limit for the whole of a call that has none itself: a server that sends a byte a second keeps every read busy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from jetscale_cicd.tools.worker import worker, working_as

Answer = TypeVar("Answer")
_asking = threading.local()


def gave_up() -> bool:
    """Whether nobody waits any more for what this thread asks: nothing may be asked again."""
    late = asking_thread()
    return late is not None and late.is_set()


@contextmanager
def as_late_as(asking: threading.Event | None) -> Iterator[None]:
    """This thread asks for one that may give up meanwhile (``asking_thread``), until the end of the block."""
    before, _asking.late = asking_thread(), asking
    try:
        yield
    finally:
        _asking.late = before


def asking_thread() -> threading.Event | None:
    """Set once nobody waits any more for what this thread asks; None where nobody gives up."""
    found: threading.Event | None = getattr(_asking, "late", None)
    return found


def within(seconds: float, question: Callable[[], Answer]) -> Answer:
    """Call, in another thread, and wait for the answer.

    Raises:
        TimeoutError: it took longer; the thread goes on, and ends with the process.
    """
    late = threading.Event()
    answers: list[Answer] = []
    failures: list[BaseException] = []
    of = worker()

    def ask() -> None:
        with as_late_as(late), working_as(of):
            try:
                answers.append(question())
            except BaseException as failed:  # noqa: BLE001 - raised again in the thread that waits
                failures.append(failed)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        late.set()
        raise TimeoutError(f"there was no complete answer within {seconds:g} s")
    return answers[0]
