"""What is deployed, and what is not committed."""

import json
import stat
from pathlib import Path

import pytest

from tests.story.edges import DOCS, FIX, GONE, RELEASE, VALUES, decision, deployed, hosted, plan, refusal
from tests.support.command import command
from tests.support.history import clone, draw, git


def test_a_deployed_descendant_of_head_is_never_replaced(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, VALUES)
    newest = repo.head
    repo.git("checkout", "--quiet", "HEAD~1")
    ended = plan(repo, *deployed(repo, newest))
    assert decision(ended) == "nothing"
    assert "superseded" in json.dumps(ended.json["targets"][0]["ignored"])


def test_in_a_shallow_clone_a_deployed_descendant_is_not_replaced_either(tmp_path: Path) -> None:
    repo, origin = hosted(tmp_path, FIX, VALUES)
    git(origin, "update-ref", "refs/heads/main", f"{repo.head}~1")
    local = clone(origin, tmp_path / "clone", "--depth=1")
    assert decision(plan(local, *deployed(local, repo.head))) == "nothing"


def test_a_deployed_commit_that_is_gone_is_compared_with_the_release_and_says_so(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, VALUES)
    ended = plan(repo, *deployed(repo, GONE))
    compared = ended.json["targets"][0]["compared"]
    assert (decision(ended), compared["certain"]) == ("redeploy", False)
    assert "gone" in compared["how"]


def test_a_deployed_commit_that_is_gone_with_other_values_is_no_reason_for_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, DOCS)
    assert decision(plan(repo, *deployed(repo, GONE))) == "redeploy"


def test_another_release_name_in_the_configuration_is_deployed(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, DOCS)
    options = deployed(repo, repo.head)
    assert decision(plan(repo, *options)) == "nothing"
    repo.commit("chore: rename", **{".stage6.yaml": "targets: {live: {release: another}}\n"})
    assert decision(plan(repo, *options)) == "redeploy"


def test_a_record_without_its_manifests_is_no_deploy(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, DOCS)
    options = deployed(repo, repo.head)
    (repo.path / "rendered/live/manifests.yaml").unlink()
    assert decision(plan(repo, *options)) == "redeploy"


def test_what_is_deployed_with_these_values_stays(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, VALUES, DOCS)
    assert decision(plan(repo, *deployed(repo, repo.git("rev-parse", "HEAD~1")))) == "nothing"


@pytest.mark.parametrize(
    "record", ["", "{", "[]", "{}", '{"version": 1}', '{"version":"1","commit":"x","digest":"","values_digest":""}']
)
def test_a_record_that_cannot_be_read_is_an_error(tmp_path: Path, record: str) -> None:
    repo = draw(tmp_path, *RELEASE)
    options = deployed(repo, repo.head)
    repo.write("rendered/live/release.json", record)
    assert refusal(plan(repo, *options)) == (8, "RECORD_UNREADABLE")


def listing(directory: Path) -> dict[str, tuple[int, int]]:
    """Every file of a directory with its mode and size, and its time but for objects, whose time git renews."""
    files = {str(file.relative_to(directory)): file.stat() for file in directory.rglob("*")}
    return {
        name: (found.st_mode, 0 if name.startswith("objects") or stat.S_ISDIR(found.st_mode) else found.st_mtime_ns)
        for name, found in files.items()
    }


def test_a_simulation_of_the_work_tree_sees_every_edit_and_leaves_no_trace(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write("charts/app/values.yaml", "edited: 1\n")
    repo.write("charts/app/templates/new.yaml", "")
    (repo.path / "envs/live/values.yaml").unlink()
    before = repo.git("status", "--porcelain"), listing(repo.path / ".git")
    ended = command("simulate", "--worktree", "--output=json", cwd=repo.path)
    reasons = {(reason["path"], reason["status"]) for reason in ended.json["targets"][0]["reasons"]}
    assert reasons == {
        ("charts/app/values.yaml", "M"),
        ("charts/app/templates/new.yaml", "A"),
        ("envs/live/values.yaml", "D"),
    }
    after = listing(repo.path / ".git")
    assert (repo.git("status", "--porcelain"), after) == before


def test_edits_that_are_not_committed_change_no_plan(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write("charts/app/values.yaml", "edited: 1\n")
    assert decision(plan(repo)) == "nothing"
