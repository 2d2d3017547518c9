"""``release.commit: true``: the version in Chart.yaml, in a commit that arrives together with its tag or not at all."""

from pathlib import Path

import pytest

from tests.support.command import Ended
from tests.support.history import git
from tests.support.sample import CONFIG, Sample, archive_files, small, step_results

# An option that few use: the quick suite has the story without it.
pytestmark = pytest.mark.slow

CHART = "# ours\napiVersion: v2\nname: small\nversion: 0.0.0 # by hand: never\nappVersion: x\n"
STAMPING = {".stage6.yaml": f"{CONFIG}release: {{commit: true}}\n", "charts/app/Chart.yaml": CHART}


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A stack whose releases get a commit, none of them made yet."""
    return small(tmp_path, dict(STAMPING))


def on_remote(sample: Sample, *arguments: str) -> str:
    return git(sample.remote, *arguments).strip()


def chart_at(sample: Sample, revision: str) -> str:
    return on_remote(sample, "show", f"{revision}:charts/app/Chart.yaml")


def hook(sample: Sample, name: str, script: str) -> None:
    file = sample.remote / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def code(ended: Ended) -> str:
    return str(ended.json["error"]["code"])


def test_the_version_is_written_and_committed_and_every_other_byte_is_kept(sample: Sample) -> None:
    head = sample.repo.head
    ended = sample.run()
    assert ended.status == 0, ended.stderr
    assert on_remote(sample, "log", "-1", "--format=%s%n%P", "main").split("\n") == ["chore(release): 0.1.0", head]
    assert on_remote(sample, "diff", "--stat", head, "main").count("|") == 1
    assert chart_at(sample, "main") == CHART.replace("0.0.0", "0.1.0").strip()
    assert on_remote(sample, "rev-parse", "v0.1.0^{commit}") == on_remote(sample, "rev-parse", "main")
    assert on_remote(sample, "for-each-ref", "refs/stage6") == ""


@pytest.mark.slow
def test_app_version_is_written_too_where_chart_yaml_keeps_the_two_equal(tmp_path: Path) -> None:
    equal = CHART.replace("appVersion: x", "appVersion: 0.0.0")
    sample = small(tmp_path, {**STAMPING, "charts/app/Chart.yaml": equal})
    assert sample.run().status == 0
    assert chart_at(sample, "main") == equal.replace("0.0.0", "0.1.0").strip()
    sample.repo.git("pull", "--quiet", "origin", "main")
    assert sample.run().json["decision"] == "nothing"


@pytest.mark.slow
def test_its_message_and_its_author_are_configured(tmp_path: Path) -> None:
    keys = 'commit: true, commit_message: "ci: {version} [skip ci]\\n\\nA body.", commit_author: Bot <bot@example.com>'
    sample = small(tmp_path, {**STAMPING, ".stage6.yaml": f"{CONFIG}release: {{{keys}}}\n"})
    assert sample.run().status == 0
    shown = on_remote(sample, "log", "-1", "--format=%an <%ae>|%cn <%ce>|%B", "main")
    assert shown == "Bot <bot@example.com>|Bot <bot@example.com>|ci: 0.1.0 [skip ci]\n\nA body."
    assert sample.run().json["decision"] == "nothing"


@pytest.mark.parametrize(
    "key",
    ["commit_message: 'a release'", 'commit_message: "x\\n{version}"', "commit_author: Bot", "commit_author: '\" <a>'"],
)
def test_a_message_without_the_version_and_an_author_without_an_address_are_refused(tmp_path: Path, key: str) -> None:
    sample = small(tmp_path, {**STAMPING, ".stage6.yaml": f"{CONFIG}release: {{commit: true, {key}}}\n"})
    assert sample.command("plan", "--output=json").status == 2


@pytest.mark.slow
def test_the_package_names_the_commit_that_changed_it_and_its_tag_gives_it_again(sample: Sample) -> None:
    assert sample.run().status == 0
    chart = archive_files(sample.registry / "small-0.1.0.tgz")["small/Chart.yaml"].decode()
    assert on_remote(sample, "rev-parse", "main^") in chart
    assert sample.command("verify-chart", "v0.1.0").status == 0


@pytest.mark.slow
def test_the_package_is_the_same_whether_its_commit_or_the_commit_before_is_packaged(tmp_path: Path) -> None:
    with_commit, without = small(tmp_path / "with", dict(STAMPING)), small(tmp_path / "without", dict(STAMPING))
    without.repo.git("config", "user.name", "Somebody Else")
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    assert (with_commit.run().status, without.run(f"--config={config}").status) == (0, 0)
    package = "small-0.1.0.tgz"
    assert (with_commit.registry / package).read_bytes() == (without.registry / package).read_bytes()


@pytest.mark.slow
def test_whoever_makes_it_it_is_the_same_commit(tmp_path: Path) -> None:
    tips = set()
    for name in ("Ann", ".,;"):
        sample = small(tmp_path / name, dict(STAMPING))
        sample.repo.git("config", "user.name", name)
        assert sample.run().status == 0
        tips.add(on_remote(sample, "rev-parse", "main"))
    assert len(tips) == 1


@pytest.mark.slow
def test_a_local_tag_at_head_is_not_ours_where_releases_have_commits(sample: Sample) -> None:
    sample.repo.git("tag", "--annotate", "--message", "by hand", "v0.1.0")
    ended = sample.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.1"), ended.stderr


def test_status_says_what_a_run_on_another_branch_would_refuse(sample: Sample) -> None:
    sample.repo.git("checkout", "--quiet", "-b", "topic")
    ended = sample.command("status")
    assert ended.status == 3
    assert "no release yet" in ended.stdout
    assert "error RELEASE_BRANCH" in ended.stderr


def test_neither_the_work_tree_nor_the_index_nor_the_local_branch_is_touched(sample: Sample) -> None:
    head = sample.repo.head
    assert sample.run().status == 0
    assert sample.repo.head == head
    assert sample.repo.git("status", "--porcelain") == ""


def test_a_run_on_the_release_commit_and_another_on_its_parent_find_nothing_to_do(sample: Sample) -> None:
    assert sample.run().status == 0
    assert sample.run().json["outcome"] == "satisfied"
    sample.repo.git("pull", "--quiet", "origin", "main")
    again = sample.run()
    assert (again.json["decision"], again.json["outcome"]) == ("nothing", "satisfied")
    assert list(sample.remote_tags) == ["v0.1.0"]


def test_the_next_change_follows_the_release_commit(sample: Sample) -> None:
    assert sample.run().status == 0
    sample.repo.git("pull", "--quiet", "origin", "main")
    sample.edit("fix: size", "charts/app/values.yaml", "1", "2")
    ended = sample.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.1"), ended.stderr
    assert chart_at(sample, "main") == CHART.replace("0.0.0", "0.1.1").strip()


@pytest.mark.slow
def test_a_run_that_lost_its_deploy_is_made_good_on_the_parent_of_the_release_commit(sample: Sample) -> None:
    assert sample.run().status == 0
    for file in ("manifests.yaml", "release.json"):
        (sample.repo.path / "rendered/live" / file).unlink()
    ended = sample.run()
    assert (ended.status, ended.json["decision"], ended.json["version"]) == (0, "redeploy", "0.1.0"), ended.stderr


def test_a_chart_that_says_its_version_already_needs_no_commit(tmp_path: Path) -> None:
    said = CHART.replace("0.0.0", "0.1.0").replace("appVersion: x", "appVersion: 0.1.0")
    sample = small(tmp_path, {**STAMPING, "charts/app/Chart.yaml": said})
    assert sample.run().status == 0
    assert on_remote(sample, "rev-parse", "v0.1.0^{commit}", "main").split() == [sample.repo.head] * 2


def test_a_plan_says_that_the_branch_gets_a_commit_and_makes_none(sample: Sample) -> None:
    before = sample.repo.git("count-objects")
    ended = sample.command("plan", "--output", "json")
    tag = next(step for step in ended.json["steps"] if step["name"] == "tag")
    assert "main gets a commit that writes 0.1.0 into charts/app/Chart.yaml" in tag["why"]
    assert tag["command"].startswith("git push --atomic origin refs/tags/v0.1.0 ")
    assert sample.repo.git("count-objects") == before


def test_a_protected_branch_refuses_commit_and_tag_together(sample: Sample) -> None:
    hook(sample, "update", 'case "$1" in refs/heads/*) echo "GH006: protected branch hook declined"; exit 1;; esac')
    ended = sample.run()
    assert (ended.status, code(ended)) == (4, "BRANCH_REFUSED")
    assert "GH006: protected branch" in ended.json["error"]["message"]
    assert sample.remote_tags == {}
    assert step_results(ended)["deploy live"] == "skipped"


@pytest.mark.slow
def test_once_the_branch_is_open_the_next_run_goes_on_with_the_package_that_is_there(sample: Sample) -> None:
    hook(sample, "update", 'case "$1" in refs/heads/*) exit 1;; esac')
    assert sample.run().status == 4
    (sample.remote / "hooks/update").unlink()
    ended = sample.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr
    assert step_results(ended)["publish"] == "satisfied"


def test_somebody_pushes_between_plan_and_tag_and_the_release_goes_on_top(sample: Sample) -> None:
    hook(
        sample,
        "update",
        'case "$1" in refs/tags/*) ;; *) exit 0;; esac\n'
        "[ -e pushed ] && exit 0\ntouch pushed\nunset GIT_QUARANTINE_PATH\n"
        'tree=$(git rev-parse "main^{tree}")\n'
        'new=$(echo "docs: meanwhile" | git -c user.name=D -c user.email=d@e commit-tree $tree -p main)\n'
        "git update-ref refs/heads/main $new",
    )
    ended = sample.run()
    assert ended.status == 0, ended.stderr
    assert on_remote(sample, "for-each-ref", "refs/stage6") == ""
    assert ended.json["version"] == "0.1.0"  # the chart is the same, and so is its package
    subjects = on_remote(sample, "log", "-2", "--format=%s", "main").splitlines()
    assert (subjects, list(sample.remote_tags)) == (["chore(release): 0.1.0", "docs: meanwhile"], ["v0.1.0"])


def test_a_remote_without_atomic_pushes_gets_neither_branch_nor_tag(sample: Sample) -> None:
    git(sample.remote, "config", "receive.advertiseAtomic", "false")
    head = sample.repo.head
    ended = sample.run()
    assert (ended.status, code(ended)) == (3, "REMOTE_NOT_ATOMIC")
    assert sample.remote_tags == {}
    assert on_remote(sample, "rev-parse", "main") == head


@pytest.mark.slow
def test_a_tag_that_somebody_else_pushed_is_theirs_and_the_branch_stays(sample: Sample) -> None:
    head = sample.repo.head
    hook(sample, "update", f'case "$1" in refs/tags/*) git tag -f v0.1.0 {head} >/dev/null; esac')
    ended = sample.run()
    assert ended.status == 0, ended.stderr
    assert on_remote(sample, "rev-parse", "main") == head
    assert sample.command("verify-chart", "v0.1.0").stdout.startswith("EQUAL")


@pytest.mark.parametrize(
    ("arrange", "why"),
    [
        (("checkout", "--quiet", "-b", "topic"), "the remote has no branch topic"),
        (("checkout", "--quiet", "--detach"), "nothing says which branch that is for"),
        (("remote", "remove", "origin"), "there is no remote to push it to"),
    ],
)
def test_a_commit_that_could_not_be_pushed_is_refused_before_anything_is_published(
    sample: Sample, arrange: tuple[str, ...], why: str
) -> None:
    sample.repo.git(*arrange)
    ended = sample.run()
    assert (ended.status, code(ended)) == (3, "RELEASE_BRANCH")
    assert why in ended.json["error"]["message"]
    assert sample.published == []


@pytest.mark.slow
def test_a_saved_plan_finds_its_branch_again(sample: Sample, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    assert sample.command("plan", f"--out={saved}").status == 0
    assert sample.run(f"--plan={saved}").status == 0
    assert on_remote(sample, "log", "-1", "--format=%s", "main") == "chore(release): 0.1.0"


@pytest.mark.slow
def test_where_nobody_says_which_branch_it_is_the_configuration_may(tmp_path: Path) -> None:
    sample = small(tmp_path, {**STAMPING, ".stage6.yaml": f"{CONFIG}release: {{commit: true, branch: main}}\n"})
    sample.repo.git("checkout", "--quiet", "--detach")
    ended = sample.run("--head", sample.repo.head)
    assert ended.status == 0, ended.stderr
    assert on_remote(sample, "log", "-1", "--format=%s", "main") == "chore(release): 0.1.0"


def test_only_the_configured_branch_gets_release_commits(tmp_path: Path) -> None:
    sample = small(tmp_path, {**STAMPING, ".stage6.yaml": f"{CONFIG}release: {{commit: true, branch: main}}\n"})
    sample.repo.git("checkout", "--quiet", "-b", "topic")
    sample.edit("feat: size", "charts/app/values.yaml", "1", "2")
    ended = sample.run()
    assert (ended.status, code(ended)) == (3, "NOT_ON_RELEASE_BRANCH")
    assert sample.published == []


@pytest.mark.slow
def test_a_simulation_shows_the_commit_and_needs_no_branch(sample: Sample) -> None:
    sample.repo.git("checkout", "--quiet", "-b", "topic")
    sample.edit("feat: size", "charts/app/values.yaml", "1", "2")
    ended = sample.command("simulate", "--base", "origin/main", "--output", "json")
    assert ended.status == 0, ended.stderr
    assert "gets a commit that writes" in next(step["why"] for step in ended.json["steps"] if step["name"] == "tag")


def overtaken(sample: Sample, later: dict[str, str | bytes | None]) -> Ended:
    """A run of a commit on top of which the branch got another one."""
    old = sample.repo.head
    sample.commit("docs: more", later)
    sample.repo.git("checkout", "--quiet", "--detach", old)
    return sample.run(env={"CI_COMMIT_SHA": old, "CI_COMMIT_BRANCH": "main", "GITLAB_CI": "true"})


@pytest.mark.slow
def test_a_branch_that_has_moved_on_without_another_change_gets_the_release_on_top(sample: Sample) -> None:
    ended = overtaken(sample, {"README.md": "# More\n"})
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr
    subjects = on_remote(sample, "log", "-2", "--format=%s", "main").splitlines()
    assert (subjects, list(sample.remote_tags)) == (["chore(release): 0.1.0", "docs: more"], ["v0.1.0"])


@pytest.mark.parametrize("path", ["charts/app/values.yaml", "envs/live/values.yaml"])
def test_a_branch_that_has_moved_on_with_another_change_makes_the_run_red(sample: Sample, path: str) -> None:
    content = (sample.repo.path / path).read_text().replace("size: ", "size: 1")
    ended = overtaken(sample, {path: content})
    assert (ended.status, code(ended), sample.published) == (3, "RELEASE_BRANCH", [])
