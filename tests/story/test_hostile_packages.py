"""Packages of people who may push packages, or tags, and no commits: nothing is deployed that no commit made."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jetscale_cicd import stage6
from jetscale_cicd.context import open_context
from jetscale_cicd.decide.chart.packed import content_of
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.request import Request
from jetscale_cicd.planning import rebuilt
from jetscale_cicd.tools.registry.digest import digest_of
from tests.conftest import HELMS, find_helm
from tests.support.archives import tgz
from tests.support.command import Ended
from tests.support.oci import serve
from tests.support.proxy import Asked, proxied
from tests.support.sample import CONFIG, WHERE, Sample, archive_files, released, small

pytestmark = pytest.mark.quick(2)

CHART, LIVE = "charts/app/values.yaml", "envs/live/values.yaml"
PACKAGE = "small-0.1.1.tgz"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A stack whose 0.1.0 is released and deployed."""
    return released(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    return first.copy(tmp_path)


def code(ended: Ended) -> str:
    return str((ended.json.get("error") or {"code": "none"})["code"])


def evil_package(stack: Sample) -> bytes:
    """A package of 0.1.1 that no commit makes, in the registry."""
    files = archive_files(stack.registry / "small-0.1.0.tgz")
    files["small/Chart.yaml"] = files["small/Chart.yaml"].replace(b"0.1.0", b"0.1.1")
    files["small/values.yaml"] += b"evil: true\n"
    package = tgz(*((name, content, {}) for name, content in files.items()), chart=False)
    (stack.registry / PACKAGE).write_bytes(package)
    return package


def forged(package: bytes) -> str:
    """What a run writes into its tag, for that package."""
    trailers = f"Chart-Digest: {digest_of(package)}\nChart-Content: {content_of(package)}\nChart-Source: none\n"
    return f"v0.1.1\n\n## v0.1.1\n\n{trailers}"


@pytest.mark.parametrize("message", [forged, lambda _: "by hand", None], ids=["forged", "by hand", "lightweight"])
def test_a_tag_with_a_package_that_its_commit_does_not_give_is_not_deployed(
    stack: Sample, message: Callable[[bytes], str] | None
) -> None:
    package, manifests = evil_package(stack), stack.manifests()
    written = ("--annotate", "--message", message(package)) if message else ()
    stack.repo.git("tag", "v0.1.1", *written)
    stack.repo.git("push", "--quiet", "origin", "v0.1.1")
    ended = stack.run()
    assert (ended.status, code(ended), stack.manifests()) == (4, "PUBLISHED_DIFFERS", manifests)


def test_a_package_that_its_tag_names_and_its_commit_gives_is_deployed_by_another_run(stack: Sample) -> None:
    stack.edit("fix: more", CHART, "1", "2")
    assert stack.command("release").status == 0
    ended = stack.command("deploy", "--output=json")
    assert (ended.status, stack.record()["version"]) == (0, "0.1.1"), ended.stderr


def test_no_template_of_a_package_that_is_refused_is_executed(stack: Sample) -> None:
    files = archive_files(stack.registry / "small-0.1.0.tgz")
    files["small/templates/config.yaml"] = b'{{ fail "executed" }}'
    evil = tgz(*((name, content, {}) for name, content in files.items()), chart=False)
    (stack.registry / "small-0.1.0.tgz").write_bytes(evil)
    stack.edit("chore: five", LIVE, "size: 3", "size: 5")
    ended = stack.run()
    assert (ended.status, code(ended)) == (4, "PUBLISHED_DIFFERS")
    assert "executed" not in ended.stdout + ended.stderr
    assert "helm template" not in ended.stderr


def test_what_one_target_records_lets_no_other_one_get_a_package(stack: Sample) -> None:
    two = CONFIG.replace("targets: {", f"targets: {{dev: {{{WHERE}, engine: render, values: [{LIVE}]}}, ")
    head = stack.commit("chore: two targets", {".stage6.yaml": two})
    package = evil_package(stack)
    record = {"version": "0.1.1", "commit": head, "digest": digest_of(package), "values_digest": "sha256:0"}
    (stack.repo.path / "rendered/dev").mkdir()
    (stack.repo.path / "rendered/dev/release.json").write_text(json.dumps(record))
    (stack.repo.path / "rendered/dev/manifests.yaml").write_text("")
    stack.repo.git("tag", "v0.1.1", "--annotate", "--message", forged(package))
    stack.repo.git("push", "--quiet", "origin", "v0.1.1")
    ended = stack.run()
    assert (ended.status, code(ended)) == (4, "PUBLISHED_DIFFERS"), ended.stdout
    assert "evil" not in stack.manifests()


def test_a_package_that_cannot_be_rebuilt_here_is_not_called_another_one(
    stack: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.edit("fix: more", CHART, "1", "2")
    assert stack.command("release").status == 0

    def unreachable(*_: object) -> None:
        raise PreconditionError("DEPENDENCY_UNREACHABLE", "no login", hint="log in")

    monkeypatch.setattr(rebuilt, "compare_with_rebuild", unreachable)
    event = Event(ci="local", kind=EventKind.LOCAL, branch="main")
    with open_context(Request(repo=stack.repo.path, event=event, acts=True), lambda _: None) as context:
        blocker = stage6.plan(context).blocker
    assert blocker is not None
    assert (blocker.code, blocker.exit_status, "DEPENDENCY_UNREACHABLE" in blocker.message) == (
        "PACKAGE_UNPROVEN",
        8,
        True,
    )


@pytest.mark.parametrize("command", ["verify-chart", "stage6", "plan"])
def test_a_package_with_a_file_twice_is_refused(stack: Sample, command: str) -> None:
    """Of one that holds the right files besides, helm takes the evil one."""
    package = stack.registry / "small-0.1.0.tgz"
    files = [(name, content, dict[str, object]()) for name, content in archive_files(package).items()]
    doubled = [("small/values.yaml", b"evil: true\n", dict[str, object]()), *files]
    package.write_bytes(tgz(*doubled, chart=False))
    stack.edit("chore: five", LIVE, "size: 3", "size: 5")
    ended = stack.command(command, *(["v0.1.0"] if command == "verify-chart" else []), "--output=json")
    expected = {"verify-chart": (6, "ARCHIVE_REFUSED")}.get(command, (4, "PUBLISHED_DIFFERS"))
    assert (ended.status, code(ended)) == expected


def test_a_package_that_is_replaced_while_the_run_that_made_it_goes_on_is_not_deployed(
    stack: Sample, host: str, tmp_path: Path
) -> None:
    """The version is taken then, and the next one is this commit's."""
    stack.edit("fix: more", CHART, "1", "2")
    evil = tmp_path / "evil" / PACKAGE
    evil.parent.mkdir()
    evil.write_bytes(evil_package(stack))
    pushed: list[str] = []

    def replace_after_the_push(asked: Asked) -> None:
        tagged = any(each.method == "PUT" and each.path == asked.path for each in proxy.seen)
        if asked.reads_manifest and asked.path.endswith("/0.1.1") and tagged and not pushed:
            pushed.append(asked.path)
            command = [str(find_helm(HELMS[1])), "push", str(evil), f"oci://{host}/meanwhile", "--plain-http"]
            subprocess.run(command, check=True, capture_output=True)

    with proxied(host) as proxy:
        proxy.fault = replace_after_the_push
        ended = stack.run(f"--registry=oci://{proxy.host}/meanwhile")
    assert pushed
    assert (ended.status, stack.record()["version"]) == (0, "0.1.2"), ended.stderr
    assert stack.remote_tags.keys() == {"v0.1.0", "v0.1.2"}


def test_a_package_that_is_replaced_between_the_look_and_the_deploy_is_not_deployed(
    stack: Sample, host: str, tmp_path: Path
) -> None:
    place = "between"
    stack.edit("fix: more", CHART, "1", "2")
    assert stack.run(f"--registry=oci://{host}/{place}").status == 0
    manifests = stack.manifests()
    stack.edit("chore: five", LIVE, "size: 3", "size: 5")
    evil = tmp_path / "evil" / PACKAGE
    evil.parent.mkdir()
    evil.write_bytes(evil_package(stack))
    looks: list[str] = []

    def replace_after_the_look(asked: Asked) -> None:
        if asked.reads_manifest:
            looks.append(asked.path)
            if len(looks) == 2:
                command = [str(find_helm(HELMS[1])), "push", str(evil), f"oci://{host}/{place}", "--plain-http"]
                subprocess.run(command, check=True, capture_output=True)

    with proxied(host) as proxy:
        proxy.fault = replace_after_the_look
        ended = stack.run(f"--registry=oci://{proxy.host}/{place}")
    assert (ended.status, code(ended)) == (4, "PUBLISHED_DIFFERS"), ended.stdout
    assert stack.manifests() == manifests
