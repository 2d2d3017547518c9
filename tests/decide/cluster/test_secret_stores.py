"""Whether a store is ready, and why not."""

import pytest

from jetscale_cicd.decide.cluster.secret_stores import Store, store_state
from jetscale_cicd.decide.fields import Object
from tests.support.pipes import STORE_INVALID, STORE_VALID, event, ready, store

NO_LOGIN = 'unable to create session: could not fetch SecretAccessKey secret: secrets "absent" not found'


@pytest.mark.parametrize(
    ("condition", "events", "state", "cause"),
    [
        (STORE_VALID, [], Store.READY, ""),
        (STORE_VALID, [event(store(), "InvalidProviderConfig", "of before")], Store.READY, ""),
        (STORE_INVALID, [event(store(), "InvalidProviderConfig", NO_LOGIN)], Store.FAILED, NO_LOGIN),
        (STORE_INVALID, [], Store.FAILED, "unable to create client"),
        (ready("False", "ValidationFailed", "x"), [event(store(), "ValidationFailed", "y")], Store.FAILED, "y"),
        (ready("Unknown", "", ""), [], Store.FAILED, "its condition Ready says nothing"),
        (None, [], Store.NOT_SEEN, "not validated"),
    ],
)
def test_its_condition_says_whether_and_its_newest_event_why_not(
    condition: Object | None, events: list[Object], state: Store, cause: str
) -> None:
    found = store_state(store(condition=condition), events)
    assert found.store is state
    assert cause in found.cause
    assert bool(found.cause) is (state is not Store.READY)


def test_one_of_another_class_of_operators_says_so() -> None:
    assert "team-b" in store_state({**store(condition=None), "spec": {"controller": "team-b"}}, []).cause


def test_one_that_is_being_deleted_is_not_ready() -> None:
    thing = store()
    thing["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert store_state(thing, []).store is Store.LEAVING
