"""A limit for the whole of a call that has none itself: a server that sends a byte a second keeps every read busy."""

import threading
from collections.abc import Callable
from typing import TypeVar

from jetscale_cicd.tools.worker import worker, working_as

Answer = TypeVar("Answer")
_asking = threading.local()


def gave_up() -> bool:
    """Whether nobody waits any more for what this thread asks: nothing may be asked again."""
    late: threading.Event | None = getattr(_asking, "late", None)
    return late is not None and late.is_set()


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
        _asking.late = late
        with working_as(of):
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
