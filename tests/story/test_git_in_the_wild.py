"""Whole runs against remotes that are not as git makes them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.test_story import CHART
from tests.support.command import command
from tests.support.history import add_update_hook, bare, clone, git, undeletable
from tests.support.oci import serve
from tests.support.proxy import Told, nothing, proxied
from tests.support.sample import Sample, released, small

pytestmark = pytest.mark.quick(4)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return released(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A stack whose 0.1.0 is released, and whose head changes the chart."""
    stack = first.copy(tmp_path)
    stack.edit("feat: more room", CHART, "1", "2")
    return stack


def test_a_remote_that_is_pushed_to_elsewhere_is_named_before_anything_is_published(
    stack: Sample, tmp_path: Path
) -> None:
    elsewhere = bare(stack.repo, tmp_path / "elsewhere.git")
    stack.repo.git("config", "remote.origin.pushurl", str(elsewhere))
    before = stack.published, git(elsewhere, "for-each-ref")
    unmet = [each["error"] for each in stack.command("plan", "--output=json").json["preconditions"] if each["error"]]
    assert [error["code"] for error in unmet] == ["REMOTE_SPLIT"]
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "REMOTE_SPLIT")
    assert (stack.published, git(elsewhere, "for-each-ref")) == before


def test_a_mirror_is_pushed_to_and_keeps_its_refs(stack: Sample) -> None:
    stack.repo.git("config", "remote.origin.mirror", "true")
    stack.repo.git("config", "remote.origin.fetch", "+refs/*:refs/*")
    stack.repo.git("branch", "mine")
    git(stack.remote, "branch", "mine", "main~1")
    git(stack.remote, "tag", "v0.1.5", "main~1")
    mine = stack.repo.git("rev-parse", "mine")
    ended = stack.run()
    assert (ended.status, ended.json["version"], stack.repo.git("rev-parse", "mine")) == (0, "0.2.0", mine)
    assert "v0.2.0" in stack.remote_tags


def test_a_shallow_mirror_is_completed_and_keeps_its_refs(stack: Sample, tmp_path: Path) -> None:
    shallow = clone(stack.remote, tmp_path / "shallow", "--depth=1")
    shallow.git("config", "remote.origin.fetch", "+refs/*:refs/*")
    shallow.git("branch", "mine", "main")
    shallow.git("checkout", "--quiet", "--detach")
    git(stack.remote, "branch", "mine", "main~1")
    ended = command("stage6", "--output=json", cwd=shallow.path)
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr
    assert shallow.git("rev-parse", "mine") == shallow.head
    assert shallow.git("rev-parse", "--is-shallow-repository") == "false"


def test_settings_of_the_environment_reach_the_remote(stack: Sample) -> None:
    stack.repo.git("remote", "set-url", "origin", "https://git.invalid/stack.git")
    env = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{stack.remote.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://git.invalid/stack.git",
    }
    assert stack.run(env=env).status == 0
    assert "v0.2.0" in stack.remote_tags


# What the remote does not let be done


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


def refuse(remote: Path, pattern: str) -> None:
    """Let no ref of the pattern be changed by a push."""
    add_update_hook(remote, f'case "$1" in {pattern}) echo "not here" >&2; exit 1;; esac')


def refs(stack: Sample) -> set[str]:
    return set(git(stack.remote, "for-each-ref", "--format=%(refname)", "refs/tags", "refs/stage6").split())


def held(registry: str, name: str) -> bool:
    """Whether the registry holds 0.2.0 of the chart."""
    try:
        with urllib.request.urlopen(f"http://{registry}/v2/{name}/small/tags/list") as answer:
            return "0.2.0" in json.load(answer)["tags"]
    except urllib.error.HTTPError:
        return False


@pytest.mark.slow
def test_a_remote_without_deletions_gets_its_release_and_the_next_ones(stack: Sample, registry: str) -> None:
    undeletable(stack.remote)
    ended = stack.run(f"--registry=oci://{registry}/undeletable")
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr
    assert refs(stack) == {"refs/tags/v0.1.0", "refs/tags/v0.2.0", "refs/stage6/reserved/v0.2.0"}
    assert "refs/stage6/reserved/v0.2.0" in next(s["detail"] for s in ended.json["steps"] if s["name"] == "tag")
    stack.edit("fix: less room", CHART, "2", "1")
    assert stack.run(f"--registry=oci://{registry}/undeletable").json["version"] == "0.2.1"
    stack.repo.git("checkout", "--quiet", "HEAD~2")
    assert stack.run(f"--registry=oci://{registry}/undeletable").json["decision"] == "nothing"


