"""The audit: one line for each deploy, whole or not at all, without a secret, and never the end of a deploy."""

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.act.deploy.audit import append_audit, audit_entry, check_audit, dead_entry, rollback_entry
from jetscale_cicd.errors import (
    ConfigurationError,
    DeployError,
    Interrupted,
    Stage6Error,
    SupersededError,
    VerificationError,
)
from jetscale_cicd.model.live import Deployed, NotDeployed, Revision
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Decision, Step, StepName, StepState
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.redact import Redactor
from tests.act.deploy.conftest import RUN, Around
from tests.support.helm_secret import ours, record, secret

NOBODY = Redactor.of(())


def refused(file: Path) -> str:
    with pytest.raises(ConfigurationError) as error:
        check_audit(file)
    return error.value.code


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


# The file


def test_entries_are_appended_a_line_each(tmp_path: Path) -> None:
    for number in range(3):
        append_audit(tmp_path / "audit", {"n": number, "text": "a\nb"}, NOBODY)
    assert [line["n"] for line in lines(tmp_path / "audit")] == [0, 1, 2]


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    append_audit(tmp_path / "audit", {}, NOBODY)
    assert (tmp_path / "audit").stat().st_mode & 0o077 == 0


def test_a_secret_is_not_written(tmp_path: Path) -> None:
    append_audit(tmp_path / "audit", {"message": "with s3cret-token"}, Redactor.of(["s3cret-token"]))
    assert "s3cret" not in (tmp_path / "audit").read_text()
    assert len(lines(tmp_path / "audit")) == 1


def test_lines_of_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    def write(name: str) -> None:
        for _ in range(50):
            append_audit(tmp_path / "audit", {"name": name, "text": name * 500}, NOBODY)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path / "audit")) == 200


def test_where_no_file_is_named_nothing_is_written(tmp_path: Path) -> None:
    append_audit(None, {}, NOBODY)
    check_audit(None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["audit", "new"])
def test_a_file_that_can_be_written_is_fine_before_and_after_it_is_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "audit").touch()
    check_audit(tmp_path / name)
    assert not (tmp_path / "new").exists()


def test_what_is_no_file_or_in_no_directory_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path, tmp_path / "pipe", tmp_path / "absent" / "audit"):
        assert refused(file) == "AUDIT_UNWRITABLE"


def test_a_disk_that_is_full_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError) as error:
        append_audit(Path("/dev/full"), {"a": 1}, NOBODY)
    assert error.value.code == "AUDIT_UNWRITABLE"


def test_a_pipe_that_nobody_reads_is_an_error_and_no_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError):
        append_audit(tmp_path / "pipe", {"a": 1}, NOBODY)


def test_an_entry_that_is_written_in_part_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(ConfigurationError) as error:
            append_audit(tmp_path / "pipe", {"a": "x" * (1 << 22)}, NOBODY)  # more than a pipe holds
    finally:
        os.close(reading)
    assert error.value.code == "AUDIT_UNWRITABLE"


# The entry of a run


def outcome(name: StepName, result: Result, error: Stage6Error | None = None, target: str = "live") -> StepOutcome:
    step = Step(name=name, state=StepState.NEEDED, why="", command="", target=target)
    return StepOutcome(step=step, result=result, detail="", error=error)


def entry(
    around: Around,
    outcomes: Iterable[StepOutcome],
    *,
    deploys: bool = True,
    live: object = NotDeployed(),
    made: tuple[int, int, int] = (0, 0, 0),
    records: dict[str, Deployed] | None = None,
) -> dict[str, Any]:
    """The entry of a run for one target, as it is written."""
    state = StepState.NEEDED if deploys else StepState.SATISFIED
    deploy = Step(name=StepName.DEPLOY, state=state, why="", command="", target="live")
    revision, rollback, to = made
    release = SimpleNamespace(made=SimpleNamespace(revision=revision, rollback=rollback, rollback_to=to))
    acting = SimpleNamespace(
        context=around,
        plan=SimpleNamespace(
            targets=(SimpleNamespace(target=around.target, live=live),), steps=(deploy,), decision=Decision.REDEPLOY
        ),
        records=records or {},
        record=lambda *_: record("0.3.0", "c"),
        outcomes=list(outcomes),
        held={"live": SimpleNamespace(release=release)},
    )
    written: dict[str, Any] = json.loads(json.dumps(audit_entry(cast("ActContext", acting), around.target)))
    return written


FAILED = DeployError("QUOTA", "no", where="w")
DONE = outcome(StepName.DEPLOY, Result.DONE)


