"""Events of External Secrets Operator: what it did when, and why it could not, without anything that quotes a value."""

import re
from collections.abc import Iterable, Iterator

from jetscale_cicd.decide.cluster.api_times import time_at
from jetscale_cicd.decide.fields import Object, parts, text

_LONGEST = 400
# Its events (apis/externalsecrets/v1); others, as of a policy engine, may be about the same objects.
_ACTS = {
    *("Created", "Updated", "Deleted", "UpdateFailed", "MissingProviderSecret", "ParameterDeprecated"),
    *("Valid", "InvalidStoreConfiguration", "InvalidProviderConfig", "ValidationFailed", "StoreUnmaintained"),
}
_OMITTED = " (the rest is left out, for it may quote a value)"
# Go's template engine quotes what a function was given, the JSON decoder a character, and the client of AWS an answer
# that it could not read, as a hexdump; the API server quotes what it refuses.
_QUOTES = re.compile(
    r"(\btemplate: [^\s:]{1,253}(?::[0-9]{1,9}){1,2}|\binvalid character|\bUnmarshalError:|\bInvalid value:|"
    r"\bparsing (?:time|duration)|\berror calling [A-Za-z0-9]{1,64}).*",
    re.DOTALL,
)


def events_by_object(events: Iterable[Object]) -> dict[str, tuple[Object, ...]]:
    """Events by the uid of their object, so that those of one of its name that was there before are not its own."""
    found: dict[str, list[Object]] = {}
    for each in events:
        if uid := text(each, "involvedObject", "uid"):
            found.setdefault(uid, []).append(each)
    return {uid: tuple(own) for uid, own in found.items()}


def event_time(event: Object) -> float:
    """When an event was seen last, in seconds since 1970; 0 where it does not say."""
    times = (time_at(event, *path) for path in _TIMES)
    return max((each for each in times if each is not None), default=0.0)


_TIMES = (
    ("series", "lastObservedTime"),
    ("lastTimestamp",),
    ("eventTime",),
    ("firstTimestamp",),
    ("metadata", "creationTimestamp"),
)


def newest(events: Iterable[Object], *kinds: str) -> Object | None:
    """The newest event that has one of these reasons."""
    return max((each for each in events if text(each, "reason") in kinds), key=event_time, default=None)


def without_values(message: str) -> str:
    """A message of the operator on one line, without what may quote a secret."""
    safe = _QUOTES.sub(lambda found: found[1] + _OMITTED, message)
    line = " ".join(safe.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def signs_of_life(events: Iterable[Object], things: Iterable[Object]) -> float:
    """When the operator is known to have worked last, in seconds since 1970; 0 where nothing shows it."""
    acted = (event_time(each) for each in events if text(each, "reason") in _ACTS)
    return max((*acted, *_written(things)), default=0.0)


def _written(things: Iterable[Object]) -> Iterator[float]:
    """The times in what it wrote into the status of objects."""
    for thing in things:
        yield time_at(thing, "status", "refreshTime") or 0.0
        for each in parts(thing, "status", "conditions"):
            yield time_at(each, "lastTransitionTime") or 0.0
