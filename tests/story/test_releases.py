"""Which tags are releases, here and at the remote, and names that are taken for nothing else."""

import shutil
from pathlib import Path

import pytest

from tests.story.edges import DOCS, FIX, RELEASE, decision, hosted, plan, refusal
from tests.support.command import command
from tests.support.history import bare, clone, draw, git

pytestmark = pytest.mark.quick(10)


@pytest.mark.parametrize("tag", ["v9.0.0-rc.1", "rv9.0.0", "v9.0.0-old", "v09.0.0", "v9.0", "V9.0.0"])
def test_a_tag_that_only_looks_like_a_release_is_not_the_latest(tmp_path: Path, tag: str) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, f"tag {tag}")
    ended = plan(repo)
    assert (decision(ended), ended.json["latest"]["tag"]) == ("publish", "v0.1.0")


@pytest.mark.parametrize(
    ("tag_format", "tag"),
    [("release/{version}", "release/0.2.0"), ("app-v{version}-ga", "app-v0.2.0-ga"), ("{version}", "0.2.0")],
)
def test_the_tag_format_names_the_releases(tmp_path: Path, tag_format: str, tag: str) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, FIX, "tag x")
    repo.commit("chore: configure", **{".stage6.yaml": f"chart:\n  tag_format: '{tag_format}'\n"})
    repo.git("tag", tag)
    origin = bare(repo, tmp_path / "origin.git")
    local = clone(origin, tmp_path / "clone", "--no-tags")
    ended = plan(local)
    assert (decision(ended), ended.json["latest"]["tag"]) == ("nothing", tag)
    assert local.git("tag") == tag


@pytest.mark.parametrize(
    "tag_format", ["v*{version}", "v?{version}", "[v]{version}", "v\\\\{version}", "{version}{x}", "v"]
)
def test_a_tag_format_that_git_would_not_take_is_refused(tmp_path: Path, tag_format: str) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.commit("chore: configure", **{".stage6.yaml": f'chart:\n  tag_format: "{tag_format}"\n'})
    assert plan(repo).status == 2


def test_a_newer_release_of_the_remote_is_seen(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path, FIX)
    local = clone(origin, tmp_path / "clone")
    git(origin, "tag", "v0.1.1", "main")
    ended = plan(local)
    assert (decision(ended), ended.json["latest"]["tag"]) == ("nothing", "v0.1.1")


def test_without_a_release_here_or_there_the_first_version_is_published(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", RELEASE[0], FIX)
    ended = plan(clone(bare(repo, tmp_path / "origin.git"), tmp_path / "clone", "--depth=1"))
    assert (decision(ended), ended.json["version"], ended.json["changes"]["base"]) == ("publish", "0.1.0", None)


def test_releases_that_are_not_merged_are_an_error(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path)
    local = clone(origin, tmp_path / "clone", "--no-tags")
    local.git("checkout", "--quiet", "--orphan", "new")
    ended = plan(local.draw(FIX))
    assert refusal(ended) == (8, "RELEASES_NOT_MERGED")
    assert "branch" in ended.json["error"]["hint"]


@pytest.mark.parametrize("arguments", [("plan",), ("stage6",), ("stage6", "--dry-run")])
def test_a_remote_that_does_not_answer_stops_the_run(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    _, origin = hosted(tmp_path, DOCS)
    local = clone(origin, tmp_path / "clone")
    shutil.rmtree(origin)
    assert refusal(command(*arguments, "--output=json", cwd=local.path)) == (8, "REMOTE_UNREACHABLE")


def test_a_simulation_needs_no_remote(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path, FIX)
    local = clone(origin, tmp_path / "clone")
    shutil.rmtree(origin)
    assert decision(command("simulate", "--base=v0.1.0", "--output=json", cwd=local.path)) == "publish"


@pytest.mark.parametrize("arguments", [("--head=-rf",), ("--since=event", "--base=-rf", "--head=main")])
def test_a_branch_that_looks_like_an_option_is_a_branch(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    repo = draw(tmp_path, *RELEASE, FIX)
    repo.git("update-ref", "refs/heads/-rf", "HEAD" if "--head=-rf" in arguments else "HEAD~1")
    assert decision(plan(repo, *arguments)) == "publish"


@pytest.mark.parametrize("revision", ["HEAD HEAD", "HEAD\nHEAD\x1b[31m"])
@pytest.mark.parametrize("option", ["--base", "--head", "--since"])
def test_a_revision_with_a_blank_or_a_control_character_is_refused(tmp_path: Path, option: str, revision: str) -> None:
    ended = plan(draw(tmp_path, *RELEASE, FIX), f"{option}={revision}")
    assert (ended.status, ended.json["error"]["code"]) == (2, "BAD_REVISION")
    assert "\x1b" not in ended.stdout + ended.stderr
