"""Why a deploy failed: the first object that is at fault, and how to correct it."""

from enum import StrEnum

from jetscale_cicd.model.record import frozen


class FailedAt(StrEnum):
    """What a deploy was doing when it failed."""

    REQUEST = "request"
    WAIT = "wait"
    HOOK = "hook"
    KILLED = "killed"
    CONNECTION = "connection"


@frozen(kw_only=True)
class LogSource:
    """A container whose log may show the cause; ``previous`` is that of its instance before, which crashed."""

    pod: str
    container: str
    previous: bool = False


@frozen(kw_only=True)
class Diagnosis:
    """Why a deploy failed, as data.

    Args:
        code: one situation, as in ``Stage6Error``.
        subject: the object at fault (``pod web-5d8f-x (Deployment web)``), "" where none is known.
        verdict: what is wrong with it, one line.
        next_step: what to do.
        events: its events, newest last.
        source: where its log is, None where there is none.
        read_log: the next step is to read that log.
        log: its last lines.
    """

    code: str
    subject: str
    verdict: str
    next_step: str
    events: tuple[str, ...] = ()
    source: LogSource | None = None
    read_log: bool = False
    log: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The object and what is wrong with it."""
        return f"{self.subject}: {self.verdict}" if self.subject else self.verdict


@frozen(kw_only=True)
class WorkloadRow:
    """The rollout of one workload.

    Args:
        ready: pods of its newest revision that are ready.
        wanted: pods that it is to have.
        complete: the rollout is complete, and no pod of an older revision is left.
        old: ready pods of an older revision, which serve meanwhile.
        note: its newest event.
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