@pytest.mark.parametrize(
    ("outcomes", "deploys", "made", "result"),
    [
        ([DONE, outcome(StepName.VERIFY, Result.DONE)], True, (2, 0, 0), "deployed"),
        ([outcome(StepName.DEPLOY, Result.FAILED, FAILED)], True, (2, 3, 1), "failed"),
        (
            [DONE, outcome(StepName.VERIFY, Result.FAILED, VerificationError("PROBE_ADDRESS", ""))],
            True,
            (2, 0, 0),
            "unverified",
        ),
        ([outcome(StepName.LOCK, Result.FAILED, SupersededError("LOCKED", ""))], True, (0, 0, 0), "superseded"),
        ([outcome(StepName.DEPLOY, Result.FAILED, Interrupted("INTERRUPTED", ""))], True, (2, 0, 0), "interrupted"),
        ([outcome(StepName.LOCK, Result.DONE)], True, (0, 0, 0), "interrupted"),
        ([outcome(StepName.RECOVER, Result.DONE)], False, (0, 4, 1), "rolled back"),
        ([outcome(StepName.VERIFY, Result.DONE)], False, (0, 0, 0), "verified"),
        ([outcome(StepName.RECOVER, Result.DONE)], False, (0, 0, 0), "mended"),
    ],
)
def test_how_a_run_ended_is_one_word(
    around: Around, outcomes: list[StepOutcome], deploys: bool, made: tuple[int, int, int], result: str
) -> None:
    assert entry(around, outcomes, deploys=deploys, made=made)["result"] == result


def test_an_entry_says_what_was_deployed_where_and_by_which_run(around: Around) -> None:
    tried = record("0.2.0", "b")
    written = entry(around, [DONE], records={"live": tried}, made=(2, 0, 0))
    assert (written["target"], written["namespace"], written["release"]) == ("live", "shop-prod", "app")
    assert (written["version"], written["commit"], written["run"]) == ("0.2.0", "b" * 40, RUN)
    assert (written["digest"], written["values"], written["revision"]) == ("sha256:b1", "sha256:b2", 2)
    assert (written["error"], written["rollback"], written["steps"]) == (None, None, {"deploy": "done"})
    assert written["schema"] == 1


def test_an_entry_of_a_failure_has_its_code_and_the_rollback(around: Around) -> None:
    written = entry(around, [outcome(StepName.DEPLOY, Result.FAILED, FAILED)], made=(2, 3, 1))
    assert written["error"] == {"code": "QUOTA", "message": "no", "where": "w"}
    assert written["rollback"] == {"revision": 3, "to": 1}


def test_what_another_target_did_is_none_of_this_ones(around: Around) -> None:
    other = outcome(StepName.DEPLOY, Result.FAILED, FAILED, target="other")
    written = entry(around, [DONE, other])
    assert (written["result"], written["error"], written["steps"]) == ("deployed", None, {"deploy": "done"})


def test_where_nothing_was_to_be_deployed_it_says_what_is(around: Around) -> None:
    live = Deployed(version="0.1.0", commit="", digest="", values_digest="", revision=Revision(number=7, status="x"))
    written = entry(around, [outcome(StepName.VERIFY, Result.DONE)], deploys=False, live=live)
    assert (written["version"], written["revision"], written["commit"]) == ("0.1.0", 7, None)


def test_where_something_was_deployed_it_says_that_and_not_what_was_there(around: Around) -> None:
    written = entry(around, [DONE], live=record(), records={"live": record("0.2.0", "b")}, made=(2, 0, 0))
    assert (written["version"], written["commit"]) == ("0.2.0", "b" * 40)


def test_before_anything_was_tried_it_says_what_was_to_be_deployed(around: Around) -> None:
    assert entry(around, [outcome(StepName.LOCK, Result.FAILED, FAILED)])["version"] == "0.3.0"


# Of those who cannot say so themselves


def test_a_dead_run_is_told_with_its_own_record_and_its_own_run(around: Around) -> None:
    dead = StoredRelease.decode(ours(3, "pending-upgrade", run="https://ci.example/runs/1"))
    written = dead_entry(around.surroundings, around.target, dead)
    assert (written["result"], written["revision"], written["run"]) == ("died", 3, "https://ci.example/runs/1")
    assert (written["version"], written["commit"]) == ("0.1.0", "a" * 40)


def test_a_dead_helm_outside_stage_6_is_told_with_its_version(around: Around) -> None:
    dead = StoredRelease.decode(secret(3, "pending-upgrade"))
    written = dead_entry(around.surroundings, around.target, dead)
    assert (written["version"], written["commit"], written["run"]) == ("0.1.0", None, None)


@pytest.mark.parametrize(
    ("error", "done", "result"), [(None, True, "rolled back"), (FAILED, False, "failed"), (None, False, "interrupted")]
)
def test_a_rollback_is_told_with_where_it_went(
    around: Around, error: Stage6Error | None, done: bool, result: str
) -> None:
    written = rollback_entry(around.surroundings, around.target, record(), 4, error, done=done)
    assert (written["decision"], written["to"], written["result"]) == ("rollback", 4, result)
