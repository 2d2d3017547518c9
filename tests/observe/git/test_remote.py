"""The ladder for what a clone lacks: each rung with a real remote, and with one that is gone."""

import shutil
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.observe.git.remote import (
    fetch_tags,
    is_truncated,
    remote_of,
    remote_refs,
    resolve_or_fetch,
    unshallow,
)
from tests.support.history import Drawn, bare, clone, draw, git, opened

STORY = ("feat: a [charts/app/values.yaml]", "tag v0.1.0", "fix: b [charts/app/values.yaml]", "docs: c [README.md]")


@pytest.fixture
def work(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "work", *STORY)


@pytest.fixture
def origin(work: Drawn, tmp_path: Path) -> Path:
    return bare(work, tmp_path / "origin.git")


def refs(repo: Drawn) -> str:
    return repo.git("for-each-ref")


def forget(origin: Path, commit: str) -> None:
    """Move main to a commit and throw away what it held before, as a host does some time after a force push."""
    git(origin, "update-ref", "refs/heads/main", commit)
    git(origin, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")


def test_a_missing_commit_is_fetched_by_its_exact_name(work: Drawn, origin: Path, tmp_path: Path) -> None:
    lost = work.head
    git(origin, "update-ref", "refs/heads/main", f"{lost}~1")
    repo = clone(origin, tmp_path / "clone")
    before = refs(repo)
    assert opened(repo).find(lost) == (None,)
    assert resolve_or_fetch(opened(repo), lost) == lost
    assert (refs(repo), opened(repo).shallow) == (before, False)


def test_a_commit_that_is_gone_everywhere_is_not_found(work: Drawn, origin: Path, tmp_path: Path) -> None:
    lost = work.head
    forget(origin, f"{lost}~1")
    assert resolve_or_fetch(opened(clone(origin, tmp_path / "clone")), lost) is None


def test_in_a_shallow_clone_one_commit_is_enough(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = opened(clone(origin, tmp_path / "clone", "--depth=1"))
    assert resolve_or_fetch(repo, work.git("rev-parse", "HEAD~2")) == work.git("rev-parse", "HEAD~2")
    assert repo.find("HEAD~1") == (None,)


def test_a_relative_revision_needs_the_whole_history(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = opened(clone(origin, tmp_path / "clone", "--depth=1"))
    assert resolve_or_fetch(repo, "HEAD~2") == work.git("rev-parse", "HEAD~2")
    assert not repo.shallow


def test_a_target_branch_that_was_not_cloned_is_fetched(work: Drawn, origin: Path, tmp_path: Path) -> None:
    work.draw("branch topic", "fix: d [charts/app/values.yaml]")
    work.git("push", "--quiet", str(origin), "topic")
    repo = clone(origin, tmp_path / "clone", "--single-branch", "--branch=topic")
    assert resolve_or_fetch(opened(repo), "refs/remotes/origin/main") == work.git("rev-parse", "main")


@pytest.mark.parametrize("branch", ["missing", "-rf", "*", "a:b", "../x", "--upload-pack=touch ran"])
def test_a_branch_of_any_name_is_asked_for_as_a_name(origin: Path, tmp_path: Path, branch: str) -> None:
    repo = opened(clone(origin, tmp_path / "clone"))
    assert " " in branch or resolve_or_fetch(repo, f"refs/remotes/origin/{branch}") is None
    assert not list(tmp_path.rglob("ran"))


def test_without_network_nothing_is_fetched(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--depth=1")
    repo.git("config", "protocol.file.allow", "always")
    assert resolve_or_fetch(opened(repo, network=False), work.git("rev-parse", "HEAD~1")) is None


def test_without_network_missing_objects_are_not_fetched_either(origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    repo.git("config", "protocol.file.allow", "always")
    blob = repo.git("rev-parse", "HEAD:README.md")
    with pytest.raises(CannotTellError):
        opened(repo, network=False).blobs([blob])
    assert opened(repo).blobs([blob])


def test_a_clone_that_is_completed_has_every_commit_and_tag(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--depth=1")
    unshallow(opened(repo), repo.head)
    assert repo.git("rev-list", "--count", "HEAD") == "3"
    assert repo.git("rev-parse", "v0.1.0") == work.git("rev-parse", "v0.1.0")


def test_completing_fetches_no_file_contents(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--depth=1")
    unshallow(opened(repo))
    old = work.git("rev-parse", "v0.1.0:charts/app/values.yaml")
    assert old not in repo.git("cat-file", "--batch-all-objects", "--batch-check")


def test_completing_moves_and_deletes_no_tag(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--depth=1")
    for tag in ("v0.1.0", "mine"):
        repo.git("tag", tag)
    for key in ("remote.origin.prune", "remote.origin.pruneTags", "fetch.prune", "fetch.pruneTags"):
        repo.git("config", key, "true")
    unshallow(opened(repo), repo.head)
    assert repo.git("rev-parse", "v0.1.0", "mine").split() == [repo.head, repo.head]
    assert repo.git("rev-list", "--count", "HEAD") == "3"


def test_a_merge_that_is_on_no_branch_is_completed_too(work: Drawn, origin: Path, tmp_path: Path) -> None:
    work.draw("branch topic", "fix: d [x]", "checkout main", "docs: e [README.md]", "merge topic")
    work.git("push", "--quiet", str(origin), "HEAD:refs/pull/5/merge")
    git(tmp_path, "init", "--quiet", "clone")
    repo = Drawn(tmp_path / "clone")
    repo.git("remote", "add", "origin", origin.as_uri())
    repo.git("fetch", "--quiet", "--depth=1", "origin", "+refs/pull/5/merge:refs/remotes/pull/5/merge")
    repo.git("checkout", "--quiet", "refs/remotes/pull/5/merge")
    assert is_truncated(opened(repo), work.head)
    unshallow(opened(repo), work.head)
    assert not is_truncated(opened(repo), work.head)
    assert repo.git("rev-list", "--count", "HEAD") == work.git("rev-list", "--count", "HEAD")


def test_a_shallow_remote_cannot_complete_a_clone(origin: Path, tmp_path: Path) -> None:
    middle = clone(origin, tmp_path / "middle", "--depth=2")
    repo = opened(clone(middle, tmp_path / "clone", "--depth=1"))
    with pytest.raises(CannotTellError) as incomplete:
        unshallow(repo, repo.commit("HEAD"))
    assert incomplete.value.code == "HISTORY_INCOMPLETE"


def test_a_clone_whose_remote_is_gone_cannot_be_completed(origin: Path, tmp_path: Path) -> None:
    repo = opened(clone(origin, tmp_path / "clone", "--depth=1"))
    shutil.rmtree(origin)
    with pytest.raises(CannotTellError) as incomplete:
        unshallow(repo)
    assert incomplete.value.code == "HISTORY_INCOMPLETE"


def test_history_is_cut_only_where_it_was_cut(origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--depth=1")
    repo.git("checkout", "--quiet", "--orphan", "own")
    repo.draw("docs: own [x]")
    repository = opened(repo)
    assert (is_truncated(repository, repository.commit("main")), is_truncated(repository, repo.head)) == (True, False)


def test_the_remotes_tags_come_with_the_commit_that_they_mean(work: Drawn, origin: Path, tmp_path: Path) -> None:
    work.git("tag", "v0.2.0")
    work.git("push", "--quiet", str(origin), "v0.2.0")
    found = remote_refs(opened(clone(origin, tmp_path / "clone")), "refs/tags/v*")
    assert found == {"refs/tags/v0.1.0": work.git("rev-parse", "HEAD~2"), "refs/tags/v0.2.0": work.head}


def test_a_remote_that_does_not_answer_is_an_error(origin: Path, tmp_path: Path) -> None:
    repo = opened(clone(origin, tmp_path / "clone"))
    shutil.rmtree(origin)
    with pytest.raises(CannotTellError) as unreachable:
        remote_refs(repo, "refs/tags/v*")
    assert unreachable.value.code == "REMOTE_UNREACHABLE"


def test_fetching_tags_leaves_everything_else_alone(work: Drawn, origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--no-tags")
    repo.write(".git/FETCH_HEAD", "mine")
    work.draw("fix: d [charts/app/values.yaml]", "tag v0.2.0")
    work.git("push", "--quiet", str(origin), "main", "v0.2.0")
    before = refs(repo)
    fetch_tags(opened(repo), ["v0.2.0"])
    assert refs(repo) == before + "\n" + work.git("for-each-ref", "refs/tags/v0.2.0")
    assert (repo.path / ".git/FETCH_HEAD").read_text() == "mine"


def test_many_tags_come_by_their_pattern_and_none_is_moved(work: Drawn, origin: Path, tmp_path: Path) -> None:
    first = work.git("rev-parse", "HEAD~2")
    tags = [f"v1.0.{number}" for number in range(60)]
    updates = "".join(f"create refs/tags/{tag} {work.head}\n" for tag in (*tags, "v-odd", "other"))
    repo = clone(origin, tmp_path / "clone")
    repo.git("tag", "v-odd", first)
    git(origin, "update-ref", "--stdin", stdin=updates.encode())
    fetch_tags(opened(repo), tags, "v*")
    here = dict(line.split() for line in repo.git("tag", "--format=%(refname:strip=2) %(objectname)").splitlines())
    assert {tag: here[tag] for tag in tags} == dict.fromkeys(tags, work.head)
    assert (here["v-odd"], "other" in here) == (first, False)


def test_a_tag_that_the_remote_lacks_is_an_error_among_many_too(origin: Path, tmp_path: Path) -> None:
    git(origin, "config", "uploadpack.hideRefs", "refs/tags/v1")
    tags = [f"v1/0.{number}" for number in range(60)]
    with pytest.raises(CannotTellError):
        fetch_tags(opened(clone(origin, tmp_path / "clone")), tags, "v1/*")


@pytest.mark.parametrize("name", ["origin", "upstream"])
def test_the_only_remote_is_the_one_that_releases_are_pushed_to(origin: Path, tmp_path: Path, name: str) -> None:
    assert remote_of(opened(clone(origin, tmp_path / "clone", f"--origin={name}"))) == name


def test_origin_is_the_one_among_several(origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone")
    repo.git("remote", "add", "a-fork", "../fork.git")
    assert remote_of(opened(repo)) == "origin"


def test_several_remotes_without_an_origin_are_an_error(origin: Path, tmp_path: Path) -> None:
    repo = clone(origin, tmp_path / "clone", "--origin=upstream")
    repo.git("remote", "add", "a-fork", "../fork.git")
    with pytest.raises(ConfigurationError) as unclear:
        remote_of(opened(repo))
    assert unclear.value.code == "REMOTE_UNCLEAR"


def test_without_a_remote_there_is_none(work: Drawn) -> None:
    assert remote_of(opened(work)) is None
