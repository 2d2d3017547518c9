"""Who may release and deploy: which events, and commits of which branches. Everybody else changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import rest_slow, sampled
from tests.support.command import Ended
from tests.support.history import clone
from tests.support.sample import CONFIG, Sample, released, small

pytestmark = pytest.mark.quick(16)

CHART = "charts/app/values.yaml"
LIVE = "envs/live/values.yaml"
A = "a" * 40
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r"}
# Neither answers: a run that asks one of them ends with another status.
DEAF = "chart: {registry: 'oci://127.0.0.1:1/charts'}\ntargets: {live: {engine: helm, context: absent}}\n"
PYPROJECT = (
    '[tool.semantic_release]\nallow_zero_version = true\n[tool.semantic_release.branches.main]\nmatch = "^main$"\n'
)
PRERELEASES = '[tool.semantic_release.branches.beta]\nmatch = "beta"\nprerelease = true\n'


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A stack whose 0.1.0 is released, with a change of the chart on top that is pushed to main."""
    sample = released(small(tmp_path_factory.mktemp("first")))
    sample.edit("feat: more room", CHART, "1", "2")
    return sample


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A copy of it."""
    return first.copy(tmp_path)


def code(ended: Ended) -> str:
    return str(ended.json["error"]["code"])


def github(stack: Sample, name: str, payload: dict[str, Any], *, ref: str = "refs/heads/main") -> dict[str, str]:
    """The environment of a GitHub Actions run for what is checked out."""
    file = stack.directory / "event.json"
    file.write_text(json.dumps(payload))
    run = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_REF": ref}
    return {**GITHUB, **run, "GITHUB_SHA": stack.repo.head}


def pull_request(stack: Sample) -> dict[str, str]:
    """The environment of a pull request, and GitHub's merge of it checked out."""
    stack.repo.git("checkout", "--quiet", "-b", "topic")
    stack.edit("feat: a topic", CHART, "2", "3")
    stack.repo.git("checkout", "--quiet", "--detach", "main")
    stack.repo.git("merge", "--quiet", "--no-ff", "--message", "Merge", "topic")
    pull = {"number": 7, "base": {"ref": "main", "sha": A}, "head": {"ref": "topic", "sha": A}}
    env = github(stack, "pull_request", {"action": "synchronize", "pull_request": pull}, ref="refs/pull/7/merge")
    return {**env, "GITHUB_BASE_REF": "main"}


def workflow_run(conclusion: str | None) -> dict[str, Any]:
    run = {"event": "push", "head_sha": A, "head_branch": "main", "conclusion": conclusion}
    return {"workflow_run": {**run, "head_repository": {"full_name": "o/r"}}, "repository": {"full_name": "o/r"}}


# Events


def test_a_pull_request_releases_nothing_and_asks_neither_registry_nor_cluster(stack: Sample) -> None:
    stack.commit("chore: deaf", {".stage6.yaml": DEAF})
    before, env = stack.published, pull_request(stack)
    ended = stack.run(env=env)
    assert (ended.status, code(ended)) == (3, "EVENT_RELEASES_NOTHING")
    assert "simulate" in ended.json["error"]["hint"]
    assert (stack.published, list(stack.remote_tags)) == (before, ["v0.1.0"])


