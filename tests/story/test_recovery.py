"""Runs that come too late, twice, or to a world that somebody else changed; and commits that are only compared."""

import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd.build.package import Recipe
from jetscale_cicd.context import open_context
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.version import Version
from tests.story.test_story import CHART, LIVE, outcome, reject
from tests.support.command import command
from tests.support.history import clone, draw, git
from tests.support.sample import CONFIG, Sample, released, small, step_results

pytestmark = pytest.mark.quick(8)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return released(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A stack whose 0.1.0 is released and deployed."""
    return first.copy(tmp_path)


def state(sample: Sample) -> tuple[list[str], dict[str, str], str]:
    """What is published, tagged and deployed."""
    return sample.published, sample.remote_tags, str(sample.record())


# Too late


@pytest.mark.parametrize("since", ["event", "v0.1.0"])
def test_a_run_never_acts_on_a_comparison_of_commits(stack: Sample, since: str) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    before = state(stack)
    ended = stack.run(f"--since={since}", "--base=HEAD~1")
    assert (ended.status, ended.json["error"]["code"]) == (2, "USAGE")
    assert state(stack) == before
    assert stack.run(f"--since={since}", "--base=HEAD~1", "--dry-run").json["version"] == "0.2.0"


def test_a_commit_that_a_release_descends_from_gets_no_version(stack: Sample) -> None:
    late = stack.edit("fix: first", CHART, "1", "2")
    stack.edit("feat: second", CHART, "2", "3")
    released(stack)
    shutil.rmtree(stack.repo.path / "rendered")
    before = stack.published, stack.remote_tags
    stack.repo.git("checkout", "--quiet", late)
    ended = stack.run()
    assert (ended.status, ended.json["decision"]) == (0, "nothing")
    assert "v0.2.0 is of a later commit (by " in json.dumps(ended.json["targets"])
    assert (stack.published, stack.remote_tags) == before


def test_a_release_of_a_branch_does_not_keep_new_values_from_the_target(stack: Sample) -> None:
    stack.edit("chore: nine", LIVE, "3", "9")
    stack.repo.git("checkout", "--quiet", "-b", "hotfix")
    stack.edit("fix: hot", CHART, "1", "2")
    stack.repo.git("tag", "v0.1.1")
    stack.repo.git("push", "--quiet", "origin", "hotfix", "v0.1.1")
    stack.repo.git("checkout", "--quiet", "main")
    assert outcome(stack)[:2] == ("redeploy", "0.1.0")


RESERVED = "refs/stage6/reserved/v0.2.0"


@pytest.mark.slow
def test_a_reservation_of_a_commit_that_left_its_branch_holds_nobody_up(stack: Sample) -> None:
    head = stack.edit("feat: more room", CHART, "1", "2")
    gone = stack.edit("fix: dropped", CHART, "2", "3")
    git(stack.remote, "update-ref", RESERVED, gone)
    stack.repo.git("reset", "--quiet", "--hard", head)
    assert outcome(stack)[0] == "nothing"  # while the later commit is on its branch, its run will do it
    stack.repo.git("push", "--quiet", "--force", "origin", "main")
    assert outcome(stack)[:2] == ("publish", "0.2.1")


def test_a_version_that_a_dead_run_published_is_taken_over_with_its_reservation(stack: Sample) -> None:
    died = stack.edit("feat: more room", CHART, "1", "2")
    hook = reject(stack, "refs/tags/*")
    assert stack.run().status == 4
    hook.unlink()
    git(stack.remote, "update-ref", RESERVED, died)
    head = stack.edit("docs: later", "README.md", "stack", "stack, later")
    assert outcome(stack)[:2] == ("publish", "0.2.0")
    assert stack.remote_tags["v0.2.0"] == f"tag {head}"
    assert git(stack.remote, "for-each-ref", "refs/stage6") == ""


def test_a_remote_without_atomic_pushes_gets_tag_and_freedom_one_after_the_other(stack: Sample) -> None:
    head = stack.edit("feat: more room", CHART, "1", "2")
    git(stack.remote, "config", "receive.advertiseAtomic", "false")
    git(stack.remote, "update-ref", RESERVED, head)
    assert outcome(stack)[:2] == ("publish", "0.2.0")
    assert git(stack.remote, "for-each-ref", "refs/stage6") == ""


def test_a_tag_that_a_person_made_over_a_running_release_is_not_deployed_as_it(stack: Sample) -> None:
    died = stack.edit("feat: more room", CHART, "1", "2")
    hook = reject(stack, "refs/tags/*")
    assert stack.run().status == 4
    hook.unlink()
    git(stack.remote, "update-ref", RESERVED, died)
    stack.edit("feat: something else", CHART, "2", "3")
    stack.repo.git("tag", "v0.2.0")
    stack.repo.git("push", "--quiet", "origin", "v0.2.0")
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (4, "PUBLISHED_DIFFERS")


@pytest.mark.slow
def test_a_shallow_clone_rebuilds_the_same_package(stack: Sample, tmp_path: Path) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    stack.edit("docs: later", "README.md", "stack", "stack, later")
    released(stack)
    local = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=v0.2.0", stack.remote.as_uri(), str(local))
    ended = command("verify-chart", "v0.2.0", f"--registry={stack.registry}", "--output=json", cwd=local)
    assert (ended.status, ended.json["result"]) == (0, "equal")


@pytest.mark.slow
def test_a_clone_by_another_address_rebuilds_the_same_package(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    address = "https://git.test/Team/stack.git"
    stack.repo.git("remote", "set-url", "origin", address)
    stack.repo.git("config", f"url.{stack.remote.as_uri()}.insteadOf", address)
    released(stack)
    stack.repo.git("remote", "set-url", "origin", stack.remote.as_uri())
    assert stack.command("verify-chart", "v0.2.0", "--output=json").json["result"] == "equal"


def test_a_run_that_died_before_its_tag_is_finished_by_the_run_of_a_later_commit(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    hook = reject(stack, "refs/tags/*")
    assert stack.run().status == 4
    hook.unlink()
    published = stack.published
    head = stack.edit("docs: later", "README.md", "stack", "stack, later")
    assert outcome(stack)[:2] == ("publish", "0.2.0")
    assert (stack.published, stack.remote_tags["v0.2.0"]) == (published, f"tag {head}")


# Tags and remotes


@pytest.mark.slow
def test_a_tag_that_only_this_clone_has_is_no_release(stack: Sample) -> None:
    head = stack.edit("feat: more room", CHART, "1", "2")
    stack.repo.git("tag", "v0.2.0")
    ended = stack.run()
    assert (ended.json["decision"], ended.json["version"]) == ("publish", "0.2.0")
    assert any("v0.2.0 is only in this clone" in note for note in ended.json["notes"])
    assert git(stack.remote, "rev-parse", "v0.2.0^{commit}") == head


def test_a_release_tag_that_was_moved_is_an_error(stack: Sample) -> None:
    stack.edit("docs: x", "README.md", "stack", "stack x")
    git(stack.remote, "tag", "--force", "v0.1.0", "main")
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (8, "TAG_DIFFERS")


def test_the_only_remote_gets_the_tag_whatever_it_is_called(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    stack.repo.git("remote", "rename", "origin", "upstream")
    assert outcome(stack)[:2] == ("publish", "0.2.0")
    assert "v0.2.0" in stack.remote_tags


# Published content


def test_a_released_package_that_somebody_replaced_is_deployed_nowhere(stack: Sample) -> None:
    (archive,) = stack.registry.iterdir()
    archive.write_bytes(b"something else")
    stack.edit("chore: nine", LIVE, "3", "9")
    before = state(stack)
    ended = stack.run()
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (4, "PUBLISHED_DIFFERS")
    assert error["message"].count("sha256:") == 2
    assert "verify-chart v0.1.0" in error["hint"]
    assert state(stack) == before


def tagged_with(stack: Sample, edit: Callable[[str], str]) -> None:
    """The tag of 0.1.0 with another message."""
    message = edit(git(stack.remote, "tag", "--list", "--format=%(contents)", "v0.1.0"))
    who = ("-c", "user.name=x", "-c", "user.email=x@y")
    for repository in (stack.repo.path, stack.remote):
        git(repository, *who, "tag", "-f", "-a", "-m", message, "v0.1.0", "v0.1.0^{}")


def test_a_rebuilt_package_that_differs_from_the_released_one_is_not_published(stack: Sample) -> None:
    tagged_with(stack, lambda message: re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", message))
    next(stack.registry.iterdir()).unlink()
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (4, "REBUILD_DIFFERS")
    assert stack.published == []


def test_a_package_that_another_zlib_compressed_is_rebuilt_by_its_content(stack: Sample) -> None:
    """Its archive has another digest then, and the release is known by its content from then on."""
    tagged_with(stack, lambda message: re.sub("(Chart-Digest: sha256:).{64}", rf"\g<1>{'0' * 64}", message))
    next(stack.registry.iterdir()).unlink()
    for decision in ("nothing", "redeploy"):
        ended = stack.run(*(("--redeploy",) if decision == "redeploy" else ()))
        assert (ended.status, ended.json["decision"]) == (0, decision), ended.stderr
    assert stack.published == ["small-0.1.0.tgz"]


@pytest.fixture
def former(stack: Sample) -> Sample:
    """The same release as an earlier version of Stage 6 made it: stored, appVersion stamped, one digest in the tag."""
    request = Request(repo=stack.repo.path, event=Event(ci="local", kind=EventKind.LOCAL))
    with open_context(request, lambda _: None) as context:
        recipe = Recipe(app_version="version", compressed=False)
        made = context.packager.pack(stack.repo.head, Version(0, 1, 0), recipe)
        (stack.registry / "small-0.1.0.tgz").write_bytes(Path(made.path).read_bytes())
    trailers = re.compile("Chart-Digest: .*\nChart-Content: .*")
    tagged_with(stack, lambda message: trailers.sub(f"Chart-Digest: {made.digest}", message))
    return stack


@pytest.mark.slow
def test_a_release_of_an_earlier_version_is_the_same_release(former: Sample) -> None:
    assert former.run().json["decision"] == "nothing"
    assert former.command("verify-chart", "v0.1.0", "--output=json").json["result"] == "equal"
    assert former.run("--redeploy").json["decision"] == "redeploy"
    assert "version: 0.1.0" in former.manifests()


@pytest.mark.slow
def test_a_lost_package_of_an_earlier_version_is_rebuilt_to_the_byte(former: Sample) -> None:
    (package,) = former.registry.iterdir()
    content = package.read_bytes()
    package.unlink()
    former.edit("chore: five", LIVE, "size: 3", "size: 5")
    ended = former.run()
    assert (ended.status, ended.json["decision"]) == (0, "redeploy"), ended.stderr
    assert package.read_bytes() == content


def test_a_replaced_package_of_an_earlier_version_is_not_deployed(former: Sample) -> None:
    (package,) = former.registry.iterdir()
    package.write_bytes(gzip.compress(gzip.decompress(package.read_bytes())))
    former.edit("chore: five", LIVE, "size: 3", "size: 5")
    ended = former.run()
    assert (ended.status, ended.json["error"]["code"]) == (4, "PUBLISHED_DIFFERS")


@pytest.mark.slow
def test_a_package_that_another_zlib_compressed_before_the_tag_was_made_is_tagged_as_it_is(stack: Sample) -> None:
    stack.repo.git("push", "--quiet", "--delete", "origin", "v0.1.0")
    stack.repo.git("tag", "--delete", "v0.1.0")
    (package,) = stack.registry.iterdir()
    package.write_bytes(gzip.compress(gzip.decompress(package.read_bytes()), 1))
    digest = f"sha256:{hashlib.sha256(package.read_bytes()).hexdigest()}"
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr
    assert digest in git(stack.remote, "tag", "--list", "--format=%(contents)", "v0.1.0")
    assert stack.command("verify-chart", "v0.1.0", "--output=json").json["result"] == "repacked"


# What the configuration says


def test_a_wrong_chart_path_is_no_redeploy(tmp_path: Path) -> None:
    config = CONFIG.replace("registry:", "path: chart/app, watch: ['chart/**'], registry:")
    ended = small(tmp_path, {".stage6.yaml": config}).run()
    error = ended.json["error"]
    assert (ended.status, error["code"], error["where"]) == (2, "CHART_MISSING", "chart/app/Chart.yaml")


def test_a_typo_in_the_values_files_is_no_deployed_target(stack: Sample) -> None:
    stack.edit("chore: a typo", ".stage6.yaml", "engine: render", "engine: render, values: [envs/live/valuse.yaml]")
    for command_name in ("plan", "stage6"):
        ended = stack.command(command_name, "--output=json")
        assert (ended.status, ended.json["error"]["code"]) == (2, "VALUES_MISSING")


def test_a_saved_plan_is_not_done_with_another_configuration(stack: Sample, tmp_path: Path) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    other = tmp_path / "other.yaml"
    text = (stack.repo.path / ".stage6.yaml").read_text()
    other.write_text(text.replace("release: jetscale-stack", "release: another"))
    plan = tmp_path / "plan.json"
    assert stack.command("plan", f"--out={plan}", f"--config={other}").status == 0
    ended = stack.run(f"--plan={plan}")
    assert (ended.status, ended.json["error"]["code"]) == (7, "PLAN_STALE")
    assert stack.run(f"--plan={plan}", f"--config={other}").status == 0


def test_a_dependency_beside_the_chart_is_part_of_it(tmp_path: Path) -> None:
    needed = "{name: lib, version: 1.0.0, repository: 'file://../../lib'}"
    chart = f"apiVersion: v2\nname: small\nversion: 0.0.0\ndependencies: [{needed}]\n"
    library = "apiVersion: v2\nname: lib\nversion: 1.0.0\n"
    repo = draw(tmp_path / "repo")
    repo.write("charts/app/Chart.yaml", chart)
    repo.write("lib/Chart.yaml", library)
    repo.write("lib/values.yaml", "size: 1\n")
    repo.write("envs/live/values.yaml", "{}\n")
    repo.commit("feat: the stack")
    repo.git("tag", "v0.1.0")
    repo.write("lib/values.yaml", "size: 2\n")
    repo.commit("feat: larger")
    ended = command("plan", "--since=event", "--base=v0.1.0", "--output=json", cwd=repo.path)
    assert (ended.json["decision"], ended.json["version"]) == ("publish", "0.2.0")
    (reason,) = (reason for reason in ended.json["targets"][0]["reasons"] if reason["scope"] == "chart")
    assert (reason["path"], reason["rule"]) == ("lib/values.yaml", "lib/**")


# Commits that are only compared

RELEASES = (
    *("feat: a [charts/app/Chart.yaml charts/app/values.yaml envs/live/values.yaml]", "tag v0.1.0"),
    *("feat: b [charts/app/values.yaml]", "tag v0.2.0", "fix: c [charts/app/values.yaml]", "tag v0.2.1"),
)


def test_a_range_that_was_released_gets_the_version_that_it_got(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASES)
    for base, head, version in (
        ("v0.1.0", "v0.2.0", "0.2.0"),
        ("v0.2.0", "v0.2.1", "0.2.1"),
        ("v0.1.0", "v0.2.1", "0.2.0"),
    ):
        document = command(
            *("plan", "--since=event", f"--base={base}", f"--head={head}", "--output=json"), cwd=repo.path
        ).json
        assert (document["decision"], document["version"], document["latest"]["tag"]) == ("publish", version, base)
        assert document["commits"]


def test_without_any_release_before_it_a_comparison_says_so(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", "docs: first [README.md]", *RELEASES)
    options = ("--since=event", f"--base={repo.git('rev-list', '--max-parents=0', 'HEAD')}", "--head=v0.1.0")
    document = command("plan", *options, "--output=json", cwd=repo.path).json
    assert (document["decision"], document["version"]) == ("publish", "0.1.0")
    assert any("would be the first release" in note for note in document["notes"])


def test_a_comparison_in_a_clone_without_tags_asks_the_remote_for_them(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASES)
    local = clone(repo, tmp_path / "clone", "--no-tags")
    document = command("plan", "--since=event", "--base=HEAD~1", "--output=json", cwd=local.path).json
    assert (document["decision"], document["version"], document["latest"]["tag"]) == ("publish", "0.2.1", "v0.2.0")


def test_a_simulation_on_a_laptop_is_of_a_pull_request_into_the_default_branch(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASES, "fix: d [charts/app/values.yaml]")
    local = clone(repo, tmp_path / "clone")
    local.git("checkout", "--quiet", "-b", "docs")
    local.draw("docs: e [README.md]")
    for name in ("simulate", "plan"):
        options = ("--since=event",) if name == "plan" else ()
        document = command(name, *options, "--output=json", cwd=local.path).json
        assert document["decision"] == "nothing"
        assert "origin's default branch" in document["changes"]["how"]
        assert document["changes"]["unwatched"] == ["README.md"]


# A change that could not be deployed

BROKEN = {
    "a template": ("charts/app/templates/config.yaml", ".Values.size", ".Values.no.such", 5, "RENDER_FAILED"),
    "values that are no YAML": (LIVE, "size: 3", "size: [", 2, "VALUES"),
    "values that the schema refuses": (LIVE, "size: 3", "size: three", 5, "RENDER_FAILED"),
    "another namespace": (LIVE, "env: prod", "env: dev", 3, "NAMESPACE_MISMATCH"),
    "a chart without a version": ("charts/app/Chart.yaml", "version: 0.0.0", "", 2, "CHART_VERSION"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_simulation_of_a_change_that_a_run_would_refuse_fails_as_the_run_does(stack: Sample, name: str) -> None:
    path, old, new, status, code = BROKEN[name]
    text = (stack.repo.path / path).read_text()
    assert old in text
    stack.commit("fix: broken", {path: text.replace(old, new)})
    simulated = stack.command("simulate", "--base=HEAD~1", "--output=json")
    ran = stack.run()
    assert (simulated.status, ran.status) == (status, status)
    assert code in simulated.stderr
    assert code in ran.stderr


@pytest.mark.slow
def test_a_base_that_cannot_be_rendered_is_said_and_is_no_failure_of_the_change(stack: Sample) -> None:
    stack.edit("fix: broken", LIVE, "size: 3", "size: three")
    stack.edit("fix: mended", LIVE, "size: three", "size: 4")
    ended = stack.command("simulate", "--base=HEAD~1", "--output=json")
    (diff,) = ended.json["manifests"]
    assert ended.status == 0
    assert "could not be rendered, so every object is shown as new" in diff["note"]
    assert "+  size: '4'" in diff["diff"]


CONFIGURED = {
    "values that are not there": ("engine: render", "engine: render, values: [envs/no.yaml]", 2, "VALUES_MISSING"),
    "another client": ("client_name: jetscale", "client_name: acme", 3, "NAMESPACE_MISMATCH"),
    "another chart": ("{registry: ../registry", "{registry: ../registry, path: charts/no", 2, "CHART_MISSING"),
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_simulation_of_a_configuration_that_a_run_would_refuse_fails_too(stack: Sample, name: str) -> None:
    old, new, status, code = CONFIGURED[name]
    stack.edit("chore: another configuration", ".stage6.yaml", old, new)
    simulated = stack.command("simulate", "--base=HEAD~1")
    assert (simulated.status, stack.run().status) == (status, status)
    assert code in simulated.stderr


# Steps that this machine fails


def test_what_was_done_before_a_full_disk_is_still_told(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    (stack.repo.path / "rendered").rename(stack.repo.path / "moved")
    (stack.repo.path / "rendered").symlink_to("nowhere")
    ended = stack.run()
    assert ended.status == 5
    assert step_results(ended) == {"package": "done", "publish": "done", "tag": "done", "deploy live": "failed"}
