"""What a run that died left: which revision is nobody's any more, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.deploy_record import record_values
from jetscale_cicd.engines.helm import outside
from jetscale_cicd.engines.helm import recover as module
from jetscale_cicd.engines.helm.recover import Recovered, before_attempt, recover
from jetscale_cicd.errors import CannotTellError, DeployError, PreconditionError, Stage6Error, SupersededError
from jetscale_cicd.model.revision import RevisionState
from jetscale_cicd.tools.kubernetes import ApiFailure
from tests.engines.helm.conftest import Stage, waits_of
from tests.support.helm_secret import Object, ours, path_of, record, rolled_back, secret

SERVICES = "/api/v1/namespaces/shop-prod/services"
TIMEOUT = 5


def recovered(stage: Stage, *, finish: bool = False, inherited: bool = False, **target: Any) -> Recovered:
    dead: list[int] = []
    done = recover(
        stage.engine(inherited=inherited, timeout=TIMEOUT, **target),
        finish=finish,
        report=lambda stored: dead.append(stored.number),
    )
    stage.announced.append(f"died: {dead}")
    return done


def begun(stage: Stage, ago: float) -> str:
    return (stage.api.now.moment - timedelta(seconds=ago)).isoformat()


def waited(stage: Stage, monkeypatch: pytest.MonkeyPatch, **options: bool) -> float:
    """Seconds that a helm outside Stage 6 is waited for before its revision counts as dead."""
    before = stage.api.now.moment

    def passes(seconds: float) -> None:
        assert stage.api.written() == []
        stage.api.now.moment += timedelta(seconds=seconds)

    monkeypatch.setattr(outside, "pause", passes)
    recovered(stage, **options)
    return (stage.api.now.moment - before).total_seconds()


@pytest.mark.parametrize("statuses", [(), ("deployed",), ("failed",), ("superseded", "deployed")])
def test_where_nothing_is_pending_nothing_is_written(stage: Stage, statuses: tuple[str, ...]) -> None:
    for number, status in enumerate(statuses, 1):
        stage.release.add(number, ours(number, status))
    assert recovered(stage).rolled_back is None
    assert (stage.api.written(), stage.announced) == ([], ["died: []"])


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade"])
def test_a_revision_of_a_run_of_ours_is_marked_failed_at_once(stage: Stage, status: str) -> None:
    stage.release.add(1, ours(1))
    stage.release.add(2, ours(2, status, written=begun(stage, 0)))
    recovered(stage)
    assert [stage.release.status(number) for number in (1, 2)] == ["deployed", "failed"]
    assert stage.announced[-1] == "died: [2]"


@pytest.mark.parametrize(("ago", "seconds"), [(0, TIMEOUT), (TIMEOUT - 1, 1), (TIMEOUT + 1, 0)])
def test_a_helm_outside_stage_6_is_given_its_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, ago: float, seconds: float
) -> None:
    stage.release.add(1, secret(1, "pending-upgrade", written=begun(stage, ago)))
    assert seconds <= waited(stage, monkeypatch) <= seconds + 2
    assert stage.release.status(1) == "failed"


def test_the_clock_of_a_persons_machine_decides_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = begun(stage, 3600)
    stage.release.add(1, secret(1, "pending-upgrade", written=begun(stage, 1), last_deployed=behind))
    assert waited(stage, monkeypatch) >= TIMEOUT - 1


@pytest.mark.parametrize("becomes", ["deployed", "failed", ""])
def test_a_helm_that_ends_meanwhile_is_not_dead(stage: Stage, monkeypatch: pytest.MonkeyPatch, becomes: str) -> None:
    def ends(_: float) -> None:
        if becomes:
            stage.release.add(1, secret(1, becomes))
        else:
            stage.api.put(path_of(1), None)

    stage.release.add(1, secret(1, "pending-upgrade", written=begun(stage, 1)))
    monkeypatch.setattr(outside, "pause", ends)
    with pytest.raises(SupersededError) as error:
        recovered(stage)
    assert (error.value.code, error.value.replan, stage.api.written()) == ("RELEASE_MOVED", True, [])


def test_values_of_an_earlier_deploy_are_no_sign_of_a_run_of_ours(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.release.add(1, ours(1, deploy="first"))
    reused = record_values(record(), "", "first")
    stage.release.add(2, secret(2, "pending-upgrade", config=reused, written=begun(stage, 1)))
    assert waited(stage, monkeypatch) > 0


def test_a_rollback_to_what_helm_no_longer_keeps_is_no_sign_of_a_run_of_ours(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = rolled_back(3, 1, ours(1), "pending-rollback", written=begun(stage, 1))
    stage.release.add(2, ours(2))
    stage.release.add(3, pending)
    assert waited(stage, monkeypatch) > 0


def test_where_the_locks_last_holder_died_what_is_pending_is_its(stage: Stage) -> None:
    stage.release.add(1, secret(1, "pending-upgrade", written=begun(stage, 1)))
    recovered(stage, inherited=True)
    assert stage.release.status(1) == "failed"


def test_no_run_of_ours_uninstalls(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.release.add(1, ours(1, "uninstalling", written=begun(stage, 1)))
    assert waited(stage, monkeypatch, inherited=True) > 0


def test_an_uninstallation_that_died_is_marked_failed_and_no_deploy_is_called_dead(stage: Stage) -> None:
    stage.release.add(1, ours(1, "uninstalling", written=begun(stage, TIMEOUT + 1)))
    recovered(stage)
    assert (stage.release.status(1), stage.announced[-1]) == ("failed", "died: []")


def test_a_revision_whose_time_nobody_can_read_is_as_old_as_it_needs_to_be(stage: Stage) -> None:
    stage.release.add(1, secret(1, "pending-upgrade", written="yesterday"))
    recovered(stage)
    assert stage.release.status(1) == "failed"


@pytest.mark.parametrize(
    ("newest", "died"),
    [
        (ours(2, "failed"), "[2]"),
        (ours(2, "deployed", state=RevisionState.UNVERIFIED), "[2]"),
        (ours(2, "deployed"), "[]"),
        (secret(2, "failed"), "[]"),
    ],
)
@pytest.mark.parametrize("inherited", [True, False])
def test_a_run_that_died_after_its_helm_had_ended_is_reported(
    stage: Stage, newest: Object, died: str, inherited: bool
) -> None:
    stage.release.add(1, ours(1, "superseded"))
    stage.release.add(2, newest)
    recovered(stage, inherited=inherited)
    assert stage.announced[-1] == f"died: {died if inherited else []}"


def test_a_run_that_died_while_it_took_its_deploy_back_is_reported_with_both(stage: Stage) -> None:
    first = ours(1, "superseded")
    stage.release.add(1, first)
    stage.release.add(2, ours(2, "failed"))
    stage.release.add(3, rolled_back(3, 1, first, "pending-rollback"))
    recovered(stage, inherited=True)
    assert stage.announced[-1] == "died: [3, 2]"


def test_a_lock_that_is_lost_meanwhile_stops_it_before_anything_is_written(stage: Stage) -> None:
    def check() -> None:
        raise SupersededError("LOCK_LOST", "lost")

    stage.release.add(1, ours(1, "pending-upgrade"))
    stage.check = check
    with pytest.raises(SupersededError):
        recovered(stage)
    assert stage.api.written() == []


# Rollbacks that did not end


def died_rolling_back(stage: Stage, status: str = "pending-rollback") -> Object:
    """The first revision was good, the second was taken back, the third did not end."""
    first = ours(1, "superseded")
    stage.release.add(1, first)
    stage.release.add(2, ours(2, "deployed" if status.startswith("pending") else "superseded"))
    stage.release.add(3, rolled_back(3, 1, first, status))
    return first


@pytest.mark.parametrize("status", ["pending-rollback", "failed"])
def test_a_rollback_that_did_not_end_is_brought_to_its_end(stage: Stage, status: str) -> None:
    died_rolling_back(stage, status)
    assert recovered(stage, finish=True, inherited=True).rolled_back == 4
    assert stage.release.calls == [("rollback", 1)]
    assert [stage.release.status(number) for number in (3, 4)] == ["failed", "deployed"]


def test_a_rollback_is_not_brought_to_its_end_where_something_new_comes(stage: Stage) -> None:
    died_rolling_back(stage)
    assert recovered(stage, inherited=True).rolled_back is None
    assert (stage.release.calls, stage.release.status(3)) == ([], "failed")


def test_a_rollback_that_ended_is_left_alone(stage: Stage) -> None:
    died_rolling_back(stage, "deployed")
    assert recovered(stage, finish=True).rolled_back is None
    assert stage.release.calls == []


def test_a_rollback_to_nobody_knows_where_without_anything_good_before_it_is_refused(stage: Stage) -> None:
    stage.release.add(1, ours(1, "failed"))
    helm3 = {"description": 'Release "app" failed: timed out', "first_deployed": "2026-01-01T09:00:00Z"}
    stage.release.add(2, secret(2, "failed", **helm3))
    with pytest.raises(PreconditionError) as error:
        recovered(stage, finish=True)
    assert error.value.code == "NOTHING_TO_ROLL_BACK"


@pytest.mark.parametrize(
    ("revisions", "before"),
    [("ddb", 1), ("dddbb", 2), ("dbdb", 2), ("b", 0), ("bb", 0)],
)
def test_what_a_rollback_took_back_is_the_newest_that_is_none_itself(stage: Stage, revisions: str, before: int) -> None:
    """``d`` is a deploy and ``b`` is a rollback to the first revision."""
    first = 1 if revisions[0] == "d" else 2  # Helm no longer keeps what was deployed first
    for number, kind in enumerate(revisions, first):
        made = ours(number, "superseded") if kind == "d" else rolled_back(number, 1, ours(1), "superseded")
        stage.release.add(number, made)
    assert before_attempt(stage.engine(), first + len(revisions) - 1) == before


# Secrets, and Services on their way out


def test_secret_values_that_a_dead_run_left_are_taken_out(stage: Stage) -> None:
    stage.release.add(1, ours(1, config={"token": "t"}))
    recovered(stage, secrets={"token": "TOKEN"})
    assert stage.release.content(1)["config"]["token"] != "t"


def service(stage: Stage, *, release: str = "app", leaving: bool = True) -> None:
    metadata: Object = {"annotations": {"meta.helm.sh/release-name": release}, "finalizers": ["example.com/lb"]}
    stage.api.put(f"{SERVICES}/web", {"metadata": {**metadata, **({"deletionTimestamp": "t"} if leaving else {})}})


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_of(module, monkeypatch)


def test_a_service_that_is_being_deleted_is_waited_for(stage: Stage, seconds: list[float]) -> None:
    service(stage)
    stage.api.script("LIST", SERVICES, *[lambda: None] * 3, lambda: stage.api.put(f"{SERVICES}/web", None))
    recovered(stage)
    assert len(seconds) == 3


def test_a_service_that_does_not_go_is_an_error(stage: Stage, seconds: list[float]) -> None:
    service(stage)
    with pytest.raises(DeployError) as error:
        recovered(stage)
    assert error.value.code == "OBJECT_TERMINATING"
    assert TIMEOUT < sum(seconds) < TIMEOUT + 2


@pytest.mark.parametrize("other", [{"release": "other"}, {"leaving": False}])
def test_other_services_are_not_waited_for(stage: Stage, seconds: list[float], other: dict[str, object]) -> None:
    service(stage, **other)  # type: ignore[arg-type]
    recovered(stage)
    assert seconds == []


def test_whoever_may_not_list_services_does_not_wait_for_them(stage: Stage) -> None:
    stage.api.script("LIST", SERVICES, ApiFailure(403, "no"))
    recovered(stage)


def test_a_server_that_does_not_answer_is_no_sign_that_none_is_there(stage: Stage) -> None:
    stage.api.script("LIST", SERVICES, ApiFailure(503, "away"))
    with pytest.raises(Stage6Error) as error:
        recovered(stage)
    assert isinstance(error.value, CannotTellError)
