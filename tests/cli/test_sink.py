"""The sink: one call shows a result everywhere, and gives the exit status."""

import io
import json
from pathlib import Path

import pytest

from jetscale_cicd.cli.output import Output
from jetscale_cicd.cli.screen import Screen
from jetscale_cicd.model.plan import Hold, TargetPlan
from jetscale_cicd.model.record import replace
from jetscale_cicd.report.face import FACES
from jetscale_cicd.report.results import CommandResult, PlanResult, VerificationResult, errors_of
from jetscale_cicd.tools.redact import Redactor
from tests.report.samples import ERROR, PUBLISH, REQUEST, RESULTS, SECRET, VERIFICATIONS

HOLD = Hold(revision=4, of=3, to=2, why="", status="deployed", sentence="rolled back")
HELD = replace(PUBLISH, target_plans=(TargetPlan(decided=replace(PUBLISH.targets[0], hold=HOLD)),))


def sink(form: str = "json") -> Output:
    return Output(form, Redactor.of_environment([("SOME_TOKEN", SECRET)]), Screen(io.StringIO()))


@pytest.mark.parametrize("form", FACES)
@pytest.mark.parametrize("sample", [name for name in RESULTS if name != "error"])
def test_the_status_is_that_of_the_error_in_the_result(
    form: str, sample: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = next(iter(errors_of(RESULTS[sample])), None)
    assert sink(form).show(RESULTS[sample]) == (error.exit_status if error else 0)
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert out
    assert (error.code if error else "error ") in err or error is None
    assert bool(error) == ("error " in err)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PlanResult(HELD, REQUEST), (0, ["warning HELD"])),
        (PlanResult(HELD, REQUEST, ERROR), (5, ["error DEPLOY_FAILED"])),
        (RESULTS["run failed"], (5, ["warning WAITING", "warning X", "error DEPLOY_FAILED"])),
        (VerificationResult(VERIFICATIONS[2], ERROR), (5, ["error DEPLOY_FAILED"])),
        (RESULTS["explanation"], (0, [])),
    ],
)
def test_warnings_come_before_errors(
    result: CommandResult, expected: tuple[int, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    status = sink().show(result)
    lines = capsys.readouterr().err.splitlines()
    assert (status, [line.partition(":")[0] for line in lines if not line.startswith(" ")]) == expected


def test_a_failure_without_a_result_is_one_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert sink("json").fail(ERROR) == ERROR.exit_status
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == ERROR.code
    assert ERROR.code in err
    assert sink("text").fail(ERROR) == ERROR.exit_status
    out, err = capsys.readouterr()
    assert (out, ERROR.code in err) == ("", True)


def test_the_ci_gets_outputs_summary_and_annotations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for name, file in files.items():
        monkeypatch.setenv(name, str(file))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for form in FACES:
        sink(form).show(RESULTS["run failed"])
        err = capsys.readouterr().err
        annotations = [line[:10] for line in err.splitlines() if line.startswith("::")]
        assert annotations == ["::warning ", "::warning ", "::error ti"]
    # The summary is for people in both.
    first, second = files["GITHUB_STEP_SUMMARY"].read_text().split("### Stage 6: ")[1:]
    assert first == second
    assert SECRET not in first
    assert files["GITHUB_OUTPUT"].read_text().count("decision<<") == len(FACES)
    sink().fail(ERROR)
    assert files["GITHUB_STEP_SUMMARY"].read_text().count("### Stage 6 failed") == 1


def test_only_results_with_a_plan_of_a_commit_reach_the_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out"
    monkeypatch.setenv("GITHUB_OUTPUT", str(file))
    for name in ("status present", "rollback", "explanation", "schema", "verification equal"):
        sink().show(RESULTS[name])
    assert not file.exists()
    sink().show(RESULTS["simulation"])
    assert file.exists()


def test_the_outputs_of_a_plan_that_is_refused_reach_no_later_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, summary = tmp_path / "out", tmp_path / "summary"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert sink().show(RESULTS["plan refused"]) == 3
    assert (outputs.exists(), summary.read_text().splitlines()[0]) == (False, "### Stage 6 failed")


def test_outputs_that_cannot_be_written_are_an_error_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path))
    assert sink().show(RESULTS["run done"]) == 2
    assert "error GITHUB_FILE" in capsys.readouterr().err
    assert sink().show(RESULTS["run failed"]) == ERROR.exit_status
    err = capsys.readouterr().err
    assert err.index("error DEPLOY_FAILED") < err.index("error GITHUB_FILE")
