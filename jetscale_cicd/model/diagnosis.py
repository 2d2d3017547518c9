"""Why a deploy failed: the first object that is at fault, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """A container whose words may tell more; ``previous`` is the one that crashed before it."""

    pod: str
    container: str
    previous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A verdict as data.

    Args:
        code: one situation, as in ``Stage6Error``.
        subject: the object at fault (``pod web-5d8f-x (Deployment web)``), "" where none is known.
        verdict: what is wrong with it, one line.
        next_step: what to do.
        events: what Kubernetes said of it, newest last.
        source: where its log is, None where there is none.
        log: the last lines of that log.
    """

    code: str
    subject: str
    verdict: str
    next_step: str
    events: tuple[str, ...] = ()
    source: LogSource | None = None
    log: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The object and what is wrong with it."""
        return f"{self.subject}: {self.verdict}" if self.subject else self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRow:
    """How far a workload is.

    Args:
        ready: pods of its newest kind that are.
        wanted: pods.
        complete: it is all there, and nothing is left of the old.
        old: ready pods of an older kind, which serve meanwhile.
        note: the newest word about it.
    """

    kind: str
    name: str
    ready: int
    wanted: int
    complete: bool
    old: int = 0
    note: str = ""

    @property
    def line(self) -> str:
        """One line for people."""
        of_which = f"new ready, {self.old} old" if self.old else "ready"
        note = f", {self.note}" if self.note else ""
        return f"{self.kind} {self.name}: {self.ready}/{self.wanted} {of_which}{note}"
