"""Calls side by side, a few at a time."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from jetscale_cicd.tools.deadline import as_late_as, asking_thread
from jetscale_cicd.tools.worker import helper_thread

Given = TypeVar("Given")
Result = TypeVar("Result")
# More would only wait for each other: one API server, and one process for Python.
_AT_A_TIME = 8


def each_beside(call: Callable[[Given], Result], given: Iterable[Given]) -> list[Result]:
    """What a call gives for each of several things, in their order.

    Raises:
        BaseException: what the first one to fail raised; none is begun after that.
    """
    things = list(given)
    return [call(things[0])] if len(things) == 1 else Beside(call, things).results()


class Beside(Generic[Given, Result]):
    """Calls that have begun; threads that are still at work when this process is interrupted end with it."""

    def __init__(self, call: Callable[[Given], Result], given: Iterable[Given]) -> None:
        self._call, self._things = call, list(given)
        self._waiting: Iterator[int] = iter(range(len(self._things)))
        self._results: dict[int, Result] = {}
        self._failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._asking = asking_thread()
        self._threads = [helper_thread(self._work) for _ in range(min(_AT_A_TIME, len(self._things)))]
        for thread in self._threads:
            thread.start()

    def results(self) -> list[Result]:
        """All results, in the order of what was given.

        Raises:
            BaseException: what the first one to fail raised.
        """
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]
        return [self._results[number] for number in range(len(self._things))]

    def _work(self) -> None:
        with as_late_as(self._asking):
            while (number := self._next()) is not None:
                try:
                    self._results[number] = self._call(self._things[number])
                except BaseException as failed:  # noqa: BLE001 - raised again where the results are wanted
                    self._failures.append(failed)

    def _next(self) -> int | None:
        with self._lock:
            return None if self._failures else next(self._waiting, None)
