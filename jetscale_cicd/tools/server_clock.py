"""The clock of an API server, and one of this machine that nobody sets."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SLEEPLESS: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boottime() -> float:
    """Seconds that continue while this machine sleeps, unlike those of ``time.monotonic`` on Linux."""
    return time.clock_gettime(_SLEEPLESS)


@dataclass
class ServerClock:
    """The API server's clock, by the `Date` of its answers: the one clock that all runs share."""

    ahead: float | None = None

    def update(self, date: str | None) -> None:
        """Take one more answer; a Date has whole seconds and is a little old, so it is never in the future.

        Of all answers the latest time is nearest to the server's, whatever is done to the clock of this machine.
        """
        with suppress(ValueError, OverflowError):  # a gateway's Date may be none
            ahead = parsedate_to_datetime(date or "").timestamp() - boottime()
            self.ahead = ahead if self.ahead is None else max(self.ahead, ahead)

    def now(self) -> datetime:
        """The server's time, up to a second early."""
        return datetime.fromtimestamp(time.time() if self.ahead is None else boottime() + self.ahead, UTC)
