"""Whether an ExternalSecret is synced: whether its Secret is what the object asks for, as the vault has it now.

Its condition alone does not say so (External Secrets Operator 0.16, pkg/controllers/externalsecret): it is also True
where there is no Secret, for an older generation, and long after the operator died; and where it is False, the cause is
in an event only.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum

from jetscale_cicd.decide.cluster.api_times import go_duration, time_at
from jetscale_cicd.decide.cluster.operator_events import event_time, newest, without_values
from jetscale_cicd.decide.fields import Object, condition_of, part, parts, text, whole
from jetscale_cicd.model.record import frozen

# How late a refresh may be: a queue of others before it, or a new pod of the operator that takes over.
_LATE, _LATE_SHARE = 120.0, 0.1
# An event and the condition of one failure are written one after the other, each with its own whole second.
_TOGETHER = 5.0
_DEFAULT_INTERVAL = "1h"
_MOST_KEYS = 8
_ON_DEMAND = ("CreatedOnce", "OnChange")


class Sync(StrEnum):
    """What an ExternalSecret is."""

    SYNCED = "synced"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    TARGET_MISSING = "target missing"
    NOT_SEEN = "not seen"
    OUTDATED = "outdated"
    FROZEN = "frozen"  # outdated, and the operator is never going to read it again
    STALE = "stale"
    LEAVING = "leaving"
    UNREADABLE = "unreadable"


@frozen(kw_only=True)
class SyncState:
    """An ExternalSecret at one moment.

    Args:
        sync: what it is.
        cause: why it is not synced; "" where it is.
        due: when a working operator would have dealt with it, in seconds since 1970; None where it has, or where that
            is not known.
    """

    sync: Sync
    cause: str = ""
    due: float | None = None


@frozen
class StoreRef:
    """A SecretStore or a ClusterSecretStore, by kind and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def sync_state(thing: Object, events: Collection[Object], secrets: Collection[str] | None, now: float) -> SyncState:
    """What an ExternalSecret is.

    Args:
        thing: the object, of the API v1 or v1beta1.
        events: those about it.
        secrets: names of the Secrets of its namespace; None where they are not known.
        now: of the server's clock, in seconds since 1970.
    """
    if text(thing, "metadata", "deletionTimestamp"):
        return SyncState(sync=Sync.LEAVING, cause="it is being deleted, and so is a Secret that it owns")
    ready = condition_of(thing, "Ready")
    if not ready:
        return _not_seen(thing, now)
    if text(ready, "status") != "True":
        return SyncState(sync=Sync.FAILED, cause=_failure(ready, events))
    outcome = text(ready, "reason")
    if outcome != "SecretSynced":
        return SyncState(sync=_OUTCOMES.get(outcome, Sync.UNREADABLE), cause=_outcome(ready))
    return _of_another_time(thing, now) or _content(thing, events, secrets)


_OUTCOMES = {"SecretMissing": Sync.TARGET_MISSING, "SecretDeleted": Sync.TARGET_MISSING}


def _not_seen(thing: Object, now: float) -> SyncState:
    born = time_at(thing, "metadata", "creationTimestamp")
    late = born is not None and now > born + _LATE
    cause = "the operator has not dealt with it" + (" in minutes" if late else " yet")
    return SyncState(sync=Sync.NOT_SEEN, cause=cause, due=born if late else None)


def _failure(ready: Object, events: Collection[Object]) -> str:
    """The newest event of this failure; the condition has one sentence for every failed read."""
    event = newest(events, "UpdateFailed")
    since = time_at(ready, "lastTransitionTime") or 0.0
    if event and text(event, "message") and event_time(event) + _TOGETHER >= since:
        return without_values(text(event, "message"))
    return _outcome(ready)


def _outcome(ready: Object) -> str:
    said = (text(ready, "reason"), without_values(text(ready, "message")))
    return ": ".join(each for each in said if each) or "its condition Ready says nothing"


