"""Never backwards: maintenance lines, topic branches, and runs that come late."""

from pathlib import Path

import pytest

from tests.support.history import git
from tests.support.sample import CONFIG, Sample, released, small, step_results

pytestmark = pytest.mark.quick(4)

CHART = "charts/app/values.yaml"
LIVE = "envs/live/values.yaml"
LINES = f"{CONFIG.replace('registry:', 'major_on_zero: true, registry:')}release: {{branches: [main, '[0-9]*.x']}}\n"
OVER = "--allow-older"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Live is 1.0.0 of main; the line ``0.x`` left it at 0.1.0 and is checked out."""
    sample = released(small(tmp_path_factory.mktemp("first"), {".stage6.yaml": LINES}))
    sample.repo.git("branch", "0.x")
    sample.edit("feat!: more room", CHART, "1", "2")
    assert released(sample).record()["version"] == "1.0.0"
    sample.repo.git("checkout", "--quiet", "0.x")
    return sample


@pytest.fixture
def line(first: Sample, tmp_path: Path) -> Sample:
    """A copy of it."""
    return first.copy(tmp_path)


def decided(sample: Sample, *arguments: str) -> tuple[str, str | None, str]:
    """Decision, version, and what became of the deploy."""
    ended = sample.run(*arguments)
    assert ended.status == 0, ended.stderr
    return ended.json["decision"], ended.json["version"], step_results(ended)["deploy live"]


def why(sample: Sample) -> str:
    (target,) = sample.run().json["targets"]
    return str(target["ignored"][-1]["why"])


@pytest.mark.parametrize(("path", "old", "new"), [("README.md", "# The stack", "# More"), (LIVE, "size: 3", "size: 4")])
def test_a_line_whose_version_is_lower_redeploys_nothing(line: Sample, path: str, old: str, new: str) -> None:
    line.edit("fix: on the line", path, old, new)
    before = line.manifests()
    assert decided(line) == ("nothing", None, "skipped")
    assert line.manifests() == before
    assert (line.repo.head[:12] in why(line), line.record()["commit"][:12] in why(line)) == (True, True)


def test_a_line_publishes_its_version_and_leaves_the_higher_one_deployed(line: Sample) -> None:
    line.edit("fix: on the line", CHART, "1", "7")
    before = line.manifests()
    decision, _, deploy = decided(line)
    assert (decision, deploy, line.manifests()) == ("publish", "skipped", before)
    assert (line.published[1], "v0.1.1" in line.remote_tags) == ("small-0.1.1.tgz", True)
    assert decided(line) == ("nothing", None, "skipped")


def test_who_says_so_deploys_the_older_line(line: Sample) -> None:
    line.edit("fix: on the line", CHART, "1", "7")
    assert decided(line, OVER) == ("publish", "0.1.1", "done")
    assert line.record()["version"] == "0.1.1"


def test_the_next_run_of_main_brings_the_higher_version_back(line: Sample) -> None:
    line.run(OVER)
    line.repo.git("checkout", "--quiet", "main")
    assert decided(line) == ("redeploy", "1.0.0", "done")


def test_a_tag_on_no_released_branch_is_no_other_line(line: Sample) -> None:
    stray = line.repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "stray")
    line.repo.git("push", "--quiet", "origin", f"{stray}:refs/tags/v0.1.5")
    line.edit("feat: on the line", CHART, "1", "7")
    ended = line.run()
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr


def test_a_version_that_another_line_has_is_not_taken_for_a_higher_one(line: Sample) -> None:
    line.edit("feat!: on the line", CHART, "1", "7")
    before = line.tracks()
    ended = line.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "VERSION_OF_ANOTHER_LINE")
    assert line.tracks() == before


@pytest.mark.slow
def test_the_main_line_goes_past_versions_of_others(line: Sample) -> None:
    line.repo.git("checkout", "--quiet", "-b", "1.x", "main")
    line.edit("fix: on the line", CHART, "2", "7")
    assert decided(line) == ("publish", "1.0.1", "done")
    line.repo.git("checkout", "--quiet", "main")
    line.edit("fix: on main", CHART, "2", "8")
    assert decided(line) == ("publish", "1.0.2", "done")


def test_a_commit_that_is_released_after_a_later_one_is_superseded(tmp_path: Path) -> None:
    stack = small(tmp_path)
    earlier = stack.repo.head
    stack.edit("feat: more room", CHART, "1", "2")
    stack.run()
    before = stack.tracks()
    ended = stack.run("--head", earlier)
    assert (ended.status, ended.json["decision"], ended.json["steps"]) == (0, "nothing", [])
    assert (stack.tracks(), list(stack.remote_tags)) == (before, ["v0.1.0"])


def test_what_was_deployed_by_a_commit_that_is_gone_is_never_replaced_by_a_lower_version(line: Sample) -> None:
    gone = line.record()["commit"]
    line.repo.git("branch", "--force", "main", "0.x")
    line.repo.git("push", "--quiet", "--force", "origin", "main", ":refs/tags/v1.0.0")
    line.repo.git("tag", "--delete", "v1.0.0")
    line.repo.git("update-ref", "-d", "refs/remotes/origin/main")
    for place in (line.repo.path, line.remote):
        git(place, "reflog", "expire", "--expire=now", "--all")
        git(place, "gc", "--quiet", "--prune=now")
    for place in (line.repo.path, line.remote):
        assert gone not in git(place, "rev-list", "--all", "--reflog")
        assert gone not in git(place, "cat-file", "--batch-all-objects", "--batch-check")
    line.edit("chore: values", LIVE, "size: 3", "size: 4")
    assert decided(line) == ("nothing", None, "skipped")
    assert line.record()["commit"] == gone


def test_a_deleted_tag_does_not_bring_the_version_before_it_back(line: Sample) -> None:
    line.repo.git("checkout", "--quiet", "main")
    line.repo.git("push", "--quiet", "origin", ":refs/tags/v1.0.0")
    line.repo.git("tag", "--delete", "v1.0.0")
    (line.registry / "small-1.0.0.tgz").unlink()
    line.edit("fix: back to the release before", CHART, "2", "1")
    before = line.tracks()
    ended = line.run()
    assert (ended.status, ended.json["error"]["code"]) == (8, "RELEASE_MISSING")
    assert line.tracks() == before
    assert decided(line, OVER) == ("redeploy", "0.1.0", "done")
