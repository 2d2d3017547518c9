"""Threads that work side by side: whose line it is, and who is interrupted."""

import threading
from collections.abc import Callable

import pytest

from jetscale_cicd.tools.worker import Worker, check_interrupted, helper_thread, named, pause, working_as


def ended(thread: threading.Thread) -> None:
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_a_line_has_the_name_of_the_worker_from_whichever_thread_it_comes() -> None:
    lines: list[str] = []
    with working_as(Worker("eu")):
        captured = named(lines.append)
        ended(helper_thread(lambda: named(lines.append)("from a helper")))
    ended(threading.Thread(target=captured, args=("from another thread",)))
    named(lines.append)("from nobody's")
    assert lines == ["[eu] from a helper", "[eu] from another thread", "from nobody's"]


def test_the_helper_of_an_interrupted_worker_goes_on() -> None:
    done: list[str] = []

    def work() -> None:
        pause(0)
        done.append("all of it")

    worker = Worker("eu")
    worker.interrupted.set()
    with working_as(worker):
        ended(helper_thread(work))
    assert done == ["all of it"]


@pytest.mark.parametrize("notice", [check_interrupted, lambda: pause(30)])
def test_an_interruption_is_noticed_once(notice: Callable[[], None]) -> None:
    worker = Worker("eu")
    worker.interrupted.set()
    with working_as(worker):
        with pytest.raises(KeyboardInterrupt):
            notice()
        pause(0)
        check_interrupted()
