"""Checks side by side: each within a limit of time, all within the time of the slowest."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from jetscale_cicd.tools.worker import helper_thread

Result = TypeVar("Result")
# More would only wait for each other: the API server, and one process for Python.
_AT_A_TIME = 8


class Beside(Generic[Result]):
    """Calls that are being made in threads; an interrupted process does not wait for them."""

    def __init__(self, calls: Sequence[Callable[[], Result]]) -> None:
        self._results: dict[int, Result] = {}
        self._failures: list[BaseException] = []
        self._turn = threading.Semaphore(_AT_A_TIME)
        self._threads = [self._start(number, call) for number, call in enumerate(calls)]

    def results(self) -> list[Result]:
        """The results in the order of the calls, once all of them are there.

        Raises:
            BaseException: what a call raised, which none is expected to.
        """
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]
        return [self._results[number] for number in range(len(self._threads))]

    def _start(self, number: int, call: Callable[[], Result]) -> threading.Thread:
        def work() -> None:
            try:
                with self._turn:
                    self._results[number] = call()
            except BaseException as failed:  # noqa: BLE001 - raised again where the results are wanted
                self._failures.append(failed)

        thread = helper_thread(work)
        thread.start()
        return thread
