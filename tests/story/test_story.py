"""The story end to end: five scenes, and every way a run can have ended before this one began."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.support.history import clone, git
from tests.support.sample import CONFIG, Sample, archive_files, project, released, small, step_results, step_states

pytestmark = pytest.mark.quick(24)

CHART = "charts/app/values.yaml"
LIVE = "envs/live/values.yaml"
GLOBAL = "global: {client_name: jetscale, env: prod}\n"
ALL_SATISFIED = {"package": "satisfied", "publish": "satisfied", "tag": "satisfied", "deploy live": "satisfied"}
ALL_DONE = {"package": "done", "publish": "done", "tag": "done", "deploy live": "done"}
ONLY_DEPLOYED = {**ALL_SATISFIED, "deploy live": "done"}
TWO_TARGETS = """\
chart: {registry: ../registry}
targets:
  live: {namespace: jetscale-prod, release: app, engine: render, values: [envs/common.yaml, envs/live/values.yaml]}
  preview:
    {namespace: jetscale-preview, release: app, engine: render, values: [envs/common.yaml, envs/preview/values.yaml]}
"""
TWO = {
    ".stage6.yaml": TWO_TARGETS,
    "envs/common.yaml": "size: 2\n",
    LIVE: GLOBAL,
    "envs/preview/values.yaml": "global: {client_name: jetscale, env: preview}\n",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A small stack whose 0.1.0 is released and deployed."""
    return released(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A copy of it."""
    return first.copy(tmp_path)


@pytest.fixture(scope="module")
def story(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The project's own stack whose 0.1.0 is released and deployed, by each helm."""
    return released(project(tmp_path_factory.mktemp("story"), helm))


def outcome(sample: Sample, *arguments: str) -> tuple[str, str | None, dict[str, str]]:
    ended = sample.run(*arguments)
    assert ended.status == 0, ended.stderr
    return ended.json["decision"], ended.json["version"], step_results(ended)


def reject(sample: Sample, refs: str) -> Path:
    """A hook of the remote that takes no push to these refs."""
    hook = sample.remote / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\ncase "$1" in {refs}) echo "protected by policy" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    return hook


# The five scenes


def test_the_first_run_publishes_the_first_version(story: Sample) -> None:
    assert story.published == ["jetscale-stack-0.1.0.tgz"]
    assert story.remote_tags == {"v0.1.0": f"tag {story.repo.head}"}
    assert story.record()["version"] == "0.1.0"


def test_scene_1_only_documentation_changes_nothing(story: Sample, tmp_path: Path) -> None:
    stack = story.copy(tmp_path)
    stack.edit("docs: how to call us", "README.md", "x", "y")
    before = stack.tracks()
    assert outcome(stack) == ("nothing", None, ALL_SATISFIED)
    assert stack.tracks() == before


def test_scene_2_only_live_values_redeploy_the_latest_version(story: Sample, tmp_path: Path) -> None:
    stack = story.copy(tmp_path)
    head = stack.edit("chore(live): four replicas", LIVE, "replicaCount: 3", "replicaCount: 4")
    assert outcome(stack) == ("redeploy", "0.1.0", ONLY_DEPLOYED)
    assert (stack.published, list(stack.remote_tags)) == (["jetscale-stack-0.1.0.tgz"], ["v0.1.0"])
    assert stack.manifests().count("replicas: 4") == 2
    assert (stack.record()["version"], stack.record()["commit"]) == ("0.1.0", head)


def test_scene_3_a_chart_change_publishes_the_next_version(story: Sample, tmp_path: Path) -> None:
    stack = story.copy(tmp_path)
    head = stack.edit("feat: https only", CHART, 'ssl-redirect: "443"', 'ssl-redirect: "8443"')
    assert outcome(stack) == ("publish", "0.2.0", ALL_DONE)
    assert stack.published == ["jetscale-stack-0.1.0.tgz", "jetscale-stack-0.2.0.tgz"]
    assert stack.remote_tags["v0.2.0"] == f"tag {head}"
    assert 'ssl-redirect: "8443"' in stack.manifests()


