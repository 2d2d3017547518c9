"""Release notes as a file, and as a Release at GitHub, whose failure stops nothing."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetscale_cicd.errors import PublishError
from jetscale_cicd.tools import github as github_tool
from jetscale_cicd.tools.redact import Redactor
from tests.story.test_story import CHART, LIVE
from tests.support.command import Ended
from tests.support.github import DRIPS, TOKEN, GitHub, serve_github
from tests.support.sample import Sample, released, small, step_results

# GitHub alone has Releases: the quick suite has the story without them.
pytestmark = pytest.mark.slow

PAGE = "https://github.com/acme/stack"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A stack without a release."""
    return small(tmp_path / "sample")


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    """A GitHub without Releases."""
    with serve_github(tmp_path / "github") as github:
        yield github
    assert github.strange == []


def at_github(sample: Sample, page: str = PAGE) -> Sample:
    """The same, with a remote that is called by its page; git itself is sent to the directory."""
    sample.repo.git("config", f"url.{sample.remote}.insteadOf", page)
    sample.repo.git("remote", "set-url", "origin", page)
    return sample


def run(sample: Sample, github: GitHub, **env: str) -> Ended:
    ended = sample.run(env={**github.environment, **env})
    assert TOKEN not in ended.stdout + ended.stderr
    return ended


def notes_step(ended: Ended) -> dict[str, object]:
    (step,) = (step for step in ended.json["steps"] if step["name"] == "github-release")
    assert isinstance(step, dict)
    return step


# As a file


