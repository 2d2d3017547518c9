"""The ledger of a release: each of its objects, what it is to be, and what it was seen to be."""

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property

from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.record import frozen, replace


class ObjectState(StrEnum):
    """What an object was seen to be."""

    READY = "ready"
    SUSPENDED = "suspended"  # on purpose: paused, scaled to 0
    PROGRESSING = "progressing"
    OUTDATED = "outdated"  # its controller has not dealt with what it is to be now
    LEAVING = "leaving"  # it is being deleted
    ABSENT = "absent"
    FAILED = "failed"
    FOREIGN = "foreign"  # it is of another release
    UNSEEN = "unseen"  # this run has no right to see it
    LEFT_OVER = "left over"  # of an attempt that failed; the release has it no more

    @property
    def is_green(self) -> bool:
        """Whether a release may be called verified with such an object."""
        return self in (ObjectState.READY, ObjectState.SUSPENDED)

    @property
    def may_pass(self) -> bool:
        """Whether it may become green without anybody doing anything."""
        return self in (ObjectState.PROGRESSING, ObjectState.OUTDATED, ObjectState.LEAVING)


# Codes of what runs and is not done, or was begun anew; and of what other operators take their time for.
_OF_RUNNING = frozenset({"CRASH_LOOP", "OUT_OF_MEMORY", "TIMEOUT", "PROBE_FAILED"})
_OF_OPERATORS = frozenset({"CERTIFICATE_NOT_READY", "NOT_RECONCILED"})


@frozen(kw_only=True)
class Pods:
    """The pods of a workload.

    Args:
        ready: of its newest revision, those that are ready.
        wanted: how many it is to have.
        old: ready pods of an older revision, which serve meanwhile.
        restarts: how often containers of the newest revision were started again.
    """

    ready: int
    wanted: int
    old: int = 0
    restarts: int = 0


@frozen(kw_only=True)
class LedgerRow:
    """One object of a release.

    Args:
        state: what it was seen to be.
        reason: what is missing, or what is to be known of it; "" where nothing is.
        pods: of a workload; None of anything else.
        faults: what keeps it from being ready, as far as something shows it.
        note: its newest event, while it is not ready.
        hook: it is a hook of this deploy.
    """

    kind: str
    name: str
    namespace: str = ""
    state: ObjectState
    reason: str = ""
    pods: Pods | None = None
    faults: tuple[Diagnosis, ...] = ()
    note: str = ""
    hook: bool = False

    @property
    def may_take_long(self) -> bool:
        """Whether it may stay as it is for long and become ready all the same: work that runs, or another operator."""
        codes = {fault.code for fault in self.faults}
        is_job = self.kind == "Job" and self.state is ObjectState.PROGRESSING
        return (is_job and codes <= _OF_RUNNING) or bool(codes & _OF_OPERATORS)

    @property
    def subject(self) -> str:
        """For people."""
        return f"{'hook ' if self.hook else ''}{self.kind} {self.name}"

    @property
    def line(self) -> str:
        """One line for people; where pods are missing, their number says so."""
        counts, lacks = ("", False) if self.pods is None else (_counted(self.pods), self.pods.ready < self.pods.wanted)
        reason = "" if lacks and self.state in (ObjectState.PROGRESSING, ObjectState.OUTDATED) else self.reason
        said = ", ".join(part for part in (counts, reason, self.note) if part)
        return f"{self.subject}: {said or self.state}"


@frozen
class Ledger:
    """Every object of a release, in the order of its manifest."""

    rows: tuple[LedgerRow, ...] = ()

    @property
    def is_green(self) -> bool:
        """Whether every object was seen to be what it is to be."""
        return all(row.state.is_green for row in self.rows)

    @property
    def may_pass(self) -> bool:
        """Whether all that is not green may become so by waiting."""
        return all(row.state.may_pass for row in self.waiting)

    def without_jobs(self) -> "Ledger":
        """The same, where a Job that runs is not waited for; one that failed, or cannot run, stays what it is."""
        reason = "it runs, and is not waited for"
        return Ledger(
            tuple(
                replace(row, state=ObjectState.READY, reason=reason) if row.kind == "Job" and row.may_take_long else row
                for row in self.rows
            )
        )

    @cached_property
    def waiting(self) -> tuple[LedgerRow, ...]:
        """The objects that are not what they are to be."""
        return tuple(row for row in self.rows if not row.state.is_green)

    @property
    def unseen(self) -> tuple[LedgerRow, ...]:
        """The objects that this run has no right to see."""
        return tuple(row for row in self.rows if row.state is ObjectState.UNSEEN)

    def faults(self) -> Iterator[Diagnosis]:
        """What is wrong with the objects that are not ready."""
        for row in self.waiting:
            yield from row.faults


def _counted(pods: Pods) -> str:
    of_which = f"new ready, {pods.old} old" if pods.old else "ready"
    return f"{pods.ready}/{pods.wanted} {of_which}"
