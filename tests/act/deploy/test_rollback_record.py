"""The audit entry of `rollback`: written under the lock, whatever ended the rollback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.act.deploy.audit import report_rollback
from jetscale_cicd.act.deploy.rollback import roll_back
from jetscale_cicd.errors import Interrupted, Stage6Error
from jetscale_cicd.observe.cluster.lease import holder_of
from jetscale_cicd.tools.process import Finished
from tests.act.deploy.conftest import LEASE, RUN, Around
from tests.support.helm_secret import ours, record


@pytest.fixture
def around(tmp_path: Path) -> Around:
    """The second of two deploys is live."""
    around = Around(audit=tmp_path / "audit")
    around.release.add(1, ours(1, "superseded"))
    around.release.add(2, ours(2, record=record("0.2.0", "b")))
    return around


def entries(around: Around) -> list[dict[str, Any]]:
    assert around.audit
    return [json.loads(line) for line in around.audit.read_text().splitlines()] if around.audit.exists() else []


def holder(around: Around) -> str:
    """Who holds the lock; "" where nobody does."""
    lease = around.api.objects[LEASE]
    return holder_of(lease) if lease else ""


def raises(error: BaseException) -> Callable[[], Finished]:
    """An end of helm that is an exception."""

    def end() -> Finished:
        raise error

    return end


def test_the_entry_is_written_while_the_lock_is_held(around: Around, monkeypatch: pytest.MonkeyPatch) -> None:
    holders: list[str] = []

    def reported(*arguments: Any) -> None:
        holders.append(holder(around))
        report_rollback(*arguments)

    monkeypatch.setattr("jetscale_cicd.act.deploy.rollback.report_rollback", reported)
    roll_back(around.context, around.target, None)
    assert [each.startswith(RUN) for each in holders] == [True]
    assert holder(around) == ""
    assert [(each["result"], each["revision"], each["error"]) for each in entries(around)] == [("rolled back", 3, None)]


def test_a_rollback_that_a_local_error_ends_is_recorded(around: Around) -> None:
    around.release.rollback_ends = raises(OSError("no helm"))
    with pytest.raises(OSError, match="no helm"):
        roll_back(around.context, around.target, None)
    assert [(each["decision"], each["to"], each["result"]) for each in entries(around)] == [("rollback", 1, "failed")]
    assert holder(around) == ""


def test_an_interrupted_rollback_is_recorded_as_interrupted(around: Around) -> None:
    around.release.rollback_ends = raises(KeyboardInterrupt())
    with pytest.raises(Interrupted):
        roll_back(around.context, around.target, None)
    assert [(each["result"], each["error"]["code"]) for each in entries(around)] == [("interrupted", "INTERRUPTED")]
    assert holder(around) == ""


def test_a_rollback_is_recorded_where_the_release_of_the_lock_is_interrupted(around: Around) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    def at_release() -> Finished:
        """From here on the Lease is read next when it is released, unless it is renewed, which is later."""
        around.api.script("GET", LEASE, interrupt)
        return Finished("helm", 0, b"", "", "")

    around.release.rollback_ends = at_release
    with pytest.raises(KeyboardInterrupt):
        roll_back(around.context, around.target, None)
    assert [(each["result"], each["revision"]) for each in entries(around)] == [("rolled back", 3)]
    assert holder(around) == ""


def test_a_rollback_that_was_refused_before_it_began_has_no_entry(around: Around) -> None:
    around.cluster = False
    with pytest.raises(Stage6Error, match="no cluster"):
        roll_back(around.context, around.target, None)
    assert entries(around) == []
