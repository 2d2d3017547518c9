"""Calls side by side: all at once up to a limit, in their order, and none after one that failed."""

import threading
import time

import pytest

from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.deadline import gave_up, within
from jetscale_cicd.tools.worker import Worker, worker, working_as


def test_results_are_in_the_order_of_what_was_given() -> None:
    def slower_first(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number * number

    assert each_beside(slower_first, range(20)) == [number * number for number in range(20)]
    assert each_beside(slower_first, []) == []


def test_some_are_made_at_a_time_and_no_more() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def call(_: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1

    each_beside(call, range(40))
    assert 1 < most[0] <= 8


def test_after_one_that_failed_no_other_is_begun() -> None:
    begun: list[int] = []

    def call(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("the first")
        time.sleep(0.05)

    with pytest.raises(ValueError, match="the first"):
        each_beside(call, range(1000))
    assert len(begun) < 20


def test_they_work_for_the_worker_that_asks() -> None:
    with working_as(Worker("live")):
        names = each_beside(lambda _: getattr(worker(), "name", None), range(3))
    assert names == ["live"] * 3


def test_they_give_up_when_nobody_waits_for_them_any_more() -> None:
    gave: list[bool] = []
    over = threading.Event()

    def call(_: int) -> None:
        over.wait()
        gave.append(gave_up())

    with pytest.raises(TimeoutError):
        within(0.05, lambda: each_beside(call, range(2)))
    over.set()
    while len(gave) < 2:
        time.sleep(0.01)
    assert gave == [True, True]
