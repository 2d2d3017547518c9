"""What becomes of the workloads while helm waits: a table on a terminal, a line for each change elsewhere."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jetscale_cicd.decide.cluster.workloads import workload_rows
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.workloads import see_workloads
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_LOOK, _SLOWER = 1.0, 3.0  # seconds between two looks, at first and later
_AT_FIRST = 30  # looks


@dataclass
class Watching:
    """Looks at the workloads of a release until ``done``."""

    api: Kubernetes
    target: Target
    since: str
    announce: Callable[[str], None]
    show: Callable[[Sequence[str]], bool]
    done: threading.Event = field(default_factory=threading.Event)
    told: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Look, and tell what is new."""
        looks = 0
        while not self.done.wait(_LOOK if looks < _AT_FIRST else _SLOWER):
            lines, looks = self._look(), looks + 1
            if not self.show([f"  · {line}" for line in lines.values()]):
                for subject, line in lines.items():
                    self._tell(subject, line)
        self.show(())

    def _look(self) -> dict[str, str]:
        try:
            rows = workload_rows(see_workloads(self.api, self.target, self.since, fresh=False))
        except ApiFailure as failed:
            return {"": f"the workloads cannot be seen: {failed.message}"}
        waited_for_first = sorted(rows, key=lambda row: row.complete)
        return {f"{row.kind} {row.name}": row.line for row in waited_for_first}

    def _tell(self, subject: str, line: str) -> None:
        if self.told.get(subject) != line and not self.done.is_set():
            self.told[subject] = line
            self.announce(f"  · {line}")
