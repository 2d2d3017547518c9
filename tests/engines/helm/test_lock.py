"""The lock of a release: taken, renewed, lost in time, given back; on a clock that the test moves."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from jetscale_cicd.engines.helm import lock as module
from jetscale_cicd.engines.helm.lock import DURATION, Lock, _refused, hold_lock, holder_name
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error, SupersededError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.lease import end_of, holder_of, is_free
from jetscale_cicd.tools.kubernetes import ApiFailure, Object
from tests.support.fake_kubernetes import FakeKubernetes

LEASES = "/apis/coordination.k8s.io/v1/namespaces/shop-prod/leases"
LEASE = f"{LEASES}/stage6-app"
TARGET = Target(name="live", client_name="shop", release="app", timeout=40)
TERMINATING = ApiFailure(403, "no", reason="Forbidden", causes=("NamespaceTerminating",), name="stage6-app")
BY_ADMISSION = ApiFailure(403, "no", reason="Forbidden", name="stage6-app")
BY_RIGHTS = ApiFailure(403, "no: exceeded quota, being terminated", reason="Forbidden")
US, OTHER = "us", "https://ci.example/runs/1"
# Helm is interrupted when the lock is lost, and is given 5 s to mark its release (tools/process.py).
HELM_ENDS = 5.0


class Time:
    """One clock for this machine and for the server, which nothing but a test, or a wait, moves."""

    def __init__(self, api: FakeKubernetes) -> None:
        self.api = api
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.api.now.advance(seconds)


@pytest.fixture
def api() -> FakeKubernetes:
    """Nobody has ever locked the release."""
    return FakeKubernetes({LEASE: None})


@pytest.fixture
def clock(api: FakeKubernetes, monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time(api)
    monkeypatch.setattr(module, "boottime", made)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made))
    monkeypatch.setattr(module, "pause", made.advance)
    return made


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """What is entered here is left, and given back, at the end of the test."""
    with ExitStack() as stack:
        yield stack


def taken(api: FakeKubernetes, held: ExitStack, announced: list[str] | None = None) -> Lock:
    said = announced if announced is not None else []
    return held.enter_context(hold_lock(api, TARGET, US, said.append, threading.Event()))


def refused(api: FakeKubernetes) -> Stage6Error:
    with pytest.raises(Stage6Error) as error, ExitStack() as held:
        taken(api, held)
    return error.value


def lease(api: FakeKubernetes) -> Object:
    kept = api.objects[LEASE]
    assert kept
    return kept


def lease_of(holder: str, renewed: datetime, lasts: object = DURATION) -> Object:
    stamp = renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": holder, "leaseDurationSeconds": lasts, "renewTime": stamp, "leaseTransitions": 4}
    return {"metadata": {"name": "stage6-app", "labels": {"mine": "yes"}}, "spec": spec}


def hold(api: FakeKubernetes, ago: float, holder: str = OTHER) -> None:
    """Somebody's Lease, renewed some seconds ago."""
    api.put(LEASE, lease_of(holder, api.now.moment - timedelta(seconds=ago)))


# Taking it


def test_the_first_run_makes_the_lease(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    lock = taken(api, held)
    spec = lease(api)["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"]) == (US, DURATION, 1)
    assert datetime.fromisoformat(spec["renewTime"]) == datetime.fromisoformat(spec["acquireTime"]) == api.now.moment
    assert lock.inherited is False
    lock.check()