def test_scene_4_chart_and_values_together_publish_once(story: Sample, tmp_path: Path) -> None:
    stack = story.copy(tmp_path)
    values = (stack.repo.path / LIVE).read_text().replace("replicaCount: 3", "replicaCount: 5")
    stack.repo.write(LIVE, values)
    stack.edit("fix: ports", CHART, 'ssl-redirect: "443"', 'ssl-redirect: "9443"')
    assert outcome(stack) == ("publish", "0.1.1", ALL_DONE)
    assert stack.manifests().count("replicas: 5") == 2
    assert 'ssl-redirect: "9443"' in stack.manifests()


def test_scene_5_the_same_commit_again_leaves_everything_as_it_is(story: Sample, tmp_path: Path) -> None:
    stack = story.copy(tmp_path)
    before = stack.tracks()
    assert outcome(stack) == ("nothing", None, ALL_SATISFIED)
    assert stack.tracks() == before


# What a run records


def test_the_tag_says_what_is_in_the_version(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    stack.run()
    message = git(stack.remote, "tag", "--list", "--format=%(contents)", "v0.2.0")
    assert message.splitlines()[0] == "v0.2.0"
    assert f"### Features\n\n- more room (`{stack.repo.head[:9]}`)" in message
    (archive,) = stack.registry.glob("*-0.2.0.tgz")
    assert f"Chart-Digest: sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}" in message.splitlines()


def test_the_local_tag_is_the_tag_of_the_remote(stack: Sample) -> None:
    assert stack.repo.git("rev-parse", "refs/tags/v0.1.0") == git(stack.remote, "rev-parse", "refs/tags/v0.1.0")


def test_the_record_names_commit_archive_and_values(stack: Sample) -> None:
    record = stack.record()
    assert set(record) == {"version", "commit", "digest", "values_digest"}
    assert record["commit"] == stack.repo.head


def test_manifests_can_be_read_by_their_owner_alone(stack: Sample) -> None:
    assert (stack.repo.path / "rendered/live/manifests.yaml").stat().st_mode & 0o077 == 0


def test_a_run_without_a_remote_tags_the_repository_itself(tmp_path: Path) -> None:
    stack = small(tmp_path)
    stack.repo.git("remote", "remove", "origin")
    assert outcome(stack) == ("publish", "0.1.0", ALL_DONE)
    assert stack.repo.git("rev-parse", "v0.1.0^{commit}") == stack.repo.head


# Recovery: what a killed run may leave behind


def test_published_but_not_tagged_is_tagged(stack: Sample) -> None:
    stack.repo.git("push", "--quiet", "--delete", "origin", "v0.1.0")
    stack.repo.git("tag", "--delete", "v0.1.0")
    package = (stack.registry / "small-0.1.0.tgz").stat()
    done = {"package": "satisfied", "publish": "satisfied", "tag": "done", "deploy live": "done"}
    assert outcome(stack) == ("publish", "0.1.0", done)
    assert stack.remote_tags == {"v0.1.0": f"tag {stack.repo.head}"}
    assert (stack.registry / "small-0.1.0.tgz").stat().st_mtime_ns == package.st_mtime_ns


def test_other_content_under_the_version_moves_on_to_the_next_and_says_why(stack: Sample) -> None:
    (stack.registry / "small-0.2.0.tgz").write_bytes(b"somebody else's")
    stack.edit("feat: more room", CHART, "1", "2")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.2.1")
    assert "other content" in ended.json["why"]
    assert (stack.registry / "small-0.2.0.tgz").read_bytes() == b"somebody else's"


def test_a_tag_of_another_branch_is_never_taken_again(stack: Sample) -> None:
    stack.commit("chore: two lines", {".stage6.yaml": f"{CONFIG}release: {{branches: [main, other]}}\n"})
    stack.repo.git("checkout", "--quiet", "-b", "other")
    stack.edit("feat: elsewhere", CHART, "1", "7")
    assert outcome(stack)[1] == "0.2.0"
    stack.repo.git("checkout", "--quiet", "main")
    (stack.registry / "small-0.2.0.tgz").unlink()
    stack.repo.path.joinpath("rendered/live/release.json").write_text(
        json.dumps({**stack.record(), "commit": stack.repo.head})
    )
    stack.edit("feat: here", CHART, "1", "8")
    assert outcome(stack)[:2] == ("publish", "0.2.1")


def test_tagged_but_not_deployed_is_deployed(stack: Sample) -> None:
    record = stack.repo.path / "rendered/live/release.json"
    old = record.read_text()
    stack.edit("feat: more room", CHART, "1", "2")
    stack.run()
    record.write_text(old)
    decision, version, steps = outcome(stack)
    assert (decision, version, steps) == ("redeploy", "0.2.0", ONLY_DEPLOYED)
    assert stack.record()["version"] == "0.2.0"


def test_nothing_is_left_to_do_after_a_recovery(stack: Sample) -> None:
    (stack.repo.path / "rendered/live/release.json").unlink()
    (stack.repo.path / "rendered/live/manifests.yaml").unlink()
    assert outcome(stack) == ("redeploy", "0.1.0", ONLY_DEPLOYED)
    assert outcome(stack) == ("nothing", None, ALL_SATISFIED)


def test_a_package_that_the_registry_lost_is_rebuilt_from_its_tag(stack: Sample, helm: Path) -> None:
    package = stack.registry / "small-0.1.0.tgz"
    content = package.read_bytes()
    package.unlink()
    stack.edit("docs: later", "README.md", "stack", "STACK")
    rebuilt = {"package": "done", "publish": "done", "tag": "satisfied", "deploy live": "satisfied"}
    assert outcome(Sample(stack.directory, helm)) == ("nothing", None, rebuilt)
    assert package.read_bytes() == content


def test_a_lost_package_is_rebuilt_before_new_values_are_deployed(stack: Sample) -> None:
    (stack.registry / "small-0.1.0.tgz").unlink()
    stack.edit("chore: five", LIVE, "size: 3", "size: 5")
    assert outcome(stack) == ("redeploy", "0.1.0", {**ALL_DONE, "tag": "satisfied"})
    assert 'size: "5"' in stack.manifests()


def test_a_fresh_clone_goes_on_where_the_last_run_left(stack: Sample, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    other = Sample(tmp_path / "x")
    clone(stack.remote, other.repo.path, "--depth=1")
    other.registry.symlink_to(stack.registry)
    assert outcome(other) == ("redeploy", "0.1.0", ONLY_DEPLOYED)
    assert other.manifests() == stack.manifests()


def test_a_tag_that_the_remote_refuses_stops_the_run_before_the_deploy(stack: Sample) -> None:
    hook = reject(stack, "refs/tags/*")
    stack.edit("feat: more room", CHART, "1", "2")
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"], ended.json["outcome"]) == (4, "TAG_REFUSED", "failed")
    assert "protected by policy" in ended.json["error"]["message"]
    assert step_results(ended) == {"package": "done", "publish": "done", "tag": "failed", "deploy live": "skipped"}
    assert (list(stack.remote_tags), stack.repo.git("tag"), stack.record()["version"]) == (
        ["v0.1.0"],
        "v0.1.0",
        "0.1.0",
    )
    hook.unlink()
    done = {"package": "satisfied", "publish": "satisfied", "tag": "done", "deploy live": "done"}
    assert outcome(stack) == ("publish", "0.2.0", done)


def steal(stack: Sample, tag: str, commit: str) -> Path:
    """A remote where another run's push of this tag arrives while ours is judged."""
    hook = reject(stack, "refs/tags/*")
    case = f'case "$1" in {tag}) git update-ref "$1" {commit};; esac'
    hook.write_text(f"#!/bin/sh\nunset GIT_QUARANTINE_PATH\n{case}\n")
    return hook


def test_a_run_whose_tag_another_commit_took_observes_again_and_takes_the_next_version(stack: Sample) -> None:
    other = stack.repo.head
    stack.edit("feat: more room", CHART, "1", "2")
    steal(stack, "refs/tags/v0.2.0", other)
    ended = stack.run()
    assert (ended.json["decision"], ended.json["version"]) == ("publish", "0.3.0")
    (attempt,) = ended.json["attempts"]  # what it did for nothing is not forgotten
    assert (attempt["version"], attempt["error"]["code"]) == ("0.2.0", "TAG_TAKEN")
    assert {each["name"]: each["result"] for each in attempt["steps"]} == {
        "package": "done",
        "publish": "done",
        "tag": "failed",
        "deploy": "skipped",
    }
    assert (stack.remote_tags["v0.2.0"], stack.remote_tags["v0.3.0"]) == ("commit ", f"tag {stack.repo.head}")


def test_a_run_that_loses_every_tag_ends_with_7(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    steal(stack, "refs/tags/v*", stack.repo.git("rev-parse", "HEAD~1"))
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (7, "TAG_TAKEN")
    assert stack.repo.git("tag", "--points-at", "HEAD") == ""


# Values and targets


def test_a_shared_values_file_redeploys_every_target_that_lists_it(tmp_path: Path) -> None:
    stack = released(small(tmp_path, dict(TWO)))
    stack.edit("chore: nine", "envs/common.yaml", "2", "9")
    steps = {**ONLY_DEPLOYED, "deploy preview": "done"}
    assert outcome(stack) == ("redeploy", "0.1.0", steps)
    assert all('size: "9"' in stack.manifests(target) for target in ("live", "preview"))


def test_the_values_of_one_target_leave_the_other_alone(tmp_path: Path) -> None:
    stack = released(small(tmp_path, dict(TWO)))
    stack.edit("chore: env", "envs/preview/values.yaml", "global", "size: 8\nglobal")
    before = stack.record("live")
    assert outcome(stack)[2] == {**ALL_SATISFIED, "deploy preview": "done"}
    assert (stack.record("live"), stack.record("preview")["commit"]) == (before, stack.repo.head)


def test_the_last_values_file_wins(tmp_path: Path) -> None:
    files = {**TWO, LIVE: GLOBAL + "size: 6\n"}
    stack = released(small(tmp_path, dict(files)))
    assert 'size: "6"' in stack.manifests("live")
    assert 'size: "2"' in stack.manifests("preview")


def test_each_target_is_rendered_in_its_namespace(tmp_path: Path) -> None:
    stack = released(small(tmp_path, dict(TWO)))
    assert "namespace: jetscale-prod" in stack.manifests("live")
    assert "namespace: jetscale-preview" in stack.manifests("preview")


def test_a_named_target_is_the_only_one_that_is_deployed(tmp_path: Path) -> None:
    stack = small(tmp_path, dict(TWO))
    assert outcome(stack, "--target", "preview")[2] == {
        "package": "done",
        "publish": "done",
        "tag": "done",
        "deploy preview": "done",
    }
    assert not (stack.repo.path / "rendered/live").exists()


def test_a_target_that_is_new_gets_the_latest_version(stack: Sample) -> None:
    stack.commit("chore: preview", {path: content for path, content in TWO.items() if path != LIVE})
    assert outcome(stack)[2]["deploy preview"] == "done"
    assert stack.record("preview")["version"] == "0.1.0"


def test_a_superseded_commit_does_nothing_and_says_so(stack: Sample) -> None:
    old = stack.edit("chore: four", LIVE, "size: 3", "size: 4")
    stack.edit("chore: five", LIVE, "size: 4", "size: 5")
    stack.run()
    before = stack.tracks()
    ended = stack.run("--head", old)
    assert (ended.status, ended.json["decision"]) == (0, "nothing")
    assert step_results(ended) == {**ALL_SATISFIED, "deploy live": "skipped"}
    assert "superseded" in json.dumps(ended.json["targets"])
    assert stack.tracks() == before


# Plans


@pytest.mark.parametrize("arguments", [("stage6", "--dry-run"), ("plan",)])
def test_planning_changes_nothing_on_disk(stack: Sample, arguments: tuple[str, ...]) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    before = stack.tracks()
    ended = stack.command(*arguments, "--output", "json")
    assert (ended.status, ended.json["version"]) == (0, "0.2.0")
    assert set(step_states(ended).values()) == {"needed"}
    assert stack.tracks() == before


def test_a_saved_plan_is_done_exactly(stack: Sample) -> None:
    head = stack.edit("feat: more room", CHART, "1", "2")
    stack.command("plan", "--out", str(stack.directory / "plan.json"))
    stack.edit("docs: later", "README.md", "stack", "STACK")
    assert outcome(stack, "--plan", str(stack.directory / "plan.json")) == ("publish", "0.2.0", ALL_DONE)
    assert stack.remote_tags["v0.2.0"] == f"tag {head}"


def test_a_saved_plan_remembers_its_targets(tmp_path: Path) -> None:
    stack = small(tmp_path, dict(TWO))
    stack.command("plan", "--target", "preview", "--out", str(tmp_path / "plan.json"))
    assert "deploy live" not in outcome(stack, "--plan", str(tmp_path / "plan.json"))[2]


def test_a_saved_plan_that_is_done_already_leaves_nothing_to_do(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    stack.command("plan", "--out", str(stack.directory / "plan.json"))
    stack.run()
    before = stack.tracks()
    ended = stack.run("--plan", str(stack.directory / "plan.json"))
    assert (ended.status, ended.json["outcome"]) == (0, "satisfied")
    assert "nothing left to do" in ended.stderr
    assert stack.tracks() == before


def test_a_saved_plan_that_is_half_done_goes_on(stack: Sample) -> None:
    head = stack.edit("feat: more room", CHART, "1", "2")
    stack.command("plan", "--out", str(stack.directory / "plan.json"))
    rendered = stack.repo.path / "rendered"
    rendered.rename(stack.repo.path / "moved")
    rendered.symlink_to("nowhere")
    assert stack.run("--plan", str(stack.directory / "plan.json")).status == 5
    assert stack.remote_tags["v0.2.0"] == f"tag {head}"
    rendered.unlink()
    (stack.repo.path / "moved").rename(rendered)
    ended = stack.run("--plan", str(stack.directory / "plan.json"))
    assert (ended.status, ended.json["version"]) == (0, "0.2.0")
    assert step_results(ended)["deploy live"] == "done"


def test_a_saved_plan_whose_version_is_of_another_commit_by_now_is_refused(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    stack.command("plan", "--out", str(stack.directory / "plan.json"))
    stack.edit("feat: yet more room", CHART, "2", "3")
    assert stack.run().json["version"] == "0.2.0"
    before = stack.tracks()
    ended = stack.run("--plan", str(stack.directory / "plan.json"))
    assert (ended.status, ended.json["error"]["code"]) == (7, "PLAN_STALE")
    assert "publish 0.2.0" in ended.json["error"]["message"]
    assert stack.tracks() == before


# A chart that no target can use


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("charts/app/templates/config.yaml", "a: {{ .Values.x.y }}\n", "config.yaml:1"),
        ("charts/app/templates/config.yaml", "a: b: c\n", "mapping values are not allowed"),
        (LIVE, GLOBAL + "size: many\n", "size"),
    ],
    ids=["template", "yaml", "schema"],
)
def test_a_chart_that_a_target_cannot_render_is_never_published(
    stack: Sample, any_helm: Path, path: str, content: str, said: str
) -> None:
    stack.repo.write(path, content)
    stack.edit("feat: more room", CHART, "1", "2")
    before = stack.tracks()
    ended = Sample(stack.directory, any_helm).run()
    assert (ended.status, ended.json["error"]["code"]) == (5, "RENDER_FAILED")
    assert said in ended.json["error"]["message"]
    assert step_results(ended) == {
        "package": "failed",
        "publish": "skipped",
        "tag": "skipped",
        "deploy live": "skipped",
    }
    assert stack.tracks() == before


def test_values_that_the_latest_version_refuses_are_not_deployed(stack: Sample) -> None:
    stack.edit("chore: many", LIVE, "size: 3", "size: many")
    before = stack.tracks()
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (5, "RENDER_FAILED")
    assert stack.tracks() == before


def test_what_is_not_committed_is_not_released(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    stack.repo.write(CHART, "size: 66\n")
    stack.repo.write("charts/app/templates/extra.yaml", "a: {{ .nope")
    assert outcome(stack)[1] == "0.2.0"
    files = archive_files(stack.registry / "small-0.2.0.tgz")
    assert files["small/values.yaml"] == b"size: 2\n"
    assert "small/templates/extra.yaml" not in files


def test_a_run_from_a_subdirectory_is_the_same_run(stack: Sample) -> None:
    stack.edit("feat: more room", CHART, "1", "2")
    ended = stack.command("stage6", "--output", "json", "--repo", str(stack.repo.path / "envs" / "live"))
    assert (ended.status, ended.json["version"]) == (0, "0.2.0")
