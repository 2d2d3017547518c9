"""The audit: one line for each deploy, whole or not at all, without a secret, and never the end of a deploy."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jetscale_cicd.act.context import ActContext
from jetscale_cicd.act.deploy.audit import audit_entry, report_interrupted, rollback_entry
from jetscale_cicd.errors import DeployError, Interrupted, Stage6Error, SupersededError, VerificationError
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, Revision
from jetscale_cicd.model.outcome import Result, StepOutcome
from jetscale_cicd.model.plan import Decision, TargetDecision, TargetPlan
from jetscale_cicd.model.revisions import NewRevisions
from jetscale_cicd.model.rollback import RollbackOutcome
from jetscale_cicd.model.step import Step, StepName, StepState
from tests.act.deploy.conftest import RUN, Around
from tests.support.helm_secret import record

HEAD = "c" * 40
ABSENT, NONE = NotDeployed(), NewRevisions()
REVISION = Revision(number=3, status="pending-upgrade")

# The entry of a run


def outcome(name: StepName, result: Result, error: Stage6Error | None = None, target: str = "live") -> StepOutcome:
    step = Step(name=name, state=StepState.NEEDED, why="", command="", target=target)
    return StepOutcome(step=step, result=result, detail="", error=error)


@dataclass
class Done:
    """A session of which only what it did is asked."""

    revisions: NewRevisions
    attempted: Deployed | None


def entry(
    around: Around,
    outcomes: Iterable[StepOutcome],
    *,
    deploys: bool = True,
    live: LiveState = ABSENT,
    made: NewRevisions = NONE,
    attempted: Deployed | None = None,
) -> dict[str, Any]:
    """The entry of a run for one target, as it is written."""
    decided = TargetDecision(
        target=around.target, decision=Decision.REDEPLOY, reasons=(), compared=Comparison(None, HEAD, ""), live=live
    )
    each = TargetPlan(decided=decided)
    acting = SimpleNamespace(
        context=around,
        plan=SimpleNamespace(
            deployed_targets=(around.target,) if deploys else (), decision=Decision.REDEPLOY, head=HEAD
        ),
        release=SimpleNamespace(version="0.3.0"),
        values={"live": SimpleNamespace(digest="sha256:v")},
        outcomes=list(outcomes),
        sessions={"live": Done(made, attempted)},
    )
    written: dict[str, Any] = json.loads(json.dumps(audit_entry(cast("ActContext", acting), each)))
    return written


FAILED = DeployError("QUOTA", "no", where="w")
DONE = outcome(StepName.DEPLOY, Result.DONE)


@pytest.mark.parametrize(
    ("outcomes", "deploys", "made", "result"),
    [
        ([DONE, outcome(StepName.VERIFY, Result.DONE)], True, NewRevisions(2), "deployed"),
        ([outcome(StepName.DEPLOY, Result.FAILED, FAILED)], True, NewRevisions(2, 3, 1), "failed"),
        (
            [DONE, outcome(StepName.VERIFY, Result.FAILED, VerificationError("PROBE_ADDRESS", ""))],
            True,
            NewRevisions(2),
            "unverified",
        ),
        (
            [outcome(StepName.LOCK, Result.FAILED, SupersededError("LOCKED", ""))],
            True,
            NONE,
            "superseded",
        ),
        (
            [outcome(StepName.DEPLOY, Result.FAILED, Interrupted("INTERRUPTED", ""))],
            True,
            NewRevisions(2),
            "interrupted",
        ),
        ([outcome(StepName.LOCK, Result.DONE)], True, NONE, "interrupted"),
        ([outcome(StepName.RECOVER, Result.DONE)], False, NewRevisions(None, 4, 1), "rolled back"),
        ([outcome(StepName.VERIFY, Result.DONE)], False, NONE, "verified"),
        ([outcome(StepName.RECOVER, Result.DONE)], False, NONE, "mended"),
    ],
)
def test_how_a_run_ended_is_one_word(
    around: Around, outcomes: list[StepOutcome], deploys: bool, made: NewRevisions, result: str
) -> None:
    assert entry(around, outcomes, deploys=deploys, made=made)["result"] == result


def test_an_entry_says_what_was_deployed_where_and_by_which_run(around: Around) -> None:
    tried = record("0.2.0", "b")
    written = entry(around, [DONE], attempted=tried, made=NewRevisions(2))
    assert (written["target"], written["namespace"], written["release"]) == ("live", "shop-prod", "app")
    assert (written["version"], written["commit"], written["run"]) == ("0.2.0", "b" * 40, RUN)
    assert (written["digest"], written["values"], written["revision"]) == ("sha256:b1", "sha256:b2", 2)
    assert (written["error"], written["rollback"], written["steps"]) == (None, None, {"deploy": "done"})
    assert written["schema"] == 1


def test_an_entry_of_a_failure_has_its_code_and_the_rollback(around: Around) -> None:
    written = entry(around, [outcome(StepName.DEPLOY, Result.FAILED, FAILED)], made=NewRevisions(2, 3, 1))
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
    written = entry(around, [DONE], live=record(), attempted=record("0.2.0", "b"), made=NewRevisions(2))
    assert (written["version"], written["commit"]) == ("0.2.0", "b" * 40)


def test_before_anything_was_tried_it_says_what_was_to_be_deployed(around: Around) -> None:
    assert entry(around, [outcome(StepName.LOCK, Result.FAILED, FAILED)])["version"] == "0.3.0"


# What others report


@pytest.mark.parametrize("run", ["https://ci.example/runs/1", ""])
def test_an_interrupted_run_is_reported_with_its_own_record_and_its_own_run(tmp_path: Path, run: str) -> None:
    around = Around(audit=tmp_path / "audit")
    report_interrupted(around.context, around.target, replace(record(), revision=REVISION), run)
    (written,) = [json.loads(line) for line in (tmp_path / "audit").read_text().splitlines()]
    assert (written["result"], written["revision"], written["run"]) == ("died", 3, run or None)
    assert (written["version"], written["commit"]) == ("0.1.0", "a" * 40)


def test_an_audit_that_cannot_be_written_keeps_no_deploy_back(tmp_path: Path) -> None:
    around = Around(audit=tmp_path / "absent" / "audit")
    report_interrupted(around.context, around.target, replace(record(), revision=REVISION), "")
    assert len(around.announced) == 1


@pytest.mark.parametrize(
    ("after", "error", "result"),
    [
        (record(), None, "rolled back"),
        (None, FAILED, "failed"),
        (None, Interrupted("INTERRUPTED", ""), "interrupted"),
    ],
)
def test_a_rollback_is_reported_with_the_revision_that_was_to_be_brought_back(
    around: Around, after: Deployed | None, error: Stage6Error | None, result: str
) -> None:
    outcome = RollbackOutcome(before=record(), to=4, after=after, error=error)
    written = rollback_entry(around.context, around.target, outcome)
    assert (written["decision"], written["to"], written["result"]) == ("rollback", 4, result)