def _of_another_time(thing: Object, now: float) -> SyncState | None:
    """What was synced was an older generation, or it was too long ago."""
    generation, refreshed = whole(thing, "metadata", "generation"), time_at(thing, "status", "refreshTime")
    interval = go_duration(text(thing, "spec", "refreshInterval") or _DEFAULT_INTERVAL)
    if generation is None or refreshed is None or interval is None:
        return SyncState(sync=Sync.UNREADABLE, cause="its generation, refreshTime or refreshInterval cannot be read")
    policy = text(thing, "spec", "refreshPolicy")
    periodic = interval > 0 and policy not in _ON_DEMAND
    if not text(thing, "status", "syncedResourceVersion").startswith(f"{generation}-"):
        once = policy == "CreatedOnce" or (interval <= 0 and policy != "OnChange")
        cause = "it was changed after it was synced" + (", and reads once only" if once else "")
        return SyncState(sync=Sync.FROZEN if once else Sync.OUTDATED, cause=cause)
    due = refreshed + interval
    late = max(_LATE, interval * _LATE_SHARE)
    if periodic and not refreshed - late <= now <= due + late:
        when = f"it was refreshed last at {text(thing, 'status', 'refreshTime')}"
        cause = f"{when}, and its refreshInterval is {text(thing, 'spec', 'refreshInterval') or _DEFAULT_INTERVAL}"
        return SyncState(sync=Sync.STALE, cause=cause, due=min(due, now))
    return None


def _content(thing: Object, events: Collection[Object], secrets: Collection[str] | None) -> SyncState:
    """Of what is synced in time: whether everything was there, and the Secret is."""
    refreshed = time_at(thing, "status", "refreshTime") or 0.0
    lacking = newest(events, "MissingProviderSecret")
    # Both have whole seconds: of one that was found in the very second in which it was missing, this is not seen before
    # the next refresh.
    if lacking and event_time(lacking) >= refreshed:
        return SyncState(sync=Sync.INCOMPLETE, cause=without_values(text(lacking, "message")))
    target = target_secret(thing)
    if target and secrets is not None and target not in secrets:
        return SyncState(sync=Sync.TARGET_MISSING, cause=f"there is no Secret {target}")
    return SyncState(sync=Sync.SYNCED)


def target_secret(thing: Object) -> str:
    """The Secret that an ExternalSecret makes; "" where it makes none."""
    if text(thing, "spec", "target", "creationPolicy") == "None":
        return ""
    return text(thing, "spec", "target", "name") or text(thing, "metadata", "name")


def store_refs(thing: Object) -> tuple[StoreRef, ...]:
    """The stores that an ExternalSecret reads from, each once."""
    spec = part(thing, "spec")
    entries = (*parts(spec, "data"), *parts(spec, "dataFrom"))
    given = (part(spec, "secretStoreRef"), *(part(each, "sourceRef", "storeRef") for each in entries))
    refs = (StoreRef(text(each, "kind") or "SecretStore", text(each, "name")) for each in given)
    return tuple(dict.fromkeys(ref for ref in refs if ref.name))


def remote_keys(thing: Object) -> tuple[str, ...]:
    """What an ExternalSecret reads in the vault: ``KEY``, or ``KEY (PROPERTY)``; of many the first ones."""
    return tuple(dict.fromkeys(_remote(part(thing, "spec"))))[:_MOST_KEYS]


def _remote(spec: Object) -> Iterator[str]:
    for each in parts(spec, "data"):
        yield from _key(part(each, "remoteRef"))
    for each in parts(spec, "dataFrom"):
        yield from _key(part(each, "extract"))
        if find := part(each, "find"):
            sought = text(find, "name", "regexp")
            yield f"every key like {sought}" if sought else "every key with certain tags"


def _key(remote: Object) -> Iterator[str]:
    if key := text(remote, "key"):
        inner = text(remote, "property")
        yield f"{key} ({inner})" if inner else key
