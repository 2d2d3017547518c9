"""A credential that ends before a deploy may is told with the time that it has left."""

import pytest

from jetscale_cicd.decide.cluster.credential_life import Credential, duration, review_life

NOW, TIMEOUT = 1_800_000_000.0, 1200


def credential(left: float | None, renewed_by: str = "") -> Credential:
    ends = None if left is None else NOW + left
    return Credential(what="token", ends=ends, renewed_by=renewed_by, remedy="get a newer one")


@pytest.mark.parametrize(
    ("left", "renewed_by", "short", "notes"),
    [
        (TIMEOUT, "", 0, 0),
        (TIMEOUT - 1, "", 1, 0),
        (0.5, "", 1, 0),
        (-1, "", 1, 0),
        (None, "", 0, 1),
        (5, "the kubelet", 0, 1),
        (-5, "the kubelet", 1, 1),
        (None, "its plugin", 0, 1),
    ],
)
def test_it_has_to_last_as_long_as_a_deploy_may_take(
    left: float | None, renewed_by: str, short: int, notes: int
) -> None:
    found = review_life([credential(left, renewed_by)], NOW, TIMEOUT, "live")
    assert (len(found.short), len(found.notes)) == (short, notes)
    assert {error.code for error in found.short} <= {"CREDENTIAL_TOO_SHORT"}


def test_the_time_and_both_remedies_are_told() -> None:
    (error,) = review_life([credential(130)], NOW, TIMEOUT, "live").short
    assert "ends in 2 min 10 s" in error.message
    assert "may take 20 min" in error.message
    assert error.hint == "get a newer one, or lower targets.live.timeout"


def test_a_lower_timeout_helps_no_credential_that_has_ended() -> None:
    (error,) = review_life([credential(-3600)], NOW, TIMEOUT, "live").short
    assert "ended 1 h ago" in error.message
    assert error.hint == "get a newer one"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3660, "1 h 1 min"), (90000, "1 d 1 h")],
)
def test_a_duration_has_its_two_largest_parts(seconds: float, text: str) -> None:
    assert duration(seconds) == text
