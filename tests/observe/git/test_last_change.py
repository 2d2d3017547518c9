"""The last commit that changed a path is the one that git names, and a near one takes no process."""

from pathlib import Path

import pytest

from jetscale_cicd.observe.git.last_change import near_last_change
from tests.support.history import Drawn, clone, draw, opened

CHART = "charts/app"
# Merges that took one side, the other, both, or neither as it was; a path that went, came back, and was never there.
HISTORY = (
    *("docs: a [README.md]", "feat: b [charts/app/values.yaml]", "docs: c [README.md]"),
    *("branch side", "fix: d [charts/app/side.yaml]", "checkout main", "docs: e [other.md]", "merge side"),
    *("branch quiet", "docs: f [quiet.md]", "checkout main", "fix: g [charts/app/main.yaml]", "merge quiet"),
    *("branch left", "fix: h [charts/app/left.yaml]", "checkout main", "fix: i [charts/app/right.yaml]", "merge left"),
    *("docs: j [README.md]", "fix: k [-charts/app/values.yaml]", "branch gone"),
    *("fix: l [-charts/app/side.yaml -charts/app/main.yaml -charts/app/left.yaml -charts/app/right.yaml]",),
    *("docs: m [README.md]", "checkout main", "docs: n [README.md]"),
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return draw(tmp_path_factory.mktemp("last") / "repo", *HISTORY)


@pytest.mark.parametrize("path", [CHART, f"{CHART}/side.yaml", ".", "README.md"])
def test_it_is_the_commit_that_git_names(repo: Drawn, path: str) -> None:
    repository = opened(repo)
    commits = repo.git("rev-list", "--all").split()
    named = [repo.git("log", "-1", "--format=%H", commit, "--", path).strip() for commit in commits]
    assert [near_last_change(repository, commit, path) or "" for commit in commits] == named
    assert len(set(named)) >= 3


def test_a_far_one_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetscale_cicd.observe.git.last_change._NEAR", 2)
    far = draw(tmp_path / "repo", "feat: a [charts/app/values.yaml]")
    first = far.head
    repository = opened(far.draw("docs: b [README.md]", "docs: c [README.md]"))
    assert near_last_change(repository, far.head, CHART) is None
    assert repository.last_change(far.head, CHART)[0] == first


def test_where_a_clone_is_cut_off_it_is_the_oldest_commit_there(tmp_path: Path, repo: Drawn) -> None:
    cut = clone(repo, tmp_path / "cut", "--depth=1")
    assert near_last_change(opened(cut), cut.head, CHART) == cut.head
