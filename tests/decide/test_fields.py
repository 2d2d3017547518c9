"""Fields of objects that nobody has checked: times, durations, and what is of another type."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.api_times import go_duration, time_at
from jetscale_cicd.decide.fields import condition_of, part, parts, text, whole

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
NOTHING: list[Any] = [None, 1, True, "text", [], [1, None, "x"], {}, {"a": None}, {"a": 7}, {"a": ["b"]}]


@given(st.datetimes(timezones=ZONES).filter(lambda moment: 2 <= moment.year <= 9998))
def test_a_time_is_read_in_any_zone(moment: datetime) -> None:
    found = time_at({"a": moment.isoformat()}, "a")
    assert found == pytest.approx(moment.timestamp(), abs=1e-5)


@pytest.mark.parametrize(
    "written",
    [
        *("", "2026-01-01", "2026-13-01T00:00:00Z", "0000-00-00T00:00:00Z", "2026-01-01T00:00:00", "now"),
        *("2026-01-01T00:00:00Z ", "٢٠٢٦-01-01T00:00:00Z"),
    ],
)
def test_what_is_no_time_is_none(written: str) -> None:
    assert time_at({"a": written}, "a") is None


def test_a_time_of_the_api_is_utc() -> None:
    assert time_at({"a": {"b": "2026-01-01T12:00:00Z"}}, "a", "b") == datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        *(("1h", 3600.0), ("1h0m0s", 3600.0), ("1h30m", 5400.0), ("90s", 90.0), ("1.5h", 5400.0), (".5s", 0.5)),
        *(("0", 0.0), ("0s", 0.0), ("-1h", -3600.0), ("+1m", 60.0), ("250ms", 0.25), ("8760h", 31536000.0)),
        *(
            ("1.s", 1.0),
            ("3us", 3e-6),
            ("3µs", 3e-6),
            ("1", None),
            ("", None),
            ("1d", None),
            ("h", None),
            ("1h ", None),
        ),
        *((".s", None), ("1h-1m", None), ("--1h", None), ("1" * 20 + "h", None)),
    ],
)
def test_a_duration_is_read_as_go_reads_it(written: str, seconds: float | None) -> None:
    assert go_duration(written) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("holder", NOTHING)
def test_what_is_of_another_type_is_not_there(holder: Any) -> None:
    assert (part(holder, "a", "b"), parts(holder, "a", "b"), text(holder, "a", "b")) == ({}, (), "")
    assert (whole(holder, "a", "b"), time_at(holder, "a", "b")) == (None, None)


def test_what_is_of_its_type_is_there() -> None:
    holder = {"a": {"text": "t", "number": 7, "flag": True, "list": [{"b": 1}, "x", {"b": 2}]}}
    assert (part(holder, "a")["number"], text(holder, "a", "text"), whole(holder, "a", "number")) == (7, "t", 7)
    assert (whole(holder, "a", "flag"), parts(holder, "a", "list")) == (None, ({"b": 1}, {"b": 2}))


def test_a_condition_is_found_by_its_type() -> None:
    ready = {"type": "Ready", "status": "True"}
    assert condition_of({"status": {"conditions": ["x", {"type": "Deleted"}, ready]}}, "Ready") == ready
    assert condition_of({"status": {"conditions": "x"}}, "Ready") == {}
