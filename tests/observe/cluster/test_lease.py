"""When a Lease is free: by its own times and the server's clock, and never by a guess."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.lease import end_of, holder_of, is_free, lease_name, leases_path, lock_holder
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.observe.cluster.conftest import LEASE
from tests.support.fake_kubernetes import FakeKubernetes

Object = dict[str, Any]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lease(**changed: object) -> Object:
    spec = {"holderIdentity": "us", "leaseDurationSeconds": 30, "renewTime": "2026-01-01T12:00:00.000000Z", **changed}
    return {"spec": {name: value for name, value in spec.items() if value is not None}}


@pytest.mark.parametrize(("after", "free"), [(0, False), (30, False), (31, False), (33, True), (3600, True)])
def test_it_is_free_once_it_has_run_out_and_clocks_agree(after: int, free: bool) -> None:
    assert is_free(lease(), NOON + timedelta(seconds=after)) is free


def test_its_own_duration_counts() -> None:
    assert end_of(lease(leaseDurationSeconds=60)) == (end_of(lease()) or NOON) + timedelta(seconds=30)


@pytest.mark.parametrize("holder", ["", None])
def test_what_nobody_holds_is_free(holder: str | None) -> None:
    assert is_free(lease(holderIdentity=holder), NOON)
    assert holder_of(lease(holderIdentity=holder)) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"renewTime": None},
        {"renewTime": ""},
        {"renewTime": "yesterday"},
        {"renewTime": 7},
        {"leaseDurationSeconds": None},
        {"leaseDurationSeconds": "long"},
        {"leaseDurationSeconds": 10**15},
    ],
)
def test_what_cannot_be_read_is_held(changed: Object) -> None:
    assert end_of(lease(**changed)) is None
    assert not is_free(lease(**changed), NOON + timedelta(days=365))


@pytest.mark.parametrize("empty", [{}, {"spec": None}, {"spec": {}}])
def test_a_lease_without_anything_is_free(empty: Object) -> None:
    assert is_free(empty, NOON)


def test_each_release_of_a_namespace_has_its_own(target: Target) -> None:
    assert f"{leases_path(target)}/{lease_name(target)}" == LEASE


@pytest.mark.parametrize(("held", "who"), [(lease(), "us"), (lease(holderIdentity=""), ""), (None, "")])
def test_who_holds_it_is_at_work(api: FakeKubernetes, target: Target, held: Object | None, who: str) -> None:
    api.put(LEASE, held)
    assert lock_holder(api, target) == who


def test_who_held_it_is_not(api: FakeKubernetes, target: Target) -> None:
    api.put(LEASE, lease())
    api.now.advance(60)
    assert lock_holder(api, target) == ""


@pytest.mark.parametrize("status", [0, 403, 500])
def test_where_it_cannot_be_read_nobody_is_named(api: FakeKubernetes, target: Target, status: int) -> None:
    api.script("GET", LEASE, ApiFailure(status, "no"))
    assert lock_holder(api, target) == ""
