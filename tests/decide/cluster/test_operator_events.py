"""Events of the operator: the newest one of an object, when it worked last, and no value in what is told of them."""

import pytest

from jetscale_cicd.decide.cluster.operator_events import (
    event_time,
    events_by_object,
    newest,
    signs_of_life,
    without_values,
)
from jetscale_cicd.decide.fields import Object
from tests.support.pipes import NOW, at, event, external_secret, ready, store

APP = external_secret()
VALUE = "Zq7xKWv3kP"
TEMPLATE = 'could not apply template: unable to execute template at key x: template: x:1:3: executing "x" at'


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (f'{TEMPLATE} <mustToDate "2006" .p>: error calling mustToDate: parsing time "{VALUE}"', "template: x:1:3"),
        (f"{TEMPLATE} <fail .p>: error calling fail: {VALUE}", "template: x:1:3"),
        (f"{TEMPLATE} <.p>: range can't iterate over {VALUE}", "template: x:1:3"),
        (f"could not apply template: error calling fail: {VALUE}", "error calling fail"),
        (f"unable to unmarshal secret a: invalid character '{VALUE}' in literal", "secret a: invalid character"),
        (f"SerializationError: x\ncaused by: UnmarshalError: x\n\t00000000  {VALUE}", "caused by: UnmarshalError:"),
        (f'Secret "a" is invalid: metadata.labels: Invalid value: "{VALUE}"', "metadata.labels: Invalid value:"),
    ],
)
def test_what_quotes_a_value_is_left_out_and_the_place_is_kept(message: str, kept: str) -> None:
    told = without_values(message)
    assert VALUE not in told
    assert kept in told


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "error processing spec.data[0] (key: prod-app), err: key nope does not exist in secret prod-app",
            "error processing spec.data[0] (key: prod-app), err: key nope does not exist in secret prod-app",
        ),
        ("AccessDeniedException: User: arn:aws:iam::1:user/x\n\tstatus code: 400", None),
        ("x" * 1000, "x" * 400 + "…"),
    ],
)
def test_a_cause_is_one_bounded_line(message: str, told: str | None) -> None:
    assert without_values(message) == (told or " ".join(message.split()))


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"lastTimestamp": at(-5), "firstTimestamp": at(-50)}, -5),
        ({"lastTimestamp": None, "firstTimestamp": None, "eventTime": at(-7)}, -7),
        ({"eventTime": at(-90), "series": {"lastObservedTime": at(-3)}, "lastTimestamp": None}, -3),
        ({"metadata": {"creationTimestamp": at(-9)}, "lastTimestamp": 7, "firstTimestamp": []}, -9),
    ],
)
def test_an_event_is_as_new_as_it_was_seen_last(fields: Object, seconds: float) -> None:
    assert event_time({**event(APP, "UpdateFailed", "m", -1000), **fields}) == NOW.timestamp() + seconds


def test_an_event_without_a_time_is_the_oldest() -> None:
    assert event_time({"reason": "UpdateFailed"}) == 0


def test_the_newest_of_a_reason_is_found_in_any_order() -> None:
    found = [
        event(APP, "UpdateFailed", "old", -60),
        event(APP, "UpdateFailed", "new", -5),
        event(APP, "Created", "c", -1),
    ]
    for given in (found, found[::-1]):
        assert (newest(given, "UpdateFailed") or {})["message"] == "new"
    assert newest(found, "Deleted") is None


def test_events_of_an_object_of_the_same_name_before_it_are_not_its_own() -> None:
    before = {**APP, "metadata": {**APP["metadata"], "uid": "another"}}
    events = [event(before, "UpdateFailed", "before"), event(APP, "UpdateFailed", "own"), {"involvedObject": "x"}, {}]
    found = events_by_object(events)
    assert found.keys() == {"another", APP["metadata"]["uid"]}
    assert [each["message"] for each in found[APP["metadata"]["uid"]]] == ["own"]


@pytest.mark.parametrize(
    ("events", "things", "seconds"),
    [
        ([event(store(), "Valid", "store validated", -20)], [], -20),
        ([event(APP, "PolicyViolation", "of a policy engine", -1)], [APP], -60),
        ([], [external_secret(condition=ready("False", "SecretSyncedError", "m", -40))], -40),
        ([], [store(condition=ready("True", "Valid", "m", -50))], -50),
    ],
)
def test_the_last_sign_of_life_is_what_the_operator_itself_wrote(
    events: list[Object], things: list[Object], seconds: float
) -> None:
    assert signs_of_life(events, things) == NOW.timestamp() + seconds


def test_nothing_is_no_sign_of_life() -> None:
    assert signs_of_life([], [external_secret(condition=None)]) == 0
