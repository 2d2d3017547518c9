"""A diff and a tree are the same, whether they are read from tree objects or asked from a process of git's."""

import copy
import os
import pickle
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.observe.git import trees
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.worktree import snapshot
from tests.support.history import Drawn, bare, clone, draw, opened

GITLINK = "1234567890123456789012345678901234567890"
WATCH = ("charts/**", "envs/*/values.yaml", ".stage6.yaml")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Two commits between which everything happens that can happen to a path."""
    repo = draw(tmp_path_factory.mktemp("diff") / "repo")
    for path in ("same", "changed", "deleted", "folder/a", "folder.b", "mode", "link", "sub/x", "deep/er/and/deeper"):
        repo.write(f"charts/app/{path}", f"old {path}\n")
    for path in ("envs/live/values.yaml", "envs/live/other", "docs/a", "docs/b", "docs/c", "README.md", "charts.d"):
        repo.write(path, f"old {path}\n")
    repo.write("charts/app/becomes-a-folder", "x")
    repo.write("charts/app/becomes-a-file/x", "x")
    repo.commit("feat: old")
    (repo.path / "charts/app/deleted").unlink()
    (repo.path / "charts/app/becomes-a-folder").unlink()
    (repo.path / "charts/app/becomes-a-file/x").unlink()
    (repo.path / "charts/app/becomes-a-file").rmdir()
    (repo.path / "charts/app/mode").chmod(0o755)
    (repo.path / "charts/app/link").unlink()
    (repo.path / "charts/app/link").symlink_to("same")
    (repo.path / "charts/app/sub/x").unlink()
    for path in ("changed", "deep/er/and/deeper", "becomes-a-folder/new", "becomes-a-file", "-rf", "a\nb", "naïve"):
        repo.write(f"charts/app/{path}", f"new {path}\n")
    repo.write(os.fsdecode(b"charts/app/caf\xe9"), "new")
    for path in ("envs/live/values.yaml", "docs/a", "docs/b", "docs/c", "README.md", "charts.d"):
        repo.write(path, f"new {path}\n")
    repo.git("add", "--all")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK},charts/app/sub")
    repo.git("commit", "--quiet", "--message", "feat: new")
    return repo


def compared(repository: Repository, base: str | None, watch: tuple[str, ...] = WATCH) -> ChangeSet:
    old = repository.commit(base) if base else None
    return repository.changes(Comparison(old, repository.commit("HEAD"), "test"), watch)


@pytest.mark.parametrize("base", ["HEAD~1", "HEAD", None])
@pytest.mark.parametrize("watch", [WATCH, ("**",), ("docs/a",), (), tuple(f"charts/app/{n}" for n in range(200))])
def test_trees_and_git_tell_the_same_difference(
    repo: Drawn, base: str | None, watch: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    near = compared(opened(repo), base, watch)
    monkeypatch.setattr(trees, "_TREES", 0)
    far = compared(opened(repo), base, watch)
    assert sorted(near.watched) == sorted(far.watched)
    assert (near.count, near.unwatched) == (far.count, far.unwatched)


@pytest.mark.parametrize("base", ["HEAD~1", "HEAD", None])
@pytest.mark.parametrize("watch", [WATCH, ("**",), ("docs/a",), (), ("charts/app/**", "envs/*/values.yaml")])
def test_the_watched_folders_of_a_large_difference_tell_what_git_tells(
    repo: Drawn, base: str | None, watch: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, watched = opened(repo), Globs(watch)
    with monkeypatch.context() as patch:
        patch.setattr(trees, "_TREES", 0)
        by_git = compared(repository, base, watch)
    near = trees.near_changes(repository, by_git.comparison.base, repo.head, watched.may_match_below)
    assert near is not None
    assert {change for change in near if watched.rule(change.path)} == set(by_git.watched)


def test_a_count_that_was_begun_is_the_same(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    near = compared(opened(repo), "HEAD~1")
    monkeypatch.setattr(trees, "_TREES", 0)
    repository = opened(repo)
    repository.begin_diff(Comparison(repository.commit("HEAD~1"), repository.commit("HEAD"), "test"))
    far = compared(repository, "HEAD~1")
    assert (far.count, far.unwatched) == (near.count, near.unwatched)
    assert far.count > len(far.watched) > 10


@pytest.mark.parametrize(
    "path", ["charts/app", "charts", ".", "charts/app/link", "charts/app/sub", "nothing", "docs/a/b"]
)
def test_trees_and_git_list_the_same_files(repo: Drawn, path: str) -> None:
    repository = opened(repo)
    files = trees.files_below(repository, repo.head, path)
    assert files == trees.list_files(repository.git, repo.head, path)
    assert bool(files) is (path not in ("nothing", "docs/a/b"))


def test_a_folder_of_very_many_folders_is_listed_by_git(tmp_path: Path) -> None:
    repo = draw(tmp_path, f"feat: a [{' '.join(f'charts/{number}/x' for number in range(100))}]")
    repository = opened(repo)
    assert len(repository.tree(repo.head, "charts", "charts/1/x")) == 100


def test_a_tree_that_is_missing_outside_the_watched_ones_leaves_only_the_count_open(tmp_path: Path) -> None:
    repo = draw(tmp_path, "feat: a [charts/app/x docs/a]", "docs: b [docs/a docs/b]")
    tree = repo.git("rev-parse", "HEAD:docs")
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    changes = compared(opened(repo), "HEAD~1", ("charts/**", ".stage6.yaml"))
    assert changes.watched == ()
    with pytest.raises(CannotTellError) as missing:
        _ = changes.count
    assert missing.value.code == "GIT_FAILED"


@pytest.mark.parametrize(
    ("older", "newer"), [("HEAD~3", "HEAD"), ("HEAD", "HEAD~3"), ("side", "HEAD"), ("HEAD", "side")]
)
@pytest.mark.parametrize("steps", [0, 1, 16])
def test_the_commits_themselves_and_git_tell_the_same_ancestry(
    tmp_path: Path, older: str, newer: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jetscale_cicd.observe.git.ancestry._NEAR", steps)
    repo = draw(tmp_path, *(f"fix: {number} [x]" for number in range(5)), "branch side", "fix: s [y]", "checkout main")
    repo.draw("fix: m [z]")
    repository = opened(repo)
    one, other = repository.commit(older), repository.commit(newer)
    expected = (older, newer) == ("HEAD~3", "HEAD")
    assert [repository.is_ancestor(one, other) for _ in range(2)] == [expected] * 2
    assert repository.is_ancestor(other, one) is ((older, newer) == ("HEAD", "HEAD~3"))
    assert repository.is_ancestor(one, one)


def test_in_a_shallow_clone_no_answer_is_kept_that_the_rest_of_the_history_could_change(tmp_path: Path) -> None:
    work = draw(tmp_path / "work", "feat: a [x]", "feat: b [x]", "feat: c [x]")
    shallow = clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone", "--depth=1")
    first = work.git("rev-parse", "HEAD~2")
    repository = opened(shallow)
    assert repository.git.fetch("--quiet", "--depth=1", "origin", first).status == 0
    assert not repository.is_ancestor(first, work.head)
    assert repository.git.fetch("--quiet", "--unshallow", "origin").status == 0
    assert repository.is_ancestor(first, work.head)


@pytest.mark.parametrize("listed", ["at once", "beside", "when asked for"])
def test_a_copy_of_a_change_set_holds_the_count(repo: Drawn, listed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if listed != "at once":
        monkeypatch.setattr(trees, "_TREES", 0)
    repository = opened(repo)
    comparison = Comparison(repository.commit("HEAD~1"), repository.commit("HEAD"), "test")
    if listed == "beside":
        repository.begin_diff(comparison)
    changes = repository.changes(comparison, WATCH)
    with repository.git:
        counts = [
            copy.deepcopy(changes).counted(),
            pickle.loads(pickle.dumps(changes)).counted(),
            asdict(changes)["counted"](),
        ]
    assert counts == [changes.counted()] * 3
    assert changes.count > len(changes.watched)


def test_a_count_that_was_begun_outlives_a_fetch_and_the_scratch_space_of_the_work_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "_TREES", 0)
    repo = draw(tmp_path / "repo", "feat: a [charts/app/x]")
    repo.write("docs/new", "not committed")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    taken, head = snapshot(opened(repo), scratch)
    comparison = Comparison(repo.head, head, "test")
    with taken.git:
        taken.begin_diff(comparison)
        changes = taken.changes(comparison, WATCH)
        assert taken.git.fetch("--quiet", str(repo.path), "HEAD").status == 0
    shutil.rmtree(scratch)
    assert (changes.count, changes.unwatched) == (1, (b"docs/new",))