@pytest.mark.parametrize(
    "env",
    [
        {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_SHA": "HEAD"},
        {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "external_pull_request_event", "CI_COMMIT_SHA": "HEAD"},
        {"JENKINS_URL": "https://ci.example/", "CHANGE_TARGET": "main", "GIT_COMMIT": "HEAD"},
        {"TF_BUILD": "True", "BUILD_REASON": "PullRequest", "BUILD_SOURCEVERSION": "HEAD"},
        {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_PR_ID": "7"},
        {"BUILDKITE": "true", "BUILDKITE_MERGE_QUEUE_BASE_BRANCH": "main", "BUILDKITE_COMMIT": "HEAD"},
        {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST": "7", "BUILDKITE_COMMIT": "HEAD", "BUILDKITE_BRANCH": "topic"},
        {"CIRCLECI": "true", "CIRCLE_PR_NUMBER": "7", "CIRCLE_SHA1": "HEAD", "CIRCLE_BRANCH": "pull/7"},
        {"CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://x/7", "CIRCLE_SHA1": "HEAD", "CIRCLE_BRANCH": "topic"},
        {**GITHUB, "GITHUB_EVENT_NAME": "merge_group", "GITHUB_SHA": "HEAD"},
        {**GITHUB, "GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_SHA": "HEAD", "GITHUB_REF": "refs/heads/main"},
    ],
)
def test_no_ci_releases_for_a_pull_request_or_a_merge_queue(stack: Sample, env: dict[str, str]) -> None:
    before = stack.tracks()
    ended = stack.run(env={name: stack.repo.head if value == "HEAD" else value for name, value in env.items()})
    assert (ended.status, code(ended) in ("EVENT_RELEASES_NOTHING", "NOT_ON_RELEASE_BRANCH")) == (3, True)
    assert stack.tracks() == before


@pytest.mark.parametrize(
    "env",
    sampled(
        [
            {**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_SHA": "HEAD", "GITHUB_REF": "refs/heads/main"},
            {**GITHUB, "GITHUB_EVENT_NAME": "schedule", "GITHUB_SHA": "HEAD", "GITHUB_REF": "refs/heads/main"},
            {**GITHUB, "GITHUB_EVENT_NAME": "release", "GITHUB_SHA": "HEAD", "GITHUB_REF": "refs/tags/x"},
            {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "web", "CI_COMMIT_SHA": "HEAD", "CI_COMMIT_BRANCH": "main"},
            {"JENKINS_URL": "https://ci.example/", "GIT_BRANCH": "origin/main", "GIT_COMMIT": "HEAD"},
            {"TF_BUILD": "True", "BUILD_SOURCEVERSION": "HEAD", "BUILD_SOURCEBRANCH": "refs/heads/main"},
            {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_COMMIT": "HEAD", "BITBUCKET_BRANCH": "main"},
            # A pull request is open *from* main, into another branch.
            {
                "BUILDKITE": "true",
                "BUILDKITE_PULL_REQUEST": "7",
                "BUILDKITE_COMMIT": "HEAD",
                "BUILDKITE_BRANCH": "main",
            },
            {"CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://x/7", "CIRCLE_SHA1": "HEAD", "CIRCLE_BRANCH": "main"},
            {"CI": "true"},
        ],
        one_of=3,
    ),
)
def test_every_ci_releases_the_default_branch(stack: Sample, env: dict[str, str]) -> None:
    ended = stack.run(env={name: stack.repo.head if value == "HEAD" else value for name, value in env.items()})
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", None])
def test_what_follows_a_run_that_did_not_succeed_is_nothing_with_the_reason(
    stack: Sample, conclusion: str | None
) -> None:
    stack.commit("chore: deaf", {".stage6.yaml": DEAF})
    payload = workflow_run(conclusion)
    payload["workflow_run"]["head_sha"] = stack.repo.head
    before = stack.published
    ended = stack.run(env=github(stack, "workflow_run", payload))
    assert (ended.status, ended.json["decision"], ended.json["steps"]) == (0, "nothing", [])
    (target,) = ended.json["targets"]
    assert "did not succeed" in target["ignored"][-1]["why"]
    assert stack.published == before


def test_what_follows_a_run_that_succeeded_is_released(stack: Sample) -> None:
    payload = workflow_run("success")
    payload["workflow_run"]["head_sha"] = stack.repo.head
    ended = stack.run(env=github(stack, "workflow_run", payload))
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr


def test_a_fork_releases_only_where_the_configuration_says_so(stack: Sample) -> None:
    env = github(stack, "push", {"repository": {"fork": True}, "ref": "refs/heads/main"})
    assert code(stack.run(env=env)) == "EVENT_RELEASES_NOTHING"
    stack.commit("chore: ours", {".stage6.yaml": f"{CONFIG}release: {{forks: true}}\n"})
    assert stack.run(env={**env, "GITHUB_SHA": stack.repo.head}).json["version"] == "0.2.0"


# Branches


def test_a_run_that_is_dispatched_for_another_branch_releases_nothing(stack: Sample) -> None:
    stack.repo.git("push", "--quiet", "origin", "HEAD:refs/heads/feature")
    ended = stack.run(env=github(stack, "workflow_dispatch", {}, ref="refs/heads/feature"))
    assert (ended.status, code(ended)) == (3, "NOT_ON_RELEASE_BRANCH")


@pytest.mark.parametrize("arrange", [("commit", "--quiet", "--allow-empty", "--message", "feat: mine"), ()])
def test_a_commit_that_the_remote_has_not_is_not_released(stack: Sample, arrange: tuple[str, ...]) -> None:
    if arrange:
        stack.repo.git(*arrange)
    else:
        stack.repo.git("push", "--quiet", "--force", "origin", "HEAD~1:refs/heads/main")
    before = stack.tracks()
    ended = stack.run()
    assert (ended.status, code(ended)) == (3, "NOT_ON_RELEASE_BRANCH")
    assert stack.tracks() == before


def test_a_plan_of_it_is_made_and_says_that_no_run_would_carry_it_out(stack: Sample) -> None:
    stack.repo.git("commit", "--quiet", "--allow-empty", "--message", "feat: mine")
    ended = stack.command("plan", "--output", "json")
    (unmet,) = [each for each in ended.json["preconditions"] if each["state"] == "unmet"]
    assert (ended.status, ended.json["version"], unmet["id"]) == (0, "0.2.0", "release-branch")


def test_a_commit_behind_the_tip_of_a_shallow_clone_is_on_the_branch(stack: Sample, tmp_path: Path) -> None:
    older = stack.repo.head
    stack.edit("docs: more", "README.md", "# The stack", "# More")
    (tmp_path / "shallow").mkdir()
    shallow = clone(stack.remote, tmp_path / "shallow" / "stack", "--depth=1", "--no-single-branch")
    shallow.git("fetch", "--quiet", "--depth=1", "origin", older)
    shallow.git("checkout", "--quiet", "--detach", older)
    (tmp_path / "shallow" / "registry").symlink_to(stack.registry)
    ended = Sample(tmp_path / "shallow").run()
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr


@pytest.mark.parametrize(
    ("files", "branch", "expected"),
    [
        ({"pyproject.toml": PYPROJECT}, "feature", "NOT_ON_RELEASE_BRANCH"),
        ({"pyproject.toml": PYPROJECT + PRERELEASES}, "beta", "PRERELEASE_BRANCH"),
        ({".stage6.yaml": f"{CONFIG}release: {{branches: ['release/*']}}\n"}, "main", "NOT_ON_RELEASE_BRANCH"),
        ({".stage6.yaml": f"{CONFIG}release: {{branches: ['release/*']}}\n"}, "release/1", ""),
        ({".stage6.yaml": f"{CONFIG}release: {{branches: ['release/*']}}\n"}, "release/1/x", "NOT_ON_RELEASE_BRANCH"),
        ({"pyproject.toml": PYPROJECT.replace("^main$", "rel")}, "release/1", ""),
    ],
)
@pytest.mark.parametrize("shared", rest_slow([True, False], True))
def test_only_the_branches_that_are_configured_are_released(
    stack: Sample, files: dict[str, str | bytes | None], branch: str, expected: str, shared: bool
) -> None:
    stack.repo.git("checkout", "--quiet", "-B", branch)
    stack.commit("chore: branches", files)
    if not shared:
        stack.repo.git("remote", "remove", "origin")
    ended = stack.run(env={"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_BRANCH": branch})
    assert ended.status == {"": 0, "PRERELEASE_BRANCH": 2}.get(expected, 3), ended.stderr
    assert (code(ended) if expected else ended.json["version"]) == (expected or "0.2.0")


def test_a_remote_whose_head_names_no_branch_is_no_authority(stack: Sample) -> None:
    stack.repo.git("--git-dir", str(stack.remote), "symbolic-ref", "HEAD", "refs/heads/absent")
    ended = stack.run()
    assert (ended.status, code(ended)) == (3, "NOT_ON_RELEASE_BRANCH")
    assert "HEAD" in ended.json["error"]["message"]