def test_a_remote_without_reservations_gets_the_tag_before_the_package(stack: Sample, registry: str) -> None:
    refuse(stack.remote, "refs/stage6/*")
    ended = stack.run(f"--registry=oci://{registry}/unreserved")
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr
    assert refs(stack) == {"refs/tags/v0.1.0", "refs/tags/v0.2.0"}
    assert held(registry, "unreserved")
    assert "no reservation" in next(s["detail"] for s in ended.json["steps"] if s["name"] == "publish")
    assert stack.run(f"--registry=oci://{registry}/unreserved").json["decision"] == "nothing"


@pytest.mark.slow
@pytest.mark.parametrize("refused", ["deletions", "reservations"])
def test_a_release_commit_arrives_with_its_tag_there_too(stack: Sample, registry: str, refused: str) -> None:
    config = (stack.repo.path / ".stage6.yaml").read_text()
    stack.commit("ci: commit", {".stage6.yaml": config + "release: {commit: true}\n"})
    undeletable(stack.remote) if refused == "deletions" else refuse(stack.remote, "refs/stage6/*")
    ended = stack.run(f"--registry=oci://{registry}/commit-{refused}")
    assert (ended.status, ended.json["version"]) == (0, "0.2.0"), ended.stderr
    assert git(stack.remote, "rev-parse", "v0.2.0^{commit}") == git(stack.remote, "rev-parse", "main")
    assert held(registry, f"commit-{refused}")
    stack.repo.git("pull", "--quiet", "origin", "main")
    assert stack.run(f"--registry=oci://{registry}/commit-{refused}").json["decision"] == "nothing"


@pytest.mark.slow
def test_a_package_that_is_refused_after_its_tag_is_published_by_the_next_run(stack: Sample, registry: str) -> None:
    refuse(stack.remote, "refs/stage6/*")
    with proxied(registry, lambda asked: Told(403, {}, b"") if asked.method == "PUT" else None) as proxy:
        assert stack.run(f"--registry=oci://{proxy.host}/refused-once").status == 4
        assert (held(registry, "refused-once"), "refs/tags/v0.2.0" in refs(stack)) == (False, True)
        proxy.fault = nothing
        again = stack.run(f"--registry=oci://{proxy.host}/refused-once")
    assert (again.status, again.json["version"]) == (0, "0.2.0"), again.stderr
    assert held(registry, "refused-once")
    assert refs(stack) == {"refs/tags/v0.1.0", "refs/tags/v0.2.0"}


def test_where_neither_is_taken_nothing_is_published(stack: Sample, registry: str) -> None:
    refuse(stack.remote, "*")
    ended = stack.run(f"--registry=oci://{registry}/refused")
    assert (ended.status, ended.json["error"]["code"]) == (4, "TAG_REFUSED")
    assert (held(registry, "refused"), refs(stack)) == (False, {"refs/tags/v0.1.0"})


def test_a_version_that_is_signed_by_a_command_is_not_tagged_first(stack: Sample, registry: str) -> None:
    refuse(stack.remote, "refs/stage6/*")
    config = (stack.repo.path / ".stage6.yaml").read_text()
    stack.commit("ci: sign", {".stage6.yaml": config + "release: {sign_command: ['true', '{image}']}\n"})
    ended = stack.run(f"--registry=oci://{registry}/signed")
    assert (ended.status, ended.json["error"]["code"]) == (4, "RESERVATION_REFUSED")
    assert (held(registry, "signed"), refs(stack)) == (False, {"refs/tags/v0.1.0"})


def test_nothing_is_published_where_nothing_may_be_pushed(stack: Sample) -> None:
    stack.repo.git("config", "remote.origin.receivepack", "false")
    before = stack.published
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"], stack.published) == (4, "TAG_REFUSED", before)


def test_a_tag_that_cannot_be_signed_stops_before_the_package(stack: Sample) -> None:
    stack.repo.git("config", "tag.gpgSign", "true")
    stack.repo.git("config", "gpg.program", "false")
    before = stack.published
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"], stack.published) == (4, "TAG_UNSIGNED", before)
