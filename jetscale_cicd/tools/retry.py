"""How urllib3 repeats a request: short waits that a server asks for are kept, long ones are not begun."""

import time
from collections.abc import Callable
from email.utils import mktime_tz, parsedate_tz
from typing import Any

import urllib3

from jetscale_cicd.tools.deadline import gave_up
from jetscale_cicd.tools.worker import pause

# A wait that is worth a line on the screen.
_NOTICEABLE_SECONDS = 3


def seconds_to_wait(retry_after: str | None) -> int | None:
    """Seconds in a ``Retry-After``: a number, or a date (RFC 9110, 10.2.3); None where it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        date = parsedate_tz(text)
        return max(0, round(mktime_tz(date) - time.time())) if date else None
    except (ValueError, OverflowError, IndexError, TypeError):  # numbers that are no date
        return None


class PatientRetry(urllib3.Retry):
    """Waits as long as a server asks in ``Retry-After``, up to a sum of seconds for one request, and says so.

    Where it asks for more, its answer is the answer: waiting less only earns the same refusal again. urllib3 itself
    shortens a long wait to its limit, and repeats 413 where it has a ``Retry-After``.
    """

    patience: float = 0
    announce: Callable[[str], None] = staticmethod(lambda _: None)

    @classmethod
    def make(cls, patience: float, announce: Callable[[str], None], **options: Any) -> "PatientRetry":
        """One for a request.

        Args:
            patience: seconds that may be waited because of ``Retry-After``.
            announce: called with a line before a wait.
            options: of ``urllib3.Retry``.
        """
        made = cls(allowed_methods=None, raise_on_status=False, **options)
        made.patience, made.announce = patience, announce
        return made

    def new(self, **changed: Any) -> "PatientRetry":
        """The next one, with what is left of the patience."""
        made = super().new(**changed)
        made.patience, made.announce = self.patience, self.announce
        return made

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Only what is listed."""
        return super().is_retry(method, status_code, has_retry_after) and status_code in (self.status_forcelist or ())

    def increment(self, *args: Any, **details: Any) -> "PatientRetry":
        """Refuse to repeat where the server asks for a longer wait than is left."""
        made = super().increment(*args, **details)
        if gave_up():
            raise urllib3.exceptions.MaxRetryError(details["_pool"], "", None)
        if _asked(details.get("response")) > self.patience:
            raise urllib3.exceptions.MaxRetryError(details["_pool"], "", None)
        return made

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        """Wait as long as the server asks; False where it does not ask, or sends elsewhere."""
        wait = _asked(response)
        if not wait:
            return False
        self.patience -= wait
        if wait >= _NOTICEABLE_SECONDS:
            self.announce(f"! the server answered {response.status}: asked again after {wait} s, as it says")
        pause(wait)
        return True


def _asked(response: urllib3.BaseHTTPResponse | None) -> int:
    if response is None or response.get_redirect_location():
        return 0
    return seconds_to_wait(response.headers.get("Retry-After")) or 0
