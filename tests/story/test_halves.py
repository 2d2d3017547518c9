"""``release`` and ``deploy``: what the one does the other leaves, and together they are ``stage6``."""

from pathlib import Path

import pytest

from tests.support.command import Ended
from tests.support.sample import Sample, small, step_results

pytestmark = pytest.mark.quick(4)

TARGETS = """\
targets:
  prod: {namespace: a-prod, release: app, engine: render, values: [envs/live/values.yaml], needs: [staging]}
  staging: {namespace: a-staging, release: app, engine: render, values: [envs/live/values.yaml]}
"""
CONFIG = f"chart: {{registry: ../registry}}\n{TARGETS}"


@pytest.fixture
def stack(tmp_path: Path) -> Sample:
    """Two targets that share their values, one of which needs the other."""
    return small(tmp_path, {".stage6.yaml": CONFIG, "envs/live/values.yaml": "size: 3\n"})


def run(stack: Sample, half: str, *words: str) -> Ended:
    return stack.command(half, "--output=json", *words)


def rows(ended: Ended) -> list[str]:
    """The targets of the matrix."""
    return [row["target"] for row in ended.json["matrix"]["include"]]


def code(ended: Ended) -> tuple[int, str]:
    return ended.status, ended.json["error"]["code"]


def test_a_release_deploys_nothing_and_a_deploy_publishes_nothing(stack: Sample) -> None:
    released = run(stack, "release")
    assert step_results(released) == {
        **dict.fromkeys(("package", "publish", "tag"), "done"),
        "deploy staging": "skipped",
        "deploy prod": "skipped",
    }
    assert (rows(released), stack.published) == (["staging", "prod"], ["small-0.1.0.tgz"])
    assert not (stack.repo.path / "rendered").exists()
    before = stack.published, stack.remote_tags
    deployed = run(stack, "deploy")
    assert step_results(deployed) == {
        **dict.fromkeys(("package", "publish", "tag"), "satisfied"),
        "deploy staging": "done",
        "deploy prod": "done",
    }
    assert (stack.published, stack.remote_tags) == before
    assert stack.record("prod")["version"] == "0.1.0"


@pytest.mark.parametrize("half", ["release", "deploy", "stage6"])
def test_again_there_is_nothing_to_do(stack: Sample, half: str) -> None:
    assert run(stack, "stage6").status == 0
    again = run(stack, half)
    assert (again.status, again.json["outcome"], rows(again)) == (0, "satisfied", [])


def test_a_deploy_of_what_is_not_released_is_refused_and_renders_nothing(stack: Sample) -> None:
    ended = run(stack, "deploy")
    assert code(ended) == (3, "NOT_RELEASED")
    assert "helm" not in ended.stderr
    assert stack.published == []


@pytest.mark.slow
def test_a_deploy_does_not_rebuild_what_the_registry_lost(stack: Sample) -> None:
    assert run(stack, "release").status == 0
    (stack.registry / "small-0.1.0.tgz").unlink()
    assert code(run(stack, "deploy")) == (3, "NOT_RELEASED")
    assert run(stack, "release").status == 0
    assert run(stack, "deploy").status == 0


def test_new_values_are_nothing_to_release_and_something_to_deploy(stack: Sample) -> None:
    assert run(stack, "stage6").status == 0
    stack.edit("chore: more", "envs/live/values.yaml", "size: 3", "size: 4")
    released = run(stack, "release")
    assert (released.json["outcome"], rows(released)) == ("satisfied", ["staging", "prod"])
    assert step_results(run(stack, "deploy"))["deploy prod"] == "done"
    assert rows(run(stack, "release")) == []


def test_what_any_target_cannot_render_is_not_released(stack: Sample) -> None:
    stack.edit("fix: no number", "envs/live/values.yaml", "size: 3", "size: three")
    ended = run(stack, "release", "--target=staging")
    assert ended.status != 0
    assert (stack.published, stack.remote_tags) == ([], {})


def test_a_target_alone_waits_for_the_one_that_it_needs_and_publishes_nothing(stack: Sample) -> None:
    assert code(run(stack, "stage6", "--target=prod")) == (3, "NEEDED_FIRST")
    assert (stack.published, stack.remote_tags) == ([], {})
    assert run(stack, "release").status == 0
    assert code(run(stack, "deploy", "--target=prod")) == (3, "NEEDED_FIRST")
    assert run(stack, "deploy", "--target=staging").status == 0
    assert run(stack, "deploy", "--target=prod").status == 0


@pytest.mark.slow
def test_a_shared_value_waits_too(stack: Sample) -> None:
    assert run(stack, "stage6").status == 0
    stack.edit("chore: more", "envs/live/values.yaml", "size: 3", "size: 4")
    assert code(run(stack, "stage6", "--target=prod")) == (3, "NEEDED_FIRST")
    assert run(stack, "stage6", "--target=staging").status == 0
    assert run(stack, "stage6", "--target=prod").status == 0


@pytest.mark.slow
def test_a_release_commit_is_deployed_by_the_commit_that_was_released(tmp_path: Path) -> None:
    stack = small(tmp_path, {".stage6.yaml": f"{CONFIG}release: {{commit: true}}\n"})
    released = run(stack, "release")
    (staging, prod) = released.json["matrix"]["include"]
    for row in (staging, prod):
        assert run(stack, "deploy", f"--target={row['target']}", f"--head={row['commit']}").status == 0
    assert stack.record("prod")["version"] == row["version"] == "0.1.0"


def test_an_older_commit_is_deployed_until_a_newer_one_is(stack: Sample) -> None:
    older = run(stack, "release").json["matrix"]["include"][0]["commit"]
    stack.edit("feat: more", "charts/app/values.yaml", "size: 1", "size: 2")
    assert run(stack, "release").status == 0
    assert step_results(run(stack, "deploy", f"--head={older}"))["deploy prod"] == "done"
    assert stack.record("prod")["version"] == "0.1.0"  # what was approved, as long as nothing newer is there
    assert run(stack, "deploy").status == 0
    assert stack.record("prod")["version"] == "0.2.0"
    again = run(stack, "deploy", f"--head={older}")
    assert again.json["decision"] == "nothing"
    assert stack.record("prod")["version"] == "0.2.0"


@pytest.mark.parametrize("half", ["release", "deploy"])
def test_who_may_not_act_may_do_neither_half(stack: Sample, half: str) -> None:
    stack.repo.git("checkout", "--quiet", "-b", "topic")
    stack.edit("feat: more", "charts/app/values.yaml", "size: 1", "size: 2")
    assert code(run(stack, half)) == (3, "NOT_ON_RELEASE_BRANCH")


@pytest.mark.slow
def test_the_steps_of_both_halves_are_those_of_stage6(stack: Sample, tmp_path: Path) -> None:
    other = stack.copy(tmp_path / "other")
    halves = [name for half in ("release", "deploy") for name, it in step_results(run(other, half)).items()
              if it == "done"]  # fmt: skip
    assert halves == [name for name, it in step_results(run(stack, "stage6")).items() if it == "done"]
