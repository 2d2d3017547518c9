"""helm at work: its process, and the rollout of the workloads meanwhile, as a table or as a line for each change."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jetscale_cicd.decide.cluster.workloads import workload_rows
from jetscale_cicd.model.diagnosis import FailedAt
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.workloads import see_workloads
from jetscale_cicd.tools.helm import failure_of
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import Finished, ProcessTimeout, ToolKilledError
from jetscale_cicd.tools.worker import helper_thread

_INTERVAL, _LATER = 1.0, 3.0  # seconds between two observations, at first and later
_AT_FIRST = 30  # observations
_LAST = 1.0  # seconds that an observation in progress is waited for


class HelmEnd(NamedTuple):
    """How helm ended.

    Args:
        message: its error; "" where it succeeded.
        phase: what it was doing when it failed; None where its message has to show it.
        unredacted: its error, to decide by and never to show.
    """

    succeeded: bool
    message: str = ""
    phase: FailedAt | None = None
    unredacted: str = ""

    def __repr__(self) -> str:
        """Without what is never shown."""
        return f"HelmEnd({self.succeeded}, {self.message!r}, {self.phase})"


@dataclass
class Progress:
    """Observes the workloads of a release until ``done``."""

    api: Kubernetes
    target: Target
    since: str
    announce: Callable[[str], None]
    show: Callable[[Sequence[str]], bool]
    done: threading.Event = field(default_factory=threading.Event)
    shown: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Observe, and report what changed."""
        observed = 0
        while not self.done.wait(_INTERVAL if observed < _AT_FIRST else _LATER):
            lines, observed = self._observe(), observed + 1
            if not self.show([f"  · {line}" for line in lines.values()]):
                for subject, line in lines.items():
                    self._report(subject, line)
        self.show(())

    def _observe(self) -> dict[str, str]:
        try:
            rows = workload_rows(see_workloads(self.api, self.target, self.since, fresh=False))
        except ApiFailure as failed:
            return {"": f"the workloads cannot be observed: {failed.message}"}
        waited_for_first = sorted(rows, key=lambda row: row.complete)
        return {f"{row.kind} {row.name}": row.line for row in waited_for_first}

    def _report(self, subject: str, line: str) -> None:
        if self.shown.get(subject) != line and not self.done.is_set():
            self.shown[subject] = line
            self.announce(f"  · {line}")


def run_helm(progress: Progress, change: Callable[[], Finished]) -> HelmEnd:
    """Run helm, and report the rollout meanwhile."""
    thread = helper_thread(progress.run)
    thread.start()
    try:
        finished = change()
    except ProcessTimeout as late:
        return HelmEnd(False, str(late), FailedAt.WAIT)
    except ToolKilledError as killed:
        return HelmEnd(False, killed.message, FailedAt.KILLED)
    finally:
        progress.done.set()
        thread.join(_LAST)
    if finished.status == 0:
        return HelmEnd(True)
    shown, whole = (_cause(failure_of(finished, unredacted=each)) for each in (False, True))
    return HelmEnd(False, shown, unredacted=whole)


def _cause(message: str) -> str:
    return message.partition(" FAILED: ")[2] or message
