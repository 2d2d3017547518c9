"""Whole runs against remotes that are not as git makes them."""

from pathlib import Path

import pytest

from tests.story.test_story import CHART
from tests.support.command import command
from tests.support.history import bare, clone, git
from tests.support.sample import Sample, released, small


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return released(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A stack whose 0.1.0 is released, and whose head changes the chart."""
    stack = first.copy(tmp_path)
    stack.edit("feat: more room", CHART, "1", "2")
    return stack


def test_a_remote_that_is_pushed_to_elsewhere_is_named_before_anything_is_published(
    stack: Sample, tmp_path: Path
) -> None:
    elsewhere = bare(stack.repo, tmp_path / "elsewhere.git")
    stack.repo.git("config", "remote.origin.pushurl", str(elsewhere))
    before = stack.published, git(elsewhere, "for-each-ref")
    unmet = [each["error"] for each in stack.command("plan", "--output=json").json["preconditions"] if each["error"]]
    assert [error["code"] for error in unmet] == ["REMOTE_SPLIT"]
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "REMOTE_SPLIT")
    assert (stack.published, git(elsewhere, "for-each-ref")) == before


def test_a_mirror_is_pushed_to_and_keeps_its_refs(stack: Sample) -> None:
    stack.repo.git("config", "remote.origin.mirror", "true")
    stack.repo.git("config", "remote.origin.fetch", "+refs/*:refs/*")
    stack.repo.git("branch", "mine")
    git(stack.remote, "branch", "mine", "main~1")
    git(stack.remote, "tag", "v0.1.5", "main~1")
    mine = stack.repo.git("rev-parse", "mine")
    ended = stack.run()
    assert (ended.status, ended.json["version"], stack.repo.git("rev-parse", "mine")) == (0, "0.2.0", mine)
    assert "v0.2.0" in stack.remote_tags


def test_a_shallow_mirror_is_completed_and_keeps_its_refs(stack: Sample, tmp_path: Path) -> None:
    shallow = clone(stack.remote, tmp_path / "shallow", "--depth=1")
    shallow.git("config", "remote.origin.fetch", "+refs/*:refs/*")
    shallow.git("branch", "mine", "main")
    shallow.git("checkout", "--quiet", "--detach")
    git(stack.remote, "branch", "mine", "main~1")
    ended = command("stage6", "--output=json", cwd=shallow.path)
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr
    assert shallow.git("rev-parse", "mine") == shallow.head
    assert shallow.git("rev-parse", "--is-shallow-repository") == "false"


def test_settings_of_the_environment_reach_the_remote(stack: Sample) -> None:
    stack.repo.git("remote", "set-url", "origin", "https://git.invalid/stack.git")
    env = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{stack.remote.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://git.invalid/stack.git",
    }
    assert stack.run(env=env).status == 0
    assert "v0.2.0" in stack.remote_tags
