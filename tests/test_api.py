"""The public API, as a program that imports the library uses it."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import assert_type

import git
import pytest

import jetscale_cicd
from jetscale_cicd import Decision, Plan, Preflight, Reason, Request, Run, Simulation, Stage6Error
from tests.support.history import bare, draw
from tests.support.sample import CONFIG, small

STORY = ("feat: a [charts/app/Chart.yaml envs/live/values.yaml]", "tag v0.1.0", "fix: b [charts/app/values.yaml]")


def request(repo: Path) -> Request:
    return jetscale_cicd.local_request(repo, since="event", base="HEAD~1", head="HEAD")


def test_a_plan_has_its_decision_and_version(tmp_path: Path) -> None:
    plan = jetscale_cicd.plan(request(draw(tmp_path, *STORY).path))
    assert_type(plan, Plan)
    assert (plan.decision, str(plan.version)) == (Decision.PUBLISH, "0.1.1")


def plan_with_unmet(directory: Path) -> Plan:
    """The plan of a real stack, whose engine no run of this release reaches."""
    stack = small(directory, {".stage6.yaml": CONFIG.replace("render", "argocd")})
    return jetscale_cicd.plan(jetscale_cicd.local_request(stack.repo.path))


def of_unmet(plan: Plan) -> list[Stage6Error]:
    return [each.error for each in plan.preconditions if each.error]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda plan: pickle.loads(pickle.dumps(plan))])
def test_a_plan_with_an_unmet_precondition_can_be_copied(copied: Callable[[Plan], Plan], tmp_path: Path) -> None:
    plan = plan_with_unmet(tmp_path)
    other = copied(plan)
    assert [vars(error) for error in of_unmet(other)] == [vars(error) for error in of_unmet(plan)] != []
    assert (other.changes, other.changes.count) == (plan.changes, plan.changes.count)
    assert (other.target_plans, other.steps, other.choice) == (plan.target_plans, plan.steps, plan.choice)


def test_a_plan_is_a_dictionary_of_its_fields(tmp_path: Path) -> None:
    plan = plan_with_unmet(tmp_path)
    fields = asdict(plan)
    assert (fields["decision"], fields["changes"]["counted"]()) == (plan.decision, plan.changes.counted())
    errors = [each["error"] for each in fields["preconditions"] if each["error"]]
    assert [vars(error) for error in errors] == [vars(error) for error in of_unmet(plan)] != []


def test_a_repository_that_gitpython_has_opened_is_taken_as_it_is(tmp_path: Path) -> None:
    draw(tmp_path, *STORY)
    with git.Repo(tmp_path) as repo, repo.git.custom_environment(GIT_TRACE2_EVENT=str(tmp_path / "trace")):
        plan = jetscale_cicd.plan(jetscale_cicd.local_request(repo, since="event", base="HEAD~1", head="HEAD"))
    assert plan.decision is Decision.PUBLISH
    assert (tmp_path / "trace").read_text(), "its environment is not that of our git"


def test_a_bare_repository_that_gitpython_has_opened_is_taken_too(tmp_path: Path) -> None:
    with git.Repo(bare(draw(tmp_path / "repo", *STORY), tmp_path / "bare.git")) as repo:
        plan = jetscale_cicd.plan(jetscale_cicd.local_request(repo, since="event", base="HEAD~1", head="HEAD"))
    assert plan.decision is Decision.PUBLISH


def test_a_path_is_explained(tmp_path: Path) -> None:
    reasons = jetscale_cicd.explain(request(draw(tmp_path, *STORY).path), b"charts/app/x", b"README.md")
    assert_type(reasons, tuple[Reason, ...])
    assert [(reason.scope, reason.counts) for reason in reasons] == [("chart", True), ("none", False)]


def test_a_simulation_comes_without_helm_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = jetscale_cicd.simulate(request(draw(tmp_path, *STORY).path))
    assert_type(simulation, Simulation)
    assert simulation.plan.decision is Decision.PUBLISH


def test_a_failed_run_raises_before_anything_changed(tmp_path: Path) -> None:
    repo = draw(tmp_path, *STORY)
    with pytest.raises(Stage6Error) as caught:
        assert_type(jetscale_cicd.run(request(repo.path)), Run)
    assert caught.value.exit_status == 3
    assert repo.git("tag") == "v0.1.0"


def test_what_is_public_is_named() -> None:
    assert all(hasattr(jetscale_cicd, name) for name in jetscale_cicd.__all__)


def test_importing_it_costs_no_tool_and_no_heavy_library() -> None:
    check = (
        "import sys, jetscale_cicd; print(*({'git', 'sh', 'yaml', 'pydantic', 'semantic_release'} & set(sys.modules)))"
    )
    finished = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd="/")
    assert finished.stdout.strip() == ""


def test_deciding_imports_no_gitpython_and_no_other_heavy_library(tmp_path: Path) -> None:
    check = (
        "import sys\n"
        "from jetscale_cicd.cli.main import main\n"
        f"words = ['plan', '--output=json', '--repo', {str(draw(tmp_path, *STORY).path)!r}]\n"
        "assert main([*words, '--since=event', '--base=HEAD', '--head=HEAD']) == 0\n"
        "heavy = {'git', 'gitdb', 'semantic_release', 'requests', 'urllib3', 'pydantic', 'sh', 'kubernetes'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    finished = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd="/")
    assert finished.stderr.splitlines()[-1] == "[]"


def test_a_preflight_has_every_precondition_and_changes_nothing(tmp_path: Path) -> None:
    stack = small(tmp_path, {".stage6.yaml": CONFIG.replace("render", "argocd")})
    before = stack.published, stack.remote_tags
    found = jetscale_cicd.preflight(jetscale_cicd.local_request(stack.repo.path))
    assert_type(found, Preflight)
    assert [row.error.code for row in found.rows if row.error] == ["ENGINE_NOT_REACHED"]
    assert found.error is not None
    assert (stack.published, stack.remote_tags) == before
