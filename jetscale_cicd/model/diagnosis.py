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
        waits_for: kind and name of what the object waits for.
        blocks: kind and name of what is not there, or of no use, because of it.
    """

    code: str
    subject: str
    verdict: str
    next_step: str
    events: tuple[str, ...] = ()
    source: LogSource | None = None
    read_log: bool = False
    log: tuple[str, ...] = ()
    waits_for: tuple[tuple[str, str], ...] = ()
    blocks: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """The object and what is wrong with it."""
        return f"{self.subject}: {self.verdict}" if self.subject else self.verdict
