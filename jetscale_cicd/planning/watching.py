"""A status that is observed again and again: by what changes alone, with a new plan where a release was changed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.status import Status, TargetStatus

# What gives the status of a target again and again (``Engine.watch``), and what makes a whole status with such.
See = Callable[[], TargetStatus | None]
Observe = Callable[[Callable[[TargetDecision], TargetStatus]], Status]
# Seconds between two observations, at least; a server that takes longer to answer is left alone for as long.
_PAUSE = 1.0


def watch_status(context: RunContext, observe: Observe) -> Iterator[Status]:
    """The status, and again after each change, without end.

    Args:
        observe: everything, with a new plan, and the targets as the given function sees them.

    Raises:
        Stage6Error: the first observation failed; of a later one, its failure is part of the status.
    """
    watch = _Watch(context)
    status = observe(watch.begin)
    while True:
        yield status
        for changed in watch.until_a_release_changes(status):
            status = changed
            yield status
        time.sleep(_PAUSE)
        watch = _Watch(context)
        try:
            status = observe(watch.begin)
        except Stage6Error as failed:
            lost = (
                TargetStatus(target=each.target, live=each.live, unseen=(failed.message,)) for each in status.targets
            )
            status = replace(status, targets=tuple(lost))
            watch = _Watch(context)


@dataclass
class _Watch:
    """The targets of one plan."""

    context: RunContext
    targets: list[See] = field(default_factory=list)

    def begin(self, decided: TargetDecision) -> TargetStatus:
        """Watch a target from now on; what is seen of it first."""
        target, live = decided.target, decided.live
        see = engine_of(target).watch(self.context, target, live)
        self.targets.append(see)
        return see() or TargetStatus(target=target, live=live)

    def until_a_release_changes(self, status: Status) -> Iterator[Status]:
        """The status after each other change."""
        took = 0.0
        while len(self.targets) == len(status.targets):  # or there is no plan to go by
            time.sleep(max(_PAUSE, took))
            begun = time.monotonic()
            seen = [see() for see in self.targets]
            targets = tuple(each for each in seen if each is not None)
            if len(targets) < len(seen):
                return
            if targets != status.targets:
                status = replace(status, targets=targets)
                yield status
            took = time.monotonic() - begun
