"""Targets in their order, several at a time where they need nothing of each other."""

import queue
import threading
from collections.abc import Callable, Sequence

from jetscale_cicd.model.plan import TargetPlan
from jetscale_cicd.tools.worker import Worker, working_as


def each_after_those_it_needs(targets: Sequence[TargetPlan], jobs: int, perform: Callable[[TargetPlan], None]) -> None:
    """Perform each target once those that it needs have ended, well or not.

    Args:
        targets: each after those that it needs.
        jobs: how many at a time; more than one are performed in threads of their own.
        perform: leaves the outcome of a target somewhere, and raises nothing that is to be reported.

    Raises:
        KeyboardInterrupt: interrupted; every target that was begun has ended.
    """
    if jobs == 1:
        for each in targets:
            perform(each)
        return
    _Pool(list(targets), jobs, perform).run()


_POLL = 0.5  # seconds


class _Pool:
    def __init__(self, waiting: list[TargetPlan], jobs: int, perform: Callable[[TargetPlan], None]) -> None:
        self.waiting, self.jobs, self.perform = waiting, jobs, perform
        self.running: dict[str, Worker] = {}
        self.ended: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()
        self.bugs: list[BaseException] = []

    def run(self) -> None:
        try:
            while self.waiting or self.running:
                self._begin()
                self._wait_for_one()
        except KeyboardInterrupt:
            for worker in self.running.values():
                worker.interrupted.set()
            while self.running:
                self._wait_for_one()
            raise
        if self.bugs:
            raise self.bugs[0]

    def _begin(self) -> None:
        for each in list(self.waiting):
            unfinished = {other.decided.target.name for other in self.waiting} | self.running.keys()
            if len(self.running) < self.jobs and not unfinished.intersection(each.decided.target.needs):
                self.waiting.remove(each)
                self._start(each)

    def _start(self, each: TargetPlan) -> None:
        name = each.decided.target.name
        worker = self.running[name] = Worker(name)

        def work() -> None:
            ended: BaseException | None = None
            try:
                with working_as(worker):
                    self.perform(each)
            except BaseException as bug:  # noqa: BLE001 - it is raised in the main thread
                ended = bug
            self.ended.put((name, ended))

        threading.Thread(target=work, name=name).start()

    def _wait_for_one(self) -> None:
        while True:
            try:  # not without a limit: a signal that reaches another thread is noticed at the next turn
                name, bug = self.ended.get(timeout=_POLL)
                break
            except queue.Empty:
                continue
        del self.running[name]
        self.bugs += [bug] if bug else []
