"""Upgrade and rollback by helm: which revision is whose, and what happens to one that failed."""

from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.engines.helm.rollback import HelmRollback, error_of
from jetscale_cicd.engines.helm.rollback import roll_back as roll_back_release
from jetscale_cicd.engines.helm.upgrade import upgrade as upgrade_release
from jetscale_cicd.errors import DeployError, Interrupted, SupersededError
from jetscale_cicd.model.revision import RevisionRecord, RevisionState, RollbackCause, RollbackRecord
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure
from jetscale_cicd.tools.process import Finished, ProcessTimeout
from tests.engines.helm.conftest import DEPLOY, RECORD, Stage
from tests.support.fake_helm import failed
from tests.support.helm_secret import SECRETS, ours, path_of, rolled_back, secret

REFUSED = failed('UPGRADE FAILED: services "web" is forbidden: exceeded quota: q')


def upgrade(stage: Stage, **target: Any) -> int:
    return upgrade_release(stage.engine(**target), Path("chart.tgz"), (), RECORD, DEPLOY)


def roll_back(stage: Stage, to: int) -> HelmRollback:
    return roll_back_release(stage.engine(), RollbackRecord(of=2, to=to, cause=RollbackCause.REQUESTED))


def kept_record(stage: Stage, number: int) -> RevisionRecord | None:
    return record_of(StoredRelease.decode(stage.release.kept(number)).revision)


def state(stage: Stage, number: int) -> tuple[RevisionState, str] | None:
    made = kept_record(stage, number)
    return (made.state, made.code) if made else None


def upgrade_failed(stage: Stage, **target: Any) -> DeployError:
    with pytest.raises(DeployError) as error:
        upgrade(stage, **target)
    return error.value


def test_the_new_revision_is_the_one_of_this_deploy(stage: Stage) -> None:
    stage.release.add(1, ours(1))
    assert upgrade(stage) == 2
    assert stage.release.status(2) == "deployed"
    assert state(stage, 2) == (RevisionState.UNVERIFIED, "")


def test_what_came_after_it_meanwhile_ends_the_run(stage: Stage) -> None:
    stage.release.add(1, ours(1))

    def another() -> Finished:
        stage.release.add(3, secret(3, config=stage.release.config))  # with our values, so that it says it is ours
        return Finished("helm", 0, b"", "", "")

    stage.release.upgrade_ends = another
    with pytest.raises(SupersededError) as error:
        upgrade(stage)
    assert error.value.code == "RELEASE_MOVED"


@pytest.mark.parametrize("end", ["refused", "late"])
def test_a_deploy_that_fails_brings_the_newest_good_revision_back(stage: Stage, end: str) -> None:
    def late() -> Finished:
        raise ProcessTimeout("helm did not end within 5 s")

    stage.release.add(1, ours(1, "superseded"))
    stage.release.add(2, ours(2))
    stage.release.upgrade_ends = REFUSED if end == "refused" else late
    error = upgrade_failed(stage)
    assert error.code == ("QUOTA" if end == "refused" else "TIMEOUT")
    assert stage.release.calls == [("upgrade", 0), ("rollback", 2)]
    assert [stage.release.status(number) for number in (3, 4)] == ["failed", "deployed"]
    assert state(stage, 3) == (RevisionState.FAILED, error.code)
    made = kept_record(stage, 4)
    assert made
    assert made.rollback == RollbackRecord(of=3, to=2, cause=RollbackCause.FAILED_DEPLOY, code=error.code)


def test_with_rollback_off_what_failed_is_left_to_be_seen(stage: Stage) -> None:
    stage.release.add(1, ours(1))
    stage.release.upgrade_ends = REFUSED
    error = upgrade_failed(stage, rollback=False)
    assert error.code == "QUOTA"
    assert stage.release.calls == [("upgrade", 0)]
    assert stage.release.numbers() == [1, 2]


def test_a_first_deploy_that_fails_has_nothing_to_go_back_to(stage: Stage) -> None:
    stage.release.upgrade_ends = REFUSED
    assert upgrade_failed(stage).code == "QUOTA"
    assert stage.release.calls == [("upgrade", 0)]
    assert stage.release.status(1) == "failed"


@pytest.mark.parametrize(
    "never_good", [{"status": "failed"}, {"status": "superseded", "deleted": "2026-01-01T11:30:00Z"}]
)
def test_what_was_never_good_is_not_gone_back_to(stage: Stage, never_good: dict[str, str]) -> None:
    stage.release.add(1, ours(1, never_good.pop("status"), **never_good))
    stage.release.upgrade_ends = REFUSED
    upgrade_failed(stage)
    assert stage.release.calls == [("upgrade", 0)]


def test_what_helm_refused_before_it_began_leaves_the_release_alone(stage: Stage) -> None:
    stage.release.add(1, ours(1))
    stage.release.begins, stage.release.upgrade_ends = False, REFUSED
    assert upgrade_failed(stage).code == "QUOTA"
    assert stage.release.calls == [("upgrade", 0)]
    assert stage.api.written() == []


def test_what_came_after_a_failure_is_not_rolled_back(stage: Stage) -> None:
    stage.release.add(1, ours(1))

    def another() -> Finished:
        stage.release.add(3, secret(3))
        return REFUSED

    stage.release.upgrade_ends = another
    assert upgrade_failed(stage).code == "QUOTA"
    assert stage.release.calls == [("upgrade", 0)]
    assert stage.release.status(3) == "deployed"


