"""A status that changes: the lines that did for people, a document a line for programs, and no more for nobody."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.cli.output import Output
from jetscale_cicd.cli.watching import Watching
from jetscale_cicd.model.status import Differences, Drift, Status
from jetscale_cicd.report.results import StatusResult
from tests.report.samples import HEALTHY, SEEN, STATUSES

DRIFT = Drift(
    subject="Deployment web", path="spec.replicas", live="4", wanted="1", by="kubectl", at="2026-03-01T03:00:00Z"
)


def status(*drift: Drift) -> Status:
    """Of two targets, the second with a drift."""
    first = replace(SEEN, differences=Differences())
    return replace(STATUSES["present"], targets=(first, replace(HEALTHY, differences=Differences(drift=drift))))


def shown(form: str, *statuses: Status) -> None:
    watching = Watching(Output.for_process(form))
    for each in statuses:
        following = watching.show(StatusResult(each))
        assert following is not None
        watching = following


def test_people_get_the_whole_and_then_what_changed_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    shown("text", status(), status())
    whole = capsys.readouterr().out
    assert whole.startswith("head ")
    shown("text", status(), status(DRIFT), status(DRIFT), status())
    lines = [line.partition(" ") for line in capsys.readouterr().out.removeprefix(whole).splitlines()]
    assert all(len(time) == len("03:00:00") for time, _, _ in lines)
    drifted, back = (line for _, _, line in lines)
    at = "changed by kubectl at 2026-03-01T03:00:00Z"
    assert drifted == f"{HEALTHY.target.name}: drift: Deployment web spec.replicas is 4, the release sets 1: {at}"
    assert back.startswith(f"{HEALTHY.target.name}: no drift: ")


def test_what_is_no_more_is_said_where_nothing_came_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(DRIFT, path="spec.paused")
    shown("text", status(DRIFT, other), status(DRIFT))
    last = capsys.readouterr().out.splitlines()[-1]
    assert "no more: drift: Deployment web spec.paused" in last


def test_programs_get_a_document_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    shown("json", status(), status(), status(DRIFT))
    lines = capsys.readouterr().out.splitlines()
    assert [len(json.loads(line)["targets"][1]["drift"]) for line in lines] == [0, 1]


@pytest.mark.parametrize("form", ["text", "json"])
def test_it_ends_where_nobody_reads_any_more(form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        monkeypatch.setattr(sys, "stdout", nobody)
        assert Watching(Output.for_process(form)).show(StatusResult(status())) is None