def test_the_notes_of_a_new_version_are_what_its_tag_says(sample: Sample, tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    assert sample.run("--notes", str(file)).status == 0
    assert file.read_text().startswith("## 0.1.0\n")
    assert "- the stack" in file.read_text()
    assert file.read_text().strip() in sample.repo.git("for-each-ref", "--format=%(contents)", "refs/tags/v0.1.0")


@pytest.mark.slow
def test_the_notes_of_an_older_version_are_read_from_its_tag_without_the_lines_for_machines(
    sample: Sample, tmp_path: Path
) -> None:
    first, again = tmp_path / "first.md", tmp_path / "again.md"
    assert sample.run("--notes", str(first)).status == 0
    sample.edit("chore: size", LIVE, "size: 3", "size: 4")
    assert sample.run("--notes", str(again)).json["decision"] == "redeploy"
    assert again.read_text() == first.read_text()


def test_a_plan_writes_the_notes_that_a_run_would(sample: Sample, tmp_path: Path) -> None:
    planned, done = tmp_path / "planned.md", tmp_path / "done.md"
    assert sample.command("plan", "--notes", str(planned)).status == 0
    assert sample.run("--notes", str(done)).status == 0
    assert planned.read_text() == done.read_text()


def test_a_tag_without_a_message_says_its_name_and_no_commits_words(sample: Sample, tmp_path: Path) -> None:
    assert sample.run().status == 0
    sample.repo.git("tag", "v0.3.0")
    sample.repo.git("push", "--quiet", "origin", "v0.3.0")
    file = tmp_path / "notes.md"
    sample.command("plan", "--notes", str(file))
    assert file.read_text() == "## v0.3.0\n"


@pytest.mark.slow
def test_notes_of_an_earlier_release_need_no_values_of_todays_targets(sample: Sample, tmp_path: Path) -> None:
    assert sample.run().status == 0
    extra = ", extra: {namespace: extra, release: app, engine: render}}"
    today = (sample.repo.path / ".stage6.yaml").read_text().replace("}}", "}" + extra)
    sample.commit("feat: a target", {".stage6.yaml": today, "envs/extra/values.yaml": "size: 4\n"})
    assert sample.run().status == 0
    (tmp_path / "today.yaml").write_text(today)
    written = []
    for options in ((), (f"--config={tmp_path / 'today.yaml'}",)):
        file = tmp_path / f"notes{len(options)}.md"
        ended = sample.command("plan", "--head=v0.1.0", f"--notes={file}", *options)
        assert ended.status == 0, ended.stderr
        written.append(file.read_text())
    assert written[0] == written[1] != ""


def test_notes_need_no_cluster(sample: Sample, tmp_path: Path) -> None:
    assert sample.run().status == 0
    file, env = tmp_path / "notes.md", {"KUBECONFIG": str(tmp_path / "gone")}
    assert sample.command("plan", "--engine=helm", env=env).status == 3
    ended = sample.command("plan", "--engine=helm", f"--notes={file}", env=env)
    assert ended.status == 0, ended.stderr
    assert file.read_text().startswith("## 0.1.0")


def test_a_plan_for_more_than_notes_still_needs_the_values(sample: Sample, tmp_path: Path) -> None:
    sample.edit("chore: a typo", ".stage6.yaml", "engine: render", "engine: render, values: [envs/no.yaml]")
    notes, saved = tmp_path / "notes.md", tmp_path / "plan.json"
    assert sample.command("plan").status == 2
    assert sample.command("plan", f"--notes={notes}", f"--out={saved}").status == 2
    assert (notes.exists(), saved.exists()) == (False, False)
    assert sample.command("plan", f"--notes={notes}").status == 0
    assert notes.read_text().startswith("## 0.1.0")


def test_the_notes_of_a_release_of_another_tool_need_no_configuration(sample: Sample, tmp_path: Path) -> None:
    sample.commit("feat: no configuration yet", {".stage6.yaml": None, "envs/live/values.yaml": None})
    sample.repo.git("tag", "--message", "what is new", "v0.1.0")
    sample.repo.git("push", "--quiet", "origin", "v0.1.0")
    file = tmp_path / "notes.md"
    ended = sample.command("plan", "--head=v0.1.0", f"--notes={file}", "--registry=../registry", "--engine=render")
    assert ended.status == 0, ended.stderr
    assert "what is new" in file.read_text()


def test_notes_that_cannot_be_written_stop_the_run_before_anything_is_changed(sample: Sample) -> None:
    ended = sample.run("--notes", "no/such/directory/notes.md")
    assert (ended.status, ended.json["error"]["code"]) == (2, "FILE_UNWRITABLE")
    assert sample.published == []
    assert sample.remote_tags == {}


# At GitHub


def test_a_release_is_made_with_the_notes_of_its_tag(sample: Sample, github: GitHub, tmp_path: Path) -> None:
    ended = at_github(sample).run("--notes", str(tmp_path / "notes.md"), env=github.environment)
    assert ended.status == 0, ended.stderr
    assert github.releases == {"v0.1.0": (tmp_path / "notes.md").read_text()}
    assert notes_step(ended)["detail"] == f"{PAGE}/releases/tag/v0.1.0"


@pytest.mark.slow
def test_one_that_is_there_is_left_as_somebody_edited_it(sample: Sample, github: GitHub) -> None:
    github.releases["v0.1.0"] = "edited by hand"
    ended = run(at_github(sample), github)
    assert (ended.status, notes_step(ended)["result"]) == (0, "skipped")
    assert github.releases == {"v0.1.0": "edited by hand"}


@pytest.mark.slow
def test_a_run_that_died_behind_the_tag_is_made_good_by_the_next(sample: Sample, github: GitHub) -> None:
    released(sample)
    shutil.rmtree(sample.repo.path / "rendered")
    assert run(at_github(sample), github).status == 0
    assert github.releases["v0.1.0"].startswith("## 0.1.0\n")


def test_a_run_that_finds_all_done_asks_nobody(sample: Sample, github: GitHub) -> None:
    ended = run(at_github(released(sample)), github)
    assert (ended.status, ended.json["outcome"], github.paths) == (0, "satisfied", [])


@pytest.mark.parametrize("status", [0, 403, 404, 500])
def test_its_failure_is_a_warning_and_the_deploy_goes_on(sample: Sample, github: GitHub, status: int) -> None:
    github.status = status
    ended = run(at_github(sample), github, GITHUB_ACTIONS="true")
    assert ended.status == 0
    assert step_results(ended)["github-release"] == "warned"
    assert step_results(ended)["deploy live"] == "done"
    assert "warning RELEASE_" in ended.stderr
    assert "::warning title=Stage 6%3A RELEASE_" in ended.stderr


@pytest.mark.slow
def test_a_github_that_answers_drop_by_drop_holds_nothing_up_for_long(
    sample: Sample, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.status = DRIPS
    monkeypatch.setattr(github_tool, "_TOTAL_SECONDS", 1)
    page, redact = "https://github.com/acme/stack", Redactor.of(())
    with monkeypatch.context() as patch:
        for name, value in github.environment.items():
            patch.setenv(name, value)
        begun = time.monotonic()
        with pytest.raises(PublishError) as late:
            github_tool.create_release(page, "v0.1.0", "notes", TOKEN, redact)
    assert (late.value.code, time.monotonic() - begun < 10) == ("RELEASE_UNREACHABLE", True)


@pytest.mark.slow
def test_without_a_token_it_is_left_out_and_says_so(sample: Sample, github: GitHub) -> None:
    ended = run(at_github(sample), github, GH_TOKEN="", PATH=_without_gh())
    assert (ended.status, notes_step(ended)["result"]) == (0, "skipped")
    assert notes_step(ended)["detail"] == "neither GH_TOKEN nor GITHUB_TOKEN is set, and gh has no token"
    assert github.paths == []


@pytest.mark.slow
def test_ghs_own_login_will_do(sample: Sample, github: GitHub, tmp_path: Path) -> None:
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(f'#!/bin/sh\n[ "$*" = "auth token --hostname github.com" ] && echo {TOKEN}\n')
    gh.chmod(0o755)
    assert run(at_github(sample), github, GH_TOKEN="", PATH=f"{gh.parent}:{_without_gh()}").status == 0
    assert list(github.releases) == ["v0.1.0"]


def test_the_remotes_repository_gets_it_not_the_workflows(sample: Sample, github: GitHub) -> None:
    assert run(at_github(sample), github, GITHUB_REPOSITORY="other/workflow").status == 0
    assert github.paths == ["/repos/acme/stack/releases"]


def test_an_enterprise_server_is_asked_at_its_own_address(sample: Sample, tmp_path: Path) -> None:
    at_github(sample, "https://git.example.com/acme/stack")
    with serve_github(tmp_path / "ghes", "git.example.com") as github:
        assert run(sample, github, GITHUB_SERVER_URL="https://git.example.com").status == 0
    assert github.paths == ["/api/v3/repos/acme/stack/releases"]


@pytest.mark.slow
def test_gh_is_asked_without_the_tokens_of_the_environment(sample: Sample, github: GitHub, tmp_path: Path) -> None:
    """gh answers GH_TOKEN for github.com, whatever GitHub it is of."""
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text('#!/bin/sh\necho "${GH_TOKEN:-$GITHUB_TOKEN}"\n')
    gh.chmod(0o755)
    env = {"GITHUB_SERVER_URL": "https://git.example.com", "PATH": f"{gh.parent}:{_without_gh()}"}
    ended = run(at_github(sample), github, **env)
    assert (notes_step(ended)["result"], github.paths) == ("skipped", [])


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_not_followed_with_the_notes(sample: Sample, github: GitHub, status: int) -> None:
    github.status = status
    assert step_results(run(at_github(sample), github))["github-release"] == "warned"
    assert github.paths == ["/repos/acme/stack/releases"]


def test_an_answer_that_is_no_release_is_a_warning_too(sample: Sample, github: GitHub) -> None:
    github.document = []
    ended = run(at_github(sample), github)
    assert (ended.status, step_results(ended)["github-release"]) == (0, "warned")
    assert step_results(ended)["deploy live"] == "done"


def test_a_token_of_one_github_is_never_sent_to_another(sample: Sample, tmp_path: Path) -> None:
    at_github(sample, "https://git.example.com/acme/stack")
    with serve_github(tmp_path / "ghes", "git.example.com") as github:
        ended = run(sample, github, GH_HOST="git.example.com", PATH=_without_gh())
    assert (notes_step(ended)["result"], github.paths) == ("skipped", [])


@pytest.mark.parametrize(
    ("page", "config"),
    [("https://gitlab.com/acme/stack", ""), (PAGE, "release: {github: false}\n")],
    ids=["another host", "switched off"],
)
def test_elsewhere_and_where_it_is_not_wanted_there_is_no_such_step(
    sample: Sample, github: GitHub, page: str, config: str
) -> None:
    sample.commit("chore: config", {".stage6.yaml": (sample.repo.path / ".stage6.yaml").read_text() + config})
    ended = run(at_github(sample, page), github)
    assert ended.status == 0, ended.stderr
    assert "github-release" not in step_results(ended)
    assert github.paths == []


def test_a_release_follows_each_new_version(sample: Sample, github: GitHub) -> None:
    assert run(at_github(sample), github).status == 0
    sample.edit("feat: more room", CHART, "1", "2")
    assert run(sample, github).status == 0
    assert list(github.releases) == ["v0.1.0", "v0.2.0"]
    assert f"{PAGE}/commit/{sample.repo.head}" in github.releases["v0.2.0"]


def _without_gh() -> str:
    """Where the machine's own programs are; a developer may have gh, logged in."""
    kept = [place for place in os.environ["PATH"].split(os.pathsep) if not shutil.which("gh", path=place)]
    return os.pathsep.join(kept)
