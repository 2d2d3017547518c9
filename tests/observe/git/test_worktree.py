"""A snapshot of the work tree: sees every edit, and leaves no trace in the repository."""

import os
import time
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.git.worktree import snapshot
from tests.support.history import Drawn, bare, clone, draw, opened

Trace = dict[str, tuple[int, bytes]]


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [charts/app/values.yaml charts/app/b.yaml envs/live/values.yaml]")


def trace(directory: Path) -> Trace:
    """Every file of a directory, its content and when it was written; git renews the time of objects that it needs."""
    files = (file for file in sorted(directory.rglob("*")) if file.is_file())
    return {str(file): (0 if "objects" in file.parts else file.stat().st_mtime_ns, file.read_bytes()) for file in files}


def seen(repo: Drawn, scratch: Path) -> dict[str, bytes]:
    """Content of every file in the snapshot."""
    scratch.mkdir()
    repository, commit = snapshot(opened(repo), scratch)
    entries = repository.tree(commit, "charts", "envs", "new", "-rf")
    contents = repository.blobs(entry.blob for entry in entries)
    return {os.fsdecode(entry.path): contents[entry.blob] for entry in entries}


def edit(repo: Drawn) -> Drawn:
    repo.write("charts/app/values.yaml", "edited")
    repo.write("new", "untracked")
    (repo.path / "charts/app/b.yaml").unlink()
    return repo


EDITED = {"charts/app/values.yaml": b"edited", "new": b"untracked", "envs/live/values.yaml": b"number: 0\n"}


def test_edited_untracked_and_deleted_files_are_seen(repo: Drawn, tmp_path: Path) -> None:
    assert seen(edit(repo), tmp_path / "scratch") == EDITED


@pytest.mark.parametrize("setting", ["core.splitIndex", "core.untrackedCache", "feature.manyFiles", "index.sparse"])
def test_nothing_is_written_to_the_repository(repo: Drawn, tmp_path: Path, setting: str) -> None:
    edit(repo).git("config", setting, "true")
    before = trace(repo.path)
    assert seen(repo, tmp_path / "scratch") == EDITED
    assert trace(repo.path) == before


def test_a_split_index_is_read(repo: Drawn, tmp_path: Path) -> None:
    edit(repo).git("update-index", "--split-index")
    assert seen(repo, tmp_path / "scratch") == EDITED


def test_ignored_files_are_left_out_unless_they_are_staged(repo: Drawn, tmp_path: Path) -> None:
    repo.write(".gitignore", "charts/app/*.log\n")
    repo.write("charts/app/left.log", "x")
    repo.write("charts/app/staged.log", "y")
    repo.git("add", "--force", "charts/app/staged.log")
    assert [path for path in seen(repo, tmp_path / "scratch") if path.endswith(".log")] == ["charts/app/staged.log"]


def test_an_edit_of_the_same_size_in_the_instant_of_the_commit_is_seen(repo: Drawn, tmp_path: Path) -> None:
    file, index = repo.path / "charts/app/values.yaml", repo.path / ".git/index"
    then = file.stat()
    file.write_bytes(b"number: 9\n")
    for touched in (file, index):
        os.utime(touched, ns=(then.st_atime_ns, then.st_mtime_ns))
    time.sleep(0.02)
    assert seen(repo, tmp_path / "scratch")["charts/app/values.yaml"] == b"number: 9\n"


def test_staged_edits_without_a_file_in_the_work_tree_are_not_seen(repo: Drawn, tmp_path: Path) -> None:
    repo.write("new", "x")
    repo.git("add", "new")
    (repo.path / "new").unlink()
    assert "new" not in seen(repo, tmp_path / "scratch")


def test_a_sparse_checkout_has_deleted_nothing(repo: Drawn, tmp_path: Path) -> None:
    repo.git("sparse-checkout", "set", "--cone", "envs")
    assert not (repo.path / "charts").exists()
    assert "charts/app/values.yaml" in seen(repo, tmp_path / "scratch")


def test_a_staged_mode_counts_where_the_file_system_has_none(repo: Drawn, tmp_path: Path) -> None:
    repo.git("config", "core.fileMode", "false")
    repo.git("update-index", "--chmod=+x", "charts/app/b.yaml")
    (tmp_path / "scratch").mkdir()
    repository, commit = snapshot(opened(repo), tmp_path / "scratch")
    assert [entry.mode for entry in repository.tree(commit, "charts/app/b.yaml")] == ["100755"]


def test_the_snapshot_descends_from_the_commit_that_is_checked_out(repo: Drawn, tmp_path: Path) -> None:
    repository, commit = snapshot(opened(edit(repo)), tmp_path)
    assert repository.find(f"{commit}^1") == (repo.head,)


def test_the_same_work_tree_is_the_same_commit(repo: Drawn, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert snapshot(opened(edit(repo)), tmp_path / "one")[1] == snapshot(opened(repo), tmp_path / "two")[1]


@pytest.mark.parametrize("name", ["a b", 'a"b', "a:b", "a\\b", "naïve", "-rf", "a\nb", "'", "$HOME"])
def test_the_repository_may_have_any_name(tmp_path: Path, name: str) -> None:
    repo = edit(draw(tmp_path / name, "feat: a [charts/app/values.yaml charts/app/b.yaml envs/live/values.yaml]"))
    assert seen(repo, tmp_path / f"scratch {name}") == EDITED


def test_a_linked_worktree_shows_its_own_edits(repo: Drawn, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    assert seen(edit(Drawn(tmp_path / "linked")), tmp_path / "scratch") == EDITED


def test_a_repository_that_borrows_objects_lends_them_on(repo: Drawn, tmp_path: Path) -> None:
    borrower = clone(bare(repo, tmp_path / "origin.git"), tmp_path / "borrower", "--reference", str(repo.path))
    assert seen(edit(borrower), tmp_path / "scratch") == EDITED


def test_a_file_of_any_name_is_seen(repo: Drawn, tmp_path: Path) -> None:
    repo.write("-rf", "x")
    repo.write(os.fsdecode(b"charts/caf\xe9\n"), "y")
    found = seen(repo, tmp_path / "scratch")
    assert (found["-rf"], found[os.fsdecode(b"charts/caf\xe9\n")]) == (b"x", b"y")


@pytest.mark.parametrize("hook", ["post-index-change", "reference-transaction", "pre-commit", "fsmonitor-watchman"])
def test_no_hook_of_the_repository_runs(repo: Drawn, tmp_path: Path, hook: str) -> None:
    script = repo.write(f".git/hooks/{hook}", f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    if hook == "fsmonitor-watchman":
        repo.git("config", "core.fsmonitor", str(script))
    seen(edit(repo), tmp_path / "scratch")
    assert not (tmp_path / "ran").exists()


def test_without_a_commit_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    with pytest.raises(CannotTellError) as unborn:
        snapshot(opened(draw(tmp_path / "repo")), tmp_path)
    assert unborn.value.code == "NO_COMMITS"
