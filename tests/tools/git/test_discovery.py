"""A repository that somebody committed as ordinary files is not the repository: its configuration runs programs."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.command import Ended, command
from tests.support.history import clone, git
from tests.support.sample import Sample, small

COMMANDS = [("plan",), ("simulate", "--worktree", "--base=HEAD"), ("status",), ("stage6",), ("explain", "charts/app")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clone whose folder ``deploy`` is a repository with a work tree, and a file that its programs would make."""
    directory = tmp_path_factory.mktemp("built")
    ran, outer, inner = directory / "ran", small(directory / "outer"), small(directory / "inner")
    git_dir = inner.repo.path / ".git"
    for key, value in {
        "core.worktree": ".",
        "core.sshCommand": f"touch {ran};",
        "filter.x.clean": f"touch {ran}; cat",
        "remote.origin.url": "ssh://host.invalid/x",
    }.items():
        inner.repo.git("config", "--file", str(git_dir / "config"), key, value)
    deploy = outer.repo.path / "deploy"
    shutil.copytree(inner.repo.path, deploy, ignore=shutil.ignore_patterns(".git"))
    for part in ("HEAD", "config", "objects", "refs"):
        (shutil.copytree if (git_dir / part).is_dir() else shutil.copy)(git_dir / part, deploy / part)
    (deploy / ".gitattributes").write_text("* filter=x\n")
    outer.repo.git("add", "--all", "--force")
    outer.repo.git("commit", "--quiet", "--message", "feat: deploy")
    outer.repo.git("push", "--quiet", "origin", "HEAD")
    copy = clone(outer.remote, directory / "clone")
    (copy.path / "deploy/charts/app/values.yaml").write_text("size: 9\n")
    return copy.path, ran


def code(ended: Ended) -> tuple[int, str]:
    return ended.status, ended.json["error"]["code"]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_repository_among_the_files_of_another_one_is_not_used(
    built: tuple[Path, Path], arguments: tuple[str, ...]
) -> None:
    tree, ran = built
    assert code(command(*arguments, "--output=json", cwd=tree / "deploy")) == (2, "REPOSITORY_IN_TREE")
    assert code(command(*arguments, "--output=json", "--repo=deploy", cwd=tree)) == (2, "REPOSITORY_IN_TREE")
    assert not ran.exists()


def test_below_it_the_outer_one_is_used(built: tuple[Path, Path]) -> None:
    tree, ran = built
    ended = command("explain", "charts/app/values.yaml", "--output=json", cwd=tree / "deploy/charts")
    assert (ended.status, ran.exists()) == (0, False), ended.stderr


def test_neither_is_one_that_leads_to_another_repository_of_the_machine(tmp_path: Path) -> None:
    other, stack = small(tmp_path / "other"), small(tmp_path / "stack")
    deploy = stack.repo.path / "deploy"
    (deploy / "objects").mkdir(parents=True)
    (deploy / "refs").mkdir()
    (deploy / "HEAD").write_text("ref: refs/heads/main\n")
    (deploy / "commondir").write_text(str(other.repo.path / ".git"))
    assert code(command("simulate", "--base=HEAD", "--output=json", cwd=deploy)) == (2, "REPOSITORY_IN_TREE")


def test_a_directory_whose_parts_are_pipes_is_none(tmp_path: Path) -> None:
    stack = small(tmp_path)
    for name in ("objects", "refs"):
        (stack.repo.path / "deploy" / name).mkdir(parents=True)
    (stack.repo.path / "deploy" / "HEAD").write_text("ref: refs/heads/main\n")
    os.mkfifo(stack.repo.path / "deploy" / "commondir")
    assert command("explain", "charts/app/values.yaml", cwd=stack.repo.path / "deploy").status == 0


def test_a_clone_in_the_work_tree_of_another_one_is_used_from_its_own_folder_of_git(tmp_path: Path) -> None:
    """Where its hooks run; git adds no file below such a name, so nobody committed it."""
    outer, inner = small(tmp_path / "outer"), small(tmp_path / "inner")
    copy = clone(inner.remote, outer.repo.path / "copy")
    assert command("plan", "--since=event", "--base=HEAD", cwd=copy.path / ".git").status == 0


def test_work_trees_beside_their_bare_repository_are_used(tmp_path: Path) -> None:
    sample = small(tmp_path)
    place = tmp_path / "place"
    git(tmp_path, "clone", "--quiet", "--bare", str(sample.remote), str(place / ".bare"))
    (place / ".git").write_text("gitdir: ./.bare\n")
    git(place, "worktree", "add", "--quiet", str(place / "main"), "main")
    (place / "registry").mkdir()
    for directory in (place / "main", place / ".bare"):
        assert Sample(tmp_path).command("plan", f"--repo={directory}").status == 0
