"""The state of a SecretStore or a ClusterSecretStore.

*Ready* says that its spec makes a client: for AWS, that there is a login, or that a role could be assumed. That it may
read a key, only an ExternalSecret shows that was refreshed through the store.
"""

from collections.abc import Collection
from enum import StrEnum

from jetscale_cicd.decide.cluster.operator_events import newest, without_values
from jetscale_cicd.decide.fields import Object, condition_of, text
from jetscale_cicd.model.record import frozen

_REFUSALS = ("InvalidProviderConfig", "ValidationFailed", "InvalidStoreConfiguration")


class Store(StrEnum):
    """What a store is."""

    READY = "ready"
    FAILED = "failed"
    NOT_SEEN = "not seen"
    LEAVING = "leaving"


@frozen(kw_only=True)
class StoreState:
    """A store at one moment.

    Args:
        store: what it is.
        cause: why it is not ready; "" where it is.
    """

    store: Store
    cause: str = ""


def store_state(thing: Object, events: Collection[Object]) -> StoreState:
    """What a store is.

    Args:
        events: those about it.
    """
    if text(thing, "metadata", "deletionTimestamp"):
        return StoreState(store=Store.LEAVING, cause="it is being deleted")
    ready = condition_of(thing, "Ready")
    if not ready:
        own = text(thing, "spec", "controller")
        whose = f"; it is for operators of the class {own} alone" if own else ""
        return StoreState(store=Store.NOT_SEEN, cause=f"the operator has not validated it{whose}")
    if text(ready, "status") == "True":
        return StoreState(store=Store.READY)
    event = newest(events, *_REFUSALS)
    said = text(event, "message") or text(ready, "message") or "its condition Ready says nothing"
    return StoreState(store=Store.FAILED, cause=without_values(f"{text(ready, 'reason')}: {said}"))
