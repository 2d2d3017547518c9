"""What a CI takes is a row of a table: GitHub's files and workflow commands, or nothing."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.report.ci.github import GitHub
from jetscale_cicd.report.ci.none import NoOutputs
from jetscale_cicd.report.ci.table import CIS, NONE, open_outputs
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.matrix import matrix
from tests.report.samples import ERROR, NOTHING, PUBLISH, REDEPLOY


def outputs(file: Path) -> dict[str, str]:
    """What a runner reads: blocks between random delimiters."""
    found = re.findall(r"(\w+)<<(end_[0-9a-f]{32})\n(.*?)\n\2\n", file.read_text(), re.DOTALL)
    return {name: value for name, _, value in found}


@pytest.mark.parametrize("name", ["GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_any_variable_of_github_proves_it(name: str) -> None:
    assert isinstance(open_outputs({name: "x"}), GitHub)


@pytest.mark.parametrize("env", [{}, {"CI": "true"}, {"GITLAB_CI": "true"}, {"GITHUB_ACTIONS": ""}])
def test_elsewhere_nothing_is_taken(env: dict[str, str], tmp_path: Path) -> None:
    nowhere = open_outputs(env)
    assert isinstance(nowhere, NoOutputs)
    nowhere.write_outputs(PUBLISH)
    nowhere.write_summary(PUBLISH, _unasked)
    assert nowhere.annotation(ERROR, str, warns=False) is None


def _unasked() -> str:
    raise AssertionError("no summary is wanted, so none is made")


def test_every_row_gives_what_a_ci_takes() -> None:
    for row in (*CIS, NONE):
        opened = open_outputs(dict.fromkeys(row.proof, "x"))
        assert all(callable(getattr(opened, name)) for name in ("write_outputs", "write_summary", "annotation"))


def test_a_second_ci_is_a_module_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The null module stands for a new one: what matters is that the row alone leads to it."""
    gitlab = replace(NONE, name="gitlab", proof=("GITLAB_CI",))
    monkeypatch.setattr("jetscale_cicd.report.ci.table.CIS", (*CIS, gitlab))
    assert isinstance(open_outputs({"GITLAB_CI": "true"}), NoOutputs)
    assert isinstance(open_outputs({"GITLAB_CI": "true", "GITHUB_ACTIONS": "true"}), GitHub)


def test_a_plan_is_left_for_later_steps(tmp_path: Path) -> None:
    file = tmp_path / "out"
    github = GitHub({"GITHUB_OUTPUT": str(file)})
    github.write_outputs(PUBLISH)
    namespaces = "jetscale-prod,jetscale-preview"
    assert outputs(file) == {
        "decision": "publish",
        "version": "0.3.0",
        "tag": "v0.3.0",
        "namespace": namespaces,
        "matrix": json.dumps(matrix(PUBLISH)),
    }
    github.write_outputs(REDEPLOY)
    assert outputs(file)["tag"] == "v0.2.1"
    github.write_outputs(NOTHING)
    nothing = {"decision": "nothing", "version": "", "tag": "", "namespace": "", "matrix": '{"include": []}'}
    assert outputs(file) == nothing


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    github = GitHub({"GITHUB_OUTPUT": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path)})
    with pytest.raises(ConfigurationError) as caught:
        github.write_outputs(PUBLISH)
    assert (caught.value.code, caught.value.where) == ("GITHUB_FILE", str(tmp_path))
    with pytest.raises(ConfigurationError) as caught:
        github.write_summary(PUBLISH, str)
    assert (caught.value.code, caught.value.where) == ("GITHUB_FILE", str(tmp_path))


def test_a_summary_cannot_leave_its_fence(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    GitHub({"GITHUB_STEP_SUMMARY": str(file)}).write_summary(PUBLISH, lambda: "a\n`````\n# b\n")
    title, _, rest = file.read_text().partition("\n\n")
    assert title.startswith("### Stage 6: publish 0.3.0 ")
    fence = rest.split("text\n")[0]
    assert rest == f"{fence}text\na\n`````\n# b\n{fence}\n\n"
    assert len(fence) > len("`````")


def test_a_failure_without_a_plan_has_a_title_too(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    GitHub({"GITHUB_STEP_SUMMARY": str(file)}).write_summary(None, lambda: "why")
    assert file.read_text() == "### Stage 6 failed\n\n```text\nwhy\n```\n\n"


def test_an_error_is_annotated_in_github_actions_alone() -> None:
    assert GitHub({"GITHUB_OUTPUT": "x"}).annotation(ERROR, str, warns=False) is None
    github = GitHub({"GITHUB_ACTIONS": "true"})
    line = github.annotation(ERROR, lambda text: text.replace("failed", "***"), warns=False)
    assert line is not None
    assert line.startswith("::error title=Stage 6%3A DEPLOY_FAILED::the deploy *** with ")
    assert line.endswith(" (jetscale-prod/jetscale-stack). mend it with a commit\n")
    assert line.count("\n") == 1
    warned = github.annotation(ERROR, str, warns=True)
    assert warned is not None
    assert warned.startswith("::warning ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ":\\::error::x"),
        ("  \x1b[2m::x", "  \x1b[2m:\\::x"),
        ("a ::x", "a ::x"),
        ("a ##[group]", "a ##\\[group]"),
        ("##vso[x]", "##vso\\[x]"),
    ],
)
def test_a_command_in_foreign_text_is_broken(text: str, shown: str) -> None:
    assert harmless(text) == shown
