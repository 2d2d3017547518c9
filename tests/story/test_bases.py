"""The event's base, and clones that lack something."""

import shutil
from pathlib import Path

import pytest

from tests.story.edges import DOCS, FIX, GONE, RELEASE, VALUES, ZERO, answer, decision, hosted, plan, pushed, refusal
from tests.support.command import command
from tests.support.history import Drawn, bare, clone, draw, git

pytestmark = pytest.mark.quick(10)


def test_a_new_branch_has_no_commit_before_it(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, VALUES)
    ended = plan(repo, env=pushed(repo, tmp_path, ZERO, created=True))
    compared = ended.json["targets"][0]["compared"]
    assert (decision(ended), compared["certain"]) == ("redeploy", False)
    assert "all zeros" in compared["how"]


def test_a_tag_push_is_compared_with_the_release_before(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, FIX)
    env = pushed(repo, tmp_path, ZERO, ref="refs/tags/nightly") | {"GITHUB_REF": "refs/tags/nightly"}
    assert decision(plan(repo, env=env)) == "publish"


def forced(tmp_path: Path) -> tuple[Path, Drawn, str]:
    """A remote whose main was rewritten: the remote, a fresh clone, and what main was before."""
    repo = draw(tmp_path / "repo", *RELEASE, VALUES)
    before = repo.head
    origin = bare(repo, tmp_path / "origin.git")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.draw(DOCS).git("push", "--quiet", "--force", str(origin), "main")
    return origin, clone(origin, tmp_path / "clone"), before


def test_after_a_force_push_the_lost_base_is_fetched(tmp_path: Path) -> None:
    _, repo, before = forced(tmp_path)
    ended = plan(repo, env=pushed(repo, tmp_path, before, forced=True))
    compared = ended.json["targets"][0]["compared"]
    assert (decision(ended), compared["base"], compared["certain"]) == ("redeploy", before, True)


def test_after_a_force_push_a_base_that_is_gone_becomes_the_last_release_and_says_so(tmp_path: Path) -> None:
    origin, repo, before = forced(tmp_path)
    git(origin, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")
    ended = plan(repo.draw(VALUES), env=pushed(repo, tmp_path, before, forced=True))
    compared = ended.json["targets"][0]["compared"]
    release = repo.git("rev-parse", "v0.1.0^{}")
    assert (decision(ended), compared["base"], compared["certain"]) == ("redeploy", release, False)
    assert before in compared["how"]
    assert any(before in note for note in ended.json["notes"])


def test_a_base_that_is_gone_is_an_error_where_there_is_no_release(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", RELEASE[0], FIX)
    assert refusal(plan(repo, "--since=event", env=pushed(repo, tmp_path, GONE))) == (2, "NO_BASE")


@pytest.mark.parametrize(
    ("step", "options"),
    [(FIX, ("--depth=1",)), (FIX, ("--depth=2",)), (VALUES, ("--depth=1", "--no-tags")), (DOCS, ("--depth=1",))],
)
def test_a_shallow_clone_decides_as_the_full_one(tmp_path: Path, step: str, options: tuple[str, ...]) -> None:
    _, origin = hosted(tmp_path, step, DOCS)
    full, shallow = clone(origin, tmp_path / "full"), clone(origin, tmp_path / "shallow", *options)
    assert answer(plan(shallow)) == answer(plan(full))


def test_the_checkout_of_a_pull_request_decides_as_the_full_clone(tmp_path: Path) -> None:
    repo, origin = hosted(tmp_path, "branch topic", FIX, "checkout main", DOCS, "merge topic")
    repo.git("push", "--quiet", "--force", str(origin), "HEAD:refs/pull/5/merge", "HEAD~1:refs/heads/main")
    git(tmp_path, "init", "--quiet", "clone")
    shallow = Drawn(tmp_path / "clone")
    shallow.git("remote", "add", "origin", origin.as_uri())
    shallow.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+refs/pull/5/merge:refs/remotes/pull/5/merge")
    shallow.git("checkout", "--quiet", "refs/remotes/pull/5/merge")
    assert answer(plan(shallow)) == answer(plan(repo))


@pytest.mark.slow
@pytest.mark.parametrize("filter_", ["tree:0", "blob:none"])
@pytest.mark.parametrize("step", [FIX, VALUES, "chore: c [charts/app/Chart.yaml]"])
def test_a_partial_clone_decides_as_the_full_one(tmp_path: Path, filter_: str, step: str) -> None:
    _, origin = hosted(tmp_path, step)
    full, partial = clone(origin, tmp_path / "full"), clone(origin, tmp_path / "partial", f"--filter={filter_}")
    assert answer(plan(partial)) == answer(plan(full))


@pytest.mark.parametrize("filter_", ["tree:0", "blob:none"])
@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("arguments", [("plan", "--since=event", "--base=HEAD~1"), ("simulate",)])
def test_a_partial_clone_that_cannot_get_its_objects_cannot_tell(
    tmp_path: Path, filter_: str, gone: bool, arguments: tuple[str, ...]
) -> None:
    _, origin = hosted(tmp_path, "chore: c [charts/app/Chart.yaml]")
    partial = clone(origin, tmp_path / "partial", f"--filter={filter_}", "--no-checkout")
    partial.git("config", "protocol.file.allow", "always")
    if gone:
        shutil.rmtree(origin)
    ended = command(*arguments, "--output=json", cwd=partial.path)
    if gone or arguments[0] == "simulate":
        assert refusal(ended)[0] == 8
    else:
        assert decision(ended) == "publish"


def test_a_missing_object_that_may_not_be_fetched_says_how_to_get_it(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path, "chore: c [charts/app/Chart.yaml]")
    partial = clone(origin, tmp_path / "partial", "--filter=tree:0", "--no-checkout")
    ended = command("simulate", "--output=json", cwd=partial.path)
    assert "git fetch" in ended.json["error"]["hint"]


@pytest.mark.parametrize(
    ("env", "word"),
    [
        ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push"}, "fetch-depth: 0"),
        ({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "push"}, "GIT_DEPTH"),
        ({"TF_BUILD": "True"}, "fetchDepth: 0"),
        ({}, "git fetch"),
    ],
)
def test_what_to_do_about_a_missing_commit_is_said_in_the_words_of_the_ci(
    tmp_path: Path, env: dict[str, str], word: str
) -> None:
    repo = draw(tmp_path / "repo", *RELEASE)
    ended = command("plan", "--base", GONE, "--output=json", cwd=repo.path, env=env)
    assert (ended.status, word in ended.json["error"]["hint"]) == (8, True)
