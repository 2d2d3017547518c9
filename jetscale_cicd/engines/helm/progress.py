"""helm at work: its process, and the release's objects meanwhile, as a table or as a line for each change."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.diagnosis import FailedAt, LogSource
from jetscale_cicd.model.ledger import LedgerRow, ObjectState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import read_revision, revision_numbers
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.observe.cluster.logs import read_log
from jetscale_cicd.tools.helm import failure_of
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import Finished, ProcessTimeout, ToolKilledError
from jetscale_cicd.tools.worker import helper_thread

_OFTEN, _INTERVAL, _LATER = 0.4, 1.0, 3.0  # seconds between two observations: with hooks, at first, and later
_AT_FIRST = 30  # observations
_LAST = 1.0  # seconds that an observation in progress is waited for
_MOST_LINES = 20


class HelmEnd(NamedTuple):
    """How helm ended.

    Args:
        message: its error; "" where it succeeded.
        phase: what it was doing when it failed; None where its message has to show it.
        unredacted: its error, to decide by and never to show.
        at_fault: objects that were at fault while it worked, as they were seen last; they may be gone since.
        logs: what their containers wrote, as far as it was read while they were there.
    """

    succeeded: bool
    message: str = ""
    phase: FailedAt | None = None
    unredacted: str = ""
    at_fault: tuple[LedgerRow, ...] = ()
    logs: Mapping[LogSource, tuple[str, ...]] = MappingProxyType({})

    def __repr__(self) -> str:
        """Without what is never shown."""
        return f"HelmEnd({self.succeeded}, {self.message!r}, {self.phase})"


@dataclass
class Progress:
    """Observes the objects of the revision that helm makes, until ``done``.

    Args:
        before: the newest revision before it.
        at_fault: objects that were seen to be at fault, as they were last; Helm deletes a hook that failed, and a
            rollback replaces pods.
        logs: of hooks at fault, read while they were there.
    """

    api: Kubernetes
    target: Target
    since: str
    before: int
    announce: Callable[[str], None]
    show: Callable[[Sequence[str]], bool]
    done: threading.Event = field(default_factory=threading.Event)
    shown: dict[str, str] = field(default_factory=dict)
    objects: ReleaseObjects | None = None
    at_fault: dict[str, LedgerRow] = field(default_factory=dict)
    logs: dict[LogSource, tuple[str, ...]] = field(default_factory=dict)

    def run(self) -> None:
        """Observe, and report what changed."""
        observed = 0
        while not self.done.wait(self._interval(observed)):
            lines, observed = self._observe(), observed + 1
            if not self.show([f"  · {line}" for line in lines.values()]):
                for subject, line in lines.items():
                    self._report(subject, line)
        self.show(())

    def _interval(self, observed: int) -> float:
        """A hook that fails may be gone the next moment."""
        if observed >= _AT_FIRST:
            return _LATER
        return _OFTEN if self.objects and self.objects.hooks else _INTERVAL

    def _observe(self) -> dict[str, str]:
        try:
            self.objects = self.objects or self._begun()
            rows = self.objects.ledger(fresh=False).rows if self.objects else ()
            self._remember(rows)
        except (ApiFailure, Stage6Error) as failed:
            return {"": f"the objects of the release cannot be observed: {failed.message}"}
        shown = [row for row in rows if row.pods or not row.state.is_green]
        return {row.subject: row.line for row in sorted(shown, key=_waited_for_first)[:_MOST_LINES]}

    def _remember(self, rows: Sequence[LedgerRow]) -> None:
        for row in rows:
            if row.faults:
                self.at_fault[row.subject] = row
            elif row.state.is_green and not self._has_failed(row):
                self.at_fault.pop(row.subject, None)
            for source in (fault.source for fault in row.faults if row.hook and fault.read_log):
                if source and not self.logs.get(source):
                    self.logs[source] = read_log(self.api, self.target.namespace, source)

    def _has_failed(self, row: LedgerRow) -> bool:
        """Whether it is a Job that failed before, so that it can only be gone since."""
        before = self.at_fault.get(row.subject)
        return row.kind == "Job" and before is not None and before.state is ObjectState.FAILED

    def _begun(self) -> ReleaseObjects | None:
        """The objects of the revision that helm has begun; None while it has not."""
        newest = next(iter(revision_numbers(self.api, self.target)), 0)
        stored = read_revision(self.api, self.target, newest) if newest > self.before else None
        return ReleaseObjects.of(self.api, self.target, stored, self.since) if stored else None

    def _report(self, subject: str, line: str) -> None:
        if self.shown.get(subject) != line and not self.done.is_set():
            self.shown[subject] = line
            self.announce(f"  · {line}")


def _waited_for_first(row: LedgerRow) -> tuple[bool, bool]:
    return row.state.is_green, row.pods is None


def run_helm(progress: Progress, change: Callable[[], Finished]) -> HelmEnd:
    """Run helm, and report the rollout meanwhile."""
    thread = helper_thread(progress.run)
    thread.start()
    try:
        ended = _ended(change)
    finally:
        progress.done.set()
        thread.join(_LAST)
    return ended._replace(at_fault=tuple(progress.at_fault.values()), logs=dict(progress.logs))


def _ended(change: Callable[[], Finished]) -> HelmEnd:
    try:
        finished = change()
    except ProcessTimeout as late:
        return HelmEnd(False, str(late), FailedAt.WAIT)
    except ToolKilledError as killed:
        return HelmEnd(False, killed.message, FailedAt.KILLED)
    if finished.status == 0:
        return HelmEnd(True)
    shown, whole = (_cause(failure_of(finished, unredacted=each)) for each in (False, True))
    return HelmEnd(False, shown, unredacted=whole)


def _cause(message: str) -> str:
    return message.partition(" FAILED: ")[2] or message
