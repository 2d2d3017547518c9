"""Fields of an object of a custom resource, whose content nobody has checked: what is of another type is not there."""

import calendar
import re
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]
# RFC 3339, as the API server writes metav1.Time and metav1.MicroTime.
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
# Go, time.ParseDuration; more parts than this nobody writes.
_NUMBER = r"([0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})"
_PART = re.compile(_NUMBER + r"(ns|us|µs|μs|ms|s|m|h)")
_DURATION = re.compile(rf"[+-]?(?:{_NUMBER}(?:ns|us|µs|μs|ms|s|m|h)){{1,16}}|[+-]?0")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def part(holder: object, *path: str) -> Object:
    """The object at a path of names; empty where there is none."""
    found = holder
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def parts(holder: object, *path: str) -> tuple[Object, ...]:
    """The objects of the list at a path of names; what is no object is left out."""
    *before, last = path
    found = part(holder, *before).get(last)
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def text(holder: object, *path: str) -> str:
    """The text at a path of names; "" where there is none."""
    *before, last = path
    found = part(holder, *before).get(last)
    return found if isinstance(found, str) else ""


def whole(holder: object, *path: str) -> int | None:
    """The whole number at a path of names; None where there is none."""
    *before, last = path
    found = part(holder, *before).get(last)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def condition_of(thing: Object, kind: str) -> Object:
    """A condition of an object's status; empty where it has none of that kind."""
    return next((each for each in parts(thing, "status", "conditions") if text(each, "type") == kind), {})


def named(things: Iterable[Object], name: str) -> Object | None:
    """The object of a name."""
    return next((each for each in things if text(each, "metadata", "name") == name), None)


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
