"""Targets in their order, several at a time where they need nothing of each other."""

import threading
from collections.abc import Callable, Sequence

from jetscale_cicd.model.plan import TargetPlan
from jetscale_cicd.tools.ending import signals_held_back
from jetscale_cicd.tools.worker import Worker, working_as

_POLL = 0.5  # seconds


def each_after_those_it_needs(targets: Sequence[TargetPlan], jobs: int, perform: Callable[[TargetPlan], None]) -> None:
    """Perform each target once those that it needs have ended, well or not.

    Args:
        targets: each after those that it needs.
        jobs: how many at a time; more than one are performed in threads of their own.
        perform: leaves the outcome of a target somewhere, and raises nothing that is to be reported.

    Raises:
        KeyboardInterrupt: interrupted; every target that was begun has ended.
    """
    if jobs <= 1:
        for each in targets:
            perform(each)
        return
    _Pool(list(targets), jobs, perform).run()


class _Running:
    """A target that is being performed; ``bug`` is what was raised by it."""

    def __init__(self, name: str) -> None:
        self.worker = Worker(name)
        self.ended = False
        self.bug: BaseException | None = None


class _Pool:
    """Threads of targets: which wait, which run, and what was raised in one."""

    def __init__(self, waiting: list[TargetPlan], jobs: int, perform: Callable[[TargetPlan], None]) -> None:
        self.waiting, self.jobs, self.perform = waiting, jobs, perform
        self.running: dict[str, _Running] = {}
        self.one_ended = threading.Event()
        self.bugs: list[BaseException] = []

    def run(self) -> None:
        """Perform all of them; after an interruption, or a bug, those that were begun are waited for."""
        try:
            while self.waiting or self.running:
                self._begin()
                self._wait()
        except KeyboardInterrupt:
            for each in self.running.values():
                each.worker.interrupted.set()
            while self.running:
                self._wait()
            raise
        if self.bugs:
            raise self.bugs[0]

    def _begin(self) -> None:
        for each in list(self.waiting):
            unfinished = {other.decided.target.name for other in self.waiting} | self.running.keys()
            if len(self.running) < self.jobs and not unfinished.intersection(each.decided.target.needs):
                with signals_held_back():  # one that is half begun would be neither waiting nor interrupted
                    self.waiting.remove(each)
                    self._start(each)

    def _start(self, each: TargetPlan) -> None:
        name = each.decided.target.name
        running = self.running[name] = _Running(name)

        def work() -> None:
            try:
                with working_as(running.worker):
                    self.perform(each)
            except BaseException as bug:  # noqa: BLE001 - it is raised in the main thread
                running.bug = bug
            running.ended = True
            self.one_ended.set()

        threading.Thread(target=work, name=name).start()

    def _wait(self) -> None:
        """Wait for one to end; not without a limit, because a signal may reach another thread than this one."""
        self.one_ended.wait(_POLL)
        self.one_ended.clear()
        for name in [name for name, each in self.running.items() if each.ended]:
            bug = self.running.pop(name).bug
            if bug:  # what it left undone is not known, so nothing else begins
                self.bugs.append(bug)
                self.waiting.clear()
