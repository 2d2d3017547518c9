"""Releases that are tagged in another format are neither continued nor forgotten by accident."""

from pathlib import Path

import pytest

from tests.conftest import sampled
from tests.support.history import Drawn, clone
from tests.support.sample import CONFIG, Sample, small

# Formats are tried by the quick suite in tests/decide.
pytestmark = pytest.mark.slow

FILE, CHART = ".stage6.yaml", "charts/app/values.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return small(tmp_path_factory.mktemp("built"))


@pytest.fixture
def stack(built: Sample, tmp_path: Path) -> Sample:
    return built.copy(tmp_path)


def tag(stack: Sample, *tags: str) -> None:
    """Tag the commit that is checked out, here and at the remote."""
    for name in tags:
        stack.repo.git("tag", name)
    stack.repo.git("push", "--quiet", "origin", "--tags")


def configure(stack: Sample, keys: str) -> None:
    stack.commit("chore: configure", {FILE: CONFIG.replace("registry:", f"{keys}, registry:")})


@pytest.mark.parametrize(
    "name", sampled(["1.4.2", "V1.4.2", "release-1.4.2", "chart-1.4.2", "small-1.4.2", "v1.4"], one_of=3)
)
def test_a_release_in_another_format_stops_what_would_be_the_first(stack: Sample, name: str) -> None:
    tag(stack, name)
    before = stack.tracks()
    for command in ("stage6", "plan"):
        ended = stack.command(command, "--output=json")
        assert (ended.status, ended.json["error"]["code"]) == (2, "TAGS_IN_ANOTHER_FORMAT")
        assert name in ended.json["error"]["message"]
    assert stack.tracks() == before


def test_with_its_format_the_release_is_the_latest(stack: Sample) -> None:
    tag(stack, "1.4.2")
    configure(stack, "tag_format: '{version}'")
    stack.edit("fix: another size", CHART, "1", "2")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "1.4.3"), ended.stderr


def test_a_first_version_that_is_written_down_begins_anew(stack: Sample) -> None:
    tag(stack, "1.4.2")
    configure(stack, "first_version: 0.1.0")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr


def test_tags_that_only_the_remote_has_count(stack: Sample, tmp_path: Path) -> None:
    tag(stack, "1.4.2")
    bare = Sample(tmp_path / "other")
    bare.directory.mkdir()
    local = clone(stack.remote, bare.repo.path, "--no-tags")
    assert local.git("tag") == ""
    ended = bare.command("plan", "--registry=.", "--output=json")
    assert ended.json["error"]["code"] == "TAGS_IN_ANOTHER_FORMAT"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backend-1.4.2", "docs/v2.0.0", "app-1.4.2", "nightly", "2024-01-05", "v1.0.0-rc.1"])
def test_tags_of_something_else_stop_nothing(stack: Sample, name: str) -> None:
    tag(stack, name)
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr


def test_tags_of_the_repository_are_not_those_of_a_chart_with_a_format_of_its_own(stack: Sample) -> None:
    tag(stack, "v1.4.2", "1.4.2")
    configure(stack, "tag_format: 'chart-{version}'")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr


def released_twice(stack: Sample) -> Sample:
    """A release in the configured format, a higher one in another, and a change since."""
    tag(stack, "v1.0.0", "1.4.2")
    stack.edit("fix: another size", CHART, "1", "2")
    return stack


def test_a_higher_release_in_another_format_stops_a_run_and_is_shown_by_a_plan(stack: Sample) -> None:
    released_twice(stack)
    planned = stack.command("plan", "--output=json")
    unmet = [each["id"] for each in planned.json["preconditions"] if each["state"] == "unmet"]
    assert (planned.status, planned.json["version"], unmet) == (0, "1.0.1", ["tag-format"])
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"], stack.published) == (2, "TAG_FORMAT_UNCLEAR", [])


@pytest.mark.slow
@pytest.mark.parametrize(("tag_format", "version"), [("v{version}", "1.0.1"), ("{version}", "1.4.3")])
def test_a_format_that_is_written_down_is_clear(stack: Sample, tag_format: str, version: str) -> None:
    released_twice(stack)
    configure(stack, f"tag_format: '{tag_format}'")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, version), ended.stderr


@pytest.mark.slow
def test_a_format_of_semantic_release_is_written_down_too(stack: Sample) -> None:
    released_twice(stack)
    stack.commit("chore: configure", {"pyproject.toml": "[tool.semantic_release]\ntag_format = 'v{version}'\n"})
    assert stack.run().json["version"] == "1.0.1"


def test_a_lower_release_in_another_format_is_history(stack: Sample) -> None:
    tag(stack, "v1.0.0", "0.9.0", "chart-0.1.0", "release-1.0.0")
    stack.edit("fix: another size", CHART, "1", "2")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "1.0.1"), ended.stderr


def test_a_simulation_says_that_a_run_would_stop(stack: Sample) -> None:
    tag(stack, "1.4.2")
    repo: Drawn = stack.repo
    repo.commit("fix: another size", **{CHART: "size: 2\n"})
    ended = stack.command("simulate", "--base=HEAD~1", "--output=json")
    assert any("1.4.2" in note and "first_version" in note for note in ended.json["notes"])


@pytest.mark.parametrize(
    ("tag_format", "name"),
    [
        ("v{version}", "v0.1.0/rc"),
        ("v{version}-chart", "v0.1.0-chart/rc/1"),
        ("rel/{version}", "rel"),
        ("charts/app/{version}", "charts/app"),
    ],
)
def test_a_tag_that_git_cannot_hold_is_known_before_anything_is_published(
    stack: Sample, tag_format: str, name: str
) -> None:
    configure(stack, f"tag_format: '{tag_format}'")
    stack.repo.git("push", "--quiet", "origin", f"HEAD:refs/tags/{name}")
    before = stack.tracks()
    for command in ("stage6", "plan"):
        ended = stack.command(command, "--output=json")
        assert (ended.status, ended.json["error"]["code"]) == (3, "TAG_IN_THE_WAY"), ended.stderr
        assert ended.json["error"]["where"] == f"refs/tags/{name}"
    assert (stack.published, stack.tracks()) == ([], before)


@pytest.mark.parametrize("name", ["v0.1.0-rc", "v0.0.9/rc", "v0.1.00/rc", "x/v0.1.0/rc"])
def test_a_tag_beside_which_git_holds_the_release_stops_nothing(stack: Sample, name: str) -> None:
    configure(stack, "tag_format: 'v{version}'")
    stack.repo.git("push", "--quiet", "origin", f"HEAD:refs/tags/{name}")
    ended = stack.run()
    assert (ended.status, stack.published) == (0, ["small-0.1.0.tgz"]), ended.stderr
