"""A face is one module and one row: every face of the table shows every result, masked and harmless."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.report.face import DEFAULT, FACES, Medium, open_face
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.results import PlanResult
from jetscale_cicd.report.text.error import error_text
from jetscale_cicd.report.text.face import text_of
from tests.report.samples import ERROR, PUBLISH, REQUEST, RESULTS, SECRET
from tests.support.command import Ended, command_environment
from tests.support.history import Drawn, draw

PLAIN = Medium(str, Paint(enabled=False))
STORY = ("feat: a [charts/app/Chart.yaml envs/live/values.yaml]", "tag v0.1.0", "docs: b [x]")
# What a GitHub runner, Azure Pipelines and TeamCity take for a command (report/harmless.py).
COMMAND = re.compile(r"(?m)^\s*::|##[A-Za-z]*\[")
HOSTILE = ("::error::x", "a\n  ::add-mask::x", "##[group]x", "##vso[task.complete]x", "##teamcity[x]")

# A face that the package does not have, and what a person would do to add it: the module, and the row.
SLIDES = """
from jetscale_cicd.report.face import Face


class SlidesFace:
    errors_on_stdout = True

    def render(self, result, medium):
        return medium.redact(f"# {type(result).__name__}\\n")


FACE: Face = SlidesFace()
"""
WITH_SLIDES = """
import sys
from jetscale_cicd.report.face import FACES
FACES["slides"] = "slides_face"
from jetscale_cicd.cli.main import main
status = main(sys.argv[1:])
sys.stderr.write("\\nmodules: " + " ".join(sys.modules))
sys.exit(status)
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    directory = tmp_path_factory.mktemp("faces")
    (directory / "slides_face.py").write_text(SLIDES)
    return draw(directory / "repo", *STORY)


def run(repo: Drawn, *arguments: str, **env: str) -> Ended:
    """The command line, with slides among the faces."""
    finished = subprocess.run(
        [sys.executable, "-c", WITH_SLIDES, *arguments],
        cwd=repo.path,
        env={**command_environment(), "PYTHONPATH": str(repo.path.parent), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(finished.returncode, finished.stdout, finished.stderr)


def plan(repo: Drawn, *arguments: str, **env: str) -> Ended:
    return run(repo, "plan", "--since=event", "--base=v0.1.0", *arguments, **env)


def modules(ended: Ended) -> set[str]:
    return set(ended.stderr.rpartition("modules: ")[2].split())


def masked(text: str) -> str:
    return text.replace(SECRET, "***")


def test_every_row_is_a_face() -> None:
    assert DEFAULT in FACES
    assert {name: open_face(name).errors_on_stdout for name in FACES} == {"text": False, "json": True}


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("sample", RESULTS)
def test_every_face_shows_every_result_without_its_secrets(name: str, sample: str) -> None:
    shown = open_face(name).render(RESULTS[sample], Medium(masked, Paint(enabled=True)))
    assert shown.strip()
    assert shown.endswith("\n")
    assert SECRET not in shown


@pytest.mark.parametrize("name", FACES)
def test_no_face_forwards_a_command_to_the_ci(name: str) -> None:
    shown = open_face(name).render(PlanResult(replace(PUBLISH, notes=HOSTILE), REQUEST), PLAIN)
    assert not COMMAND.search(shown)


def test_harmless_json_means_the_same() -> None:
    shown = open_face("json").render(PlanResult(replace(PUBLISH, notes=HOSTILE), REQUEST), PLAIN)
    assert json.loads(shown)["notes"] == list(HOSTILE)


def test_a_mask_cannot_break_the_json() -> None:
    shown = open_face("json").render(ERROR, Medium(lambda text: text.replace(": ", '"'), Paint(enabled=False)))
    assert json.loads(shown)["error"]["code"] == ERROR.code


def test_text_has_colours_only_where_they_are_wanted() -> None:
    for sample in RESULTS.values():
        assert "\x1b" not in text_of(sample, Paint(enabled=False))
    assert "\x1b[31merror" in error_text(ERROR, Paint(enabled=True))
    assert "\x1b[33mwarning" in error_text(ERROR, Paint(enabled=True), warns=True)


def test_a_new_face_is_a_choice_of_every_command(repo: Drawn) -> None:
    for name in ("stage6", "plan", "simulate", "explain", "status", "rollback", "verify-chart", "adopt", "schema"):
        assert "{text,json,slides}" in run(repo, name, "--help").stdout


def test_a_new_face_shows_results_and_errors(repo: Drawn) -> None:
    assert plan(repo, "--output=slides").stdout == "# PlanResult\n"
    assert run(repo, "explain", "x", "--output", "slides").stdout == "# ExplanationResult\n"
    failed = plan(repo, "--output=slides", "--head=no-such")
    assert (failed.status, failed.stdout) == (8, "# CannotTellError\n")


def test_a_usage_error_has_the_form_already(repo: Drawn) -> None:
    ended = plan(repo, "--output=slides", "--no-such-option")
    assert (ended.status, ended.stdout) == (2, "# ConfigurationError\n")
    assert plan(repo, "--output=json", "--no-such-option").json["error"]["code"] == "USAGE"
    assert plan(repo, "--output=json", "--output", "text", "--no-such-option").stdout == ""
    unknown = plan(repo, "--output=xml")
    assert (unknown.status, unknown.stdout) == (2, "")
    assert "USAGE" in unknown.stderr


@pytest.mark.parametrize(("name", "other"), [("text", "json"), ("json", "text")])
def test_a_face_that_is_not_asked_for_is_not_imported(repo: Drawn, name: str, other: str) -> None:
    imported = modules(plan(repo, f"--output={name}"))
    assert f"jetscale_cicd.report.{name}.face" in imported
    assert f"jetscale_cicd.report.{other}.face" not in imported
    assert {"jetscale_cicd.report.ci.github", "jetscale_cicd.observe.ci.github", "slides_face"}.isdisjoint(imported)


def test_no_command_names_a_face() -> None:
    commands = Path(__file__).parents[2] / "jetscale_cicd" / "cli"
    for file in commands.glob("*.py"):
        named = re.findall(r"jetscale_cicd\.report\.(?:text|json)\.\w+", file.read_text())
        # stderr and a CI's summary are for people, whatever form stdout has.
        assert named == (
            ["jetscale_cicd.report.text.error", "jetscale_cicd.report.text.face"] * (file.stem == "output")
        )


def test_report_knows_results_and_nothing_that_makes_them() -> None:
    report = Path(open_face.__code__.co_filename).parent
    imports = re.compile(r"(?m)^\s*(?:from|import) (jetscale_cicd\.\w+)")
    found = {name for file in report.rglob("*.py") for name in imports.findall(file.read_text())}
    assert found == {"jetscale_cicd.errors", "jetscale_cicd.model", "jetscale_cicd.report"}
