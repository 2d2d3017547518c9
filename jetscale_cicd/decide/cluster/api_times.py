"""Times and durations in objects of Kubernetes."""

import calendar
import re

from jetscale_cicd.decide.fields import text

# RFC 3339, as the API server writes metav1.Time and metav1.MicroTime.
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
# Go, time.ParseDuration; more parts than this nobody writes.
_NUMBER = r"([0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})"
_PART = re.compile(_NUMBER + r"(ns|us|µs|μs|ms|s|m|h)")
_DURATION = re.compile(rf"[+-]?(?:{_NUMBER}(?:ns|us|µs|μs|ms|s|m|h)){{1,16}}|[+-]?0")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def time_at(holder: object, *path: str) -> float | None:
    """Seconds since 1970 of the time at a path of names; None where there is none."""
    found = _TIME.fullmatch(text(holder, *path))
    if found is None:
        return None
    try:
        seconds = calendar.timegm(tuple(int(each) for each in found.groups()[:6]))
    except (ValueError, OverflowError):  # a month 13, a year 0
        return None
    offset = int(found[9] or 0) * 3600 + int(found[10] or 0) * 60
    return seconds + float(found[7] or 0) - (offset if found[8] == "+" else -offset)


def go_duration(written: str) -> float | None:
    """Seconds of a duration in the form of Go (``1h30m``); None where it is none."""
    if not _DURATION.fullmatch(written):
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(written))
    return -seconds if written.startswith("-") else seconds