def test_a_lease_that_was_given_back_is_taken_at_once(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    hold(api, 1, holder="")
    lock = taken(api, held)
    assert (holder_of(lease(api)), lease(api)["spec"]["leaseTransitions"], lock.inherited) == (US, 5, False)
    assert lease(api)["metadata"]["labels"] == {"mine": "yes"}
    assert clock.seconds == 1000


def test_a_lease_that_ran_out_is_taken_and_its_holder_known_to_be_dead(
    api: FakeKubernetes, clock: Time, held: ExitStack
) -> None:
    hold(api, DURATION + 3)
    assert taken(api, held).inherited is True


def test_a_holder_that_renews_no_more_is_waited_for_to_the_end_of_its_lease(
    api: FakeKubernetes, clock: Time, held: ExitStack
) -> None:
    hold(api, DURATION - 10)
    taken(api, held)
    assert 10 < clock.seconds - 1000 < 15


def test_a_lease_is_not_taken_before_its_end(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    hold(api, 1)
    ends = end_of(lease(api))
    assert ends
    taken(api, held)
    assert api.now.moment > ends


def test_an_answer_that_got_lost_is_no_other_holder(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    api.script("POST", LEASES, lambda: hold(api, 0, holder=US))
    lock = taken(api, held)
    assert (holder_of(lease(api)), lock.inherited) == (US, False)


def test_who_creates_it_first_has_it(api: FakeKubernetes, clock: Time) -> None:
    def renewed() -> None:
        hold(api, 0)

    api.script("POST", LEASES, renewed)
    api.script("GET", LEASE, lambda: None, *[renewed] * 200)
    assert refused(api).code == "LOCKED"
    assert holder_of(lease(api)) == OTHER


@pytest.mark.parametrize("conflicts", [1, 5])
def test_a_conflict_is_tried_again(api: FakeKubernetes, clock: Time, held: ExitStack, conflicts: int) -> None:
    hold(api, 1, holder="")
    api.script("PUT", LEASE, *[ApiFailure(409, "changed")] * conflicts)
    taken(api, held)
    assert holder_of(lease(api)) == US


def test_a_holder_that_lives_is_waited_for_as_long_as_a_deploy_and_its_rollback_may_take(
    api: FakeKubernetes, clock: Time
) -> None:
    hold(api, 0)
    api.script("GET", LEASE, *[lambda: hold(api, 0)] * 500)
    error = refused(api)
    assert isinstance(error, SupersededError)
    assert error.code == "LOCKED"
    assert 2 * TARGET.timeout <= clock.seconds - 1000 < 2 * TARGET.timeout + 2
    assert holder_of(lease(api)) == OTHER
    assert api.written() == []


def test_a_holder_that_died_just_before_the_end_of_the_wait_is_waited_for_to_its_end(
    api: FakeKubernetes, clock: Time, held: ExitStack
) -> None:
    api.script("GET", LEASE, *[lambda: hold(api, 0)] * (4 * TARGET.timeout - 10))  # asked each half second
    hold(api, 0)
    assert taken(api, held).inherited is True
    assert clock.seconds - 1000 > TARGET.timeout


@pytest.mark.parametrize(
    "spec",
    [
        {"renewTime": None},
        {"renewTime": "yesterday"},
        {"leaseDurationSeconds": None},
        {"leaseDurationSeconds": 10**12},
    ],
)
def test_a_lease_whose_times_cannot_be_read_is_held(api: FakeKubernetes, clock: Time, spec: Object) -> None:
    hold(api, 1000)
    api.put(LEASE, {**lease(api), "spec": {**lease(api)["spec"], **spec}})
    assert refused(api).code == "LOCKED"


def test_each_holder_is_announced_once(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    announced: list[str] = []
    hold(api, 20)
    taken(api, held, announced)
    (line,) = announced
    assert OTHER in line


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (ApiFailure(404, "namespaces not found"), PreconditionError, "NAMESPACE_MISSING"),
        (ApiFailure(403, "no", causes=("NamespaceTerminating",)), PreconditionError, "NAMESPACE_TERMINATING"),
        (TERMINATING, PreconditionError, "NAMESPACE_TERMINATING"),
        (BY_ADMISSION, PreconditionError, "LOCK_FORBIDDEN"),
        (BY_RIGHTS, PreconditionError, "LOCK_FORBIDDEN"),
        (ApiFailure(403, "exceeded quota: q"), PreconditionError, "LOCK_FORBIDDEN"),
        (ApiFailure(403, "User cannot create"), PreconditionError, "LOCK_FORBIDDEN"),
        (ApiFailure(401, "expired"), CannotTellError, "CLUSTER_UNAUTHORIZED"),
        (ApiFailure(503, "away"), CannotTellError, "CLUSTER_UNREACHABLE"),
        (ApiFailure(0, "no answer"), CannotTellError, "CLUSTER_UNREACHABLE"),
    ],
)
def test_a_lock_that_cannot_be_had_says_why(
    api: FakeKubernetes, clock: Time, failure: ApiFailure, kind: type[Stage6Error], code: str
) -> None:
    api.script("POST", LEASES, failure)
    error = refused(api)
    assert (type(error), error.code) == (kind, code)
    assert _refused(failure, TARGET, creating=True).code == code


def test_what_admission_refuses_is_no_missing_right() -> None:
    hints = [_refused(failed, TARGET, creating=True).hint for failed in (BY_ADMISSION, BY_RIGHTS)]
    assert ["quota" in hint for hint in hints] == [True, False]
    assert "quota" not in _refused(BY_ADMISSION, TARGET, creating=False).hint  # an update names its object anyway


# Holding it


def test_whoever_may_take_it_over_has_outwaited_us_and_our_helm(
    api: FakeKubernetes, clock: Time, held: ExitStack
) -> None:
    lock = taken(api, held)
    stamped = datetime.fromisoformat(lease(api)["spec"]["renewTime"])
    lost_after = None
    for _ in range(DURATION + 10):
        clock.advance(1)
        try:
            lock.check()
        except SupersededError:
            lost_after = lost_after or (api.now.moment - stamped).total_seconds()
        assert not (is_free(lease(api), api.now.moment) and lost_after is None)
    assert lost_after is not None
    # Others measure by leaseDurationSeconds; what they add to it is for clocks, and not for us to use.
    assert lost_after + HELM_ENDS <= lease(api)["spec"]["leaseDurationSeconds"] + 1


def test_the_time_that_the_taking_took_is_not_ours(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    api.script("POST", LEASES, lambda: clock.advance(20))
    lock = taken(api, held)
    clock.advance(8)
    with pytest.raises(SupersededError):
        lock.check()


def renewing(api: FakeKubernetes, holder: str = US) -> tuple[Lock, list[float]]:
    """A lock whose rounds of renewal come at once: the first, and then no more."""
    lock = Lock(api, LEASE, holder, threading.Event(), until=0.0)
    waits: list[float] = []

    class Rounds(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return len(waits) > 1

    lock.closed = Rounds()
    return lock, waits


def test_a_renewal_moves_the_end_for_others_and_for_us(api: FakeKubernetes, clock: Time) -> None:
    hold(api, 8, holder=US)
    before = lease(api)["spec"]
    lock, waits = renewing(api)
    lock.keep()
    after = lease(api)["spec"]
    assert datetime.fromisoformat(after["renewTime"]) == api.now.moment
    assert {**after, "renewTime": ""} == {**before, "renewTime": ""}
    assert clock.seconds < lock.until <= clock.seconds + DURATION - HELM_ENDS
    assert not lock.lost.is_set()
    assert waits[0] * 2 < DURATION - HELM_ENDS  # one renewal may fail


def test_the_time_that_a_renewal_took_is_not_ours(api: FakeKubernetes, clock: Time) -> None:
    hold(api, 8, holder=US)
    stamped = clock.seconds
    api.script("PUT", LEASE, lambda: clock.advance(10))
    lock, _ = renewing(api)
    lock.keep()
    assert lock.until <= stamped + DURATION - HELM_ENDS


@pytest.mark.parametrize("now", [OTHER, ""])
def test_a_lease_that_is_anothers_by_now_is_lost_and_not_taken_back(api: FakeKubernetes, clock: Time, now: str) -> None:
    hold(api, 0, holder=now)
    lock, _ = renewing(api)
    lock.keep()
    assert lock.lost.is_set()
    assert holder_of(lease(api)) == now
    assert api.written() == []


def test_a_lease_that_is_gone_is_lost(api: FakeKubernetes, clock: Time) -> None:
    lock, _ = renewing(api)
    lock.keep()
    assert lock.lost.is_set()


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_renewal_that_fails_moves_nothing_and_loses_nothing(api: FakeKubernetes, clock: Time, method: str) -> None:
    hold(api, 8, holder=US)
    api.script(method, LEASE, ApiFailure(503, "away"))
    lock, _ = renewing(api)
    lock.until = 1010.0
    lock.keep()
    assert (lock.until, lock.lost.is_set()) == (1010.0, False)


@pytest.mark.parametrize(("until", "lost"), [(999.0, True), (1001.0, False)])
def test_what_was_not_renewed_in_time_is_given_up(api: FakeKubernetes, clock: Time, until: float, lost: bool) -> None:
    lock, _ = renewing(api)
    lock.until = until
    lock.watch()
    assert lock.lost.is_set() is lost


def test_what_is_lost_stays_lost(api: FakeKubernetes, clock: Time, held: ExitStack) -> None:
    lock = taken(api, held)
    lock.lost.set()
    with pytest.raises(SupersededError) as error:
        lock.check()
    assert error.value.code == "LOCK_LOST"


# Giving it back


def test_it_is_given_back_at_the_end(api: FakeKubernetes, clock: Time) -> None:
    with ExitStack() as held:
        taken(api, held)
    assert is_free(lease(api), api.now.moment)
    assert holder_of(lease(api)) == ""


def test_it_is_given_back_when_the_work_fails(api: FakeKubernetes, clock: Time) -> None:
    def fail() -> None:
        with ExitStack() as held:
            taken(api, held)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert holder_of(lease(api)) == ""


def test_what_is_anothers_by_now_is_not_given_back(api: FakeKubernetes, clock: Time) -> None:
    with ExitStack() as held:
        taken(api, held)
        hold(api, 0)
    assert holder_of(lease(api)) == OTHER


@pytest.mark.parametrize("failure", [ApiFailure(0, "away"), ApiFailure(403, "no"), ApiFailure(409, "changed")])
def test_what_cannot_be_given_back_ends_by_itself(api: FakeKubernetes, clock: Time, failure: ApiFailure) -> None:
    with ExitStack() as held:
        taken(api, held)
        api.script("PUT", LEASE, failure)
    assert holder_of(lease(api)) == US


def test_a_run_that_never_had_it_gives_nothing_back(api: FakeKubernetes, clock: Time) -> None:
    hold(api, 0)
    api.script("GET", LEASE, *[lambda: hold(api, 0)] * 500)
    refused(api)
    assert holder_of(lease(api)) == OTHER


def test_two_holders_of_one_run_are_not_mistaken_for_each_other() -> None:
    assert holder_name("https://ci.example/runs/1") != holder_name("https://ci.example/runs/1")
    assert holder_name("https://ci.example/runs/1").startswith("https://ci.example/runs/1")