def test_a_rollback_that_fails_too_does_not_hide_why_the_deploy_failed(stage: Stage) -> None:
    stage.release.add(1, ours(1))
    stage.release.upgrade_ends = REFUSED
    stage.release.rollback_ends = failed("ROLLBACK FAILED: timed out waiting for the condition")
    assert upgrade_failed(stage).code == "QUOTA"
    assert [stage.release.status(number) for number in (2, 3)] == ["failed", "failed"]
    assert [state(stage, number) for number in (2, 3)] == [
        (RevisionState.FAILED, "QUOTA"),
        (RevisionState.FAILED, "TIMEOUT"),
    ]


def test_a_revision_that_a_killed_helm_left_pending_is_marked_failed(stage: Stage) -> None:
    def late() -> Finished:
        raise ProcessTimeout("helm did not end within 5 s")

    stage.release.upgrade_ends = late
    upgrade_failed(stage)
    assert stage.release.status(1) == "failed"


def test_a_deploy_that_is_interrupted_is_marked_failed_and_not_rolled_back(stage: Stage) -> None:
    def interrupted() -> Finished:
        raise KeyboardInterrupt

    stage.release.add(1, ours(1))
    stage.release.upgrade_ends = interrupted
    with pytest.raises(Interrupted):
        upgrade(stage)
    assert stage.release.calls == [("upgrade", 0)]
    assert stage.release.status(2) == "failed"
    assert state(stage, 2) == (RevisionState.INTERRUPTED, "")


def test_a_lock_that_was_lost_is_the_error_and_nothing_is_rolled_back(stage: Stage) -> None:
    lost = SupersededError("LOCK_LOST", "lost")

    def stopped() -> Finished:
        def check() -> None:
            raise lost

        stage.check = check
        return REFUSED

    stage.release.add(1, ours(1))
    stage.release.upgrade_ends = stopped
    with pytest.raises(SupersededError) as error:
        upgrade(stage)
    assert error.value is lost
    assert stage.release.calls == [("upgrade", 0)]


def test_without_the_lock_nothing_is_begun(stage: Stage) -> None:
    def check() -> None:
        raise SupersededError("LOCK_LOST", "lost")

    stage.check = check
    with pytest.raises(SupersededError):
        upgrade(stage)
    with pytest.raises(SupersededError):
        roll_back(stage, 1)
    assert stage.release.calls == []


def test_a_server_that_stops_answering_is_the_cause_that_is_told(stage: Stage) -> None:
    stage.release.add(1, ours(1))

    def away() -> Finished:
        stage.api.script("LIST", SECRETS, *[ApiFailure(0, "no answer")] * 9)
        return failed("UPGRADE FAILED: timed out")

    stage.release.upgrade_ends = away
    assert upgrade_failed(stage).code == "API_UNREACHABLE"


# Rollbacks


def test_a_rollback_gives_its_revision(stage: Stage) -> None:
    stage.release.add(1, ours(1, "superseded"))
    stage.release.add(2, ours(2))
    assert roll_back(stage, 1) == HelmRollback(to=1, revision=3)
    made = kept_record(stage, 3)
    assert made
    assert made.state is RevisionState.ROLLBACK
    assert made.rollback == RollbackRecord(of=2, to=1, cause=RollbackCause.REQUESTED)


def test_a_rollback_that_fails_is_marked_and_told(stage: Stage) -> None:
    stage.release.add(1, ours(1, "superseded"))
    stage.release.add(2, ours(2))
    stage.release.rollback_ends = failed("ROLLBACK FAILED: services is forbidden: exceeded quota: q")
    outcome = roll_back(stage, 1)
    assert outcome.diagnosis
    assert (outcome.to, outcome.revision, outcome.diagnosis.code) == (1, 3, "QUOTA")
    error = error_of(stage.engine(), outcome)
    assert error
    assert error.code == "QUOTA"
    assert stage.release.status(3) == "failed"
    assert state(stage, 3) == (RevisionState.FAILED, "QUOTA")


def test_what_came_after_a_rollback_ends_the_run(stage: Stage) -> None:
    stage.release.add(1, ours(1, "superseded"))
    stage.release.add(2, ours(2))

    def another() -> Finished:
        stage.release.add(4, rolled_back(4, 1, stage.release.kept(1)))
        return Finished("helm", 0, b"", "", "")

    stage.release.rollback_ends = another
    with pytest.raises(SupersededError) as error:
        roll_back(stage, 1)
    assert error.value.code == "RELEASE_MOVED"


# Secret values


def test_secret_values_are_taken_out_of_every_revision_that_is_not_under_way(stage: Stage) -> None:
    for number, status in enumerate(("superseded", "deployed", "pending-upgrade"), 1):
        stage.release.add(number, secret(number, status, config={"db": {"password": "p"}, "size": number}))
    stage.engine(secrets={"db.password": "PASSWORD"}).hide_secrets()
    kept = [stage.release.content(number)["config"] for number in (1, 2, 3)]
    assert [each["db"]["password"] == "p" for each in kept] == [False, False, True]
    assert [each["size"] for each in kept] == [1, 2, 3]


def test_revisions_that_hold_no_secret_value_are_not_written(stage: Stage) -> None:
    stage.release.add(1, secret(1, config={"size": 1}))
    stage.engine(secrets={"db.password": "PASSWORD"}).hide_secrets()
    stage.engine().hide_secrets()
    assert stage.api.written() == []


def test_without_the_lock_nothing_is_taken_out(stage: Stage) -> None:
    stage.release.add(1, secret(1, config={"db": {"password": "p"}}))
    stage.stop.set()
    stage.engine(secrets={"db.password": "PASSWORD"}).hide_secrets()
    assert stage.api.written() == []


def test_a_record_that_cannot_be_written_stops_nothing(stage: Stage) -> None:
    stage.release.add(1, ours(1))
    stage.api.script("PUT", path_of(1), ApiFailure(403, "no"))
    stage.engine().write_record(1, RevisionRecord(revision=1, state=RevisionState.VERIFIED))
    assert len(stage.announced) == 1
