"""Releases that Stage 6 did not make: deployed where their package is proven or accepted, and guarded from then on."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd import stage6
from jetscale_cicd.context import open_context
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.request import Request
from jetscale_cicd.tools.registry.directory import DirectoryRegistry
from tests.conftest import HELMS, find_helm
from tests.story.test_story import CHART, LIVE
from tests.story.test_verify_chart import rewrite
from tests.support.oci import serve
from tests.support.sample import CONFIG, Sample, small

pytestmark = pytest.mark.quick(2)

TAG = "v0.24.9"
PACKAGE = "small-0.24.9.tgz"


def released_elsewhere(stack: Sample, *options: str, helm: Path | None = None) -> Sample:
    """Another tool's release: a lightweight tag, and what `helm package` makes of the checkout."""
    stack.repo.git("tag", TAG)
    stack.repo.git("push", "--quiet", "origin", TAG)
    binary = helm or find_helm(HELMS[1])
    package = [str(binary), "package", str(stack.repo.path / "charts/app"), "--version", "0.24.9", *options]
    subprocess.run([*package, "--destination", str(stack.registry)], check=True, capture_output=True)
    return stack


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return released_elsewhere(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(first: Sample, tmp_path: Path) -> Sample:
    """A release of another tool, of which nothing is deployed here yet."""
    return first.copy(tmp_path)


def code(stack: Sample) -> tuple[int, str]:
    ended = stack.run()
    assert ended.status, ended.stdout
    return ended.status, ended.json["error"]["code"]


def accept(stack: Sample) -> None:
    """Commit what `adopt` wrote: a run reads the configuration of its commit."""
    stack.commit("chore: adopt", {".stage6.yaml": (stack.repo.path / ".stage6.yaml").read_text()})


def replace_package(stack: Sample) -> None:
    rewrite(stack.registry / PACKAGE, b"more: 1\n")


@pytest.mark.parametrize("options", [(), ("--app-version", "0.24.9")])
def test_a_package_that_its_tag_rebuilds_is_deployed(tmp_path: Path, any_helm: Path, options: tuple[str, ...]) -> None:
    stack = released_elsewhere(small(tmp_path), *options, helm=any_helm)
    ended = stack.run()
    assert (ended.status, ended.json["decision"], ended.json["version"]) == (0, "redeploy", "0.24.9"), ended.stderr


@pytest.mark.slow
def test_a_package_that_was_replaced_after_it_was_deployed_is_not_deployed_again(stack: Sample) -> None:
    assert stack.run().status == 0
    manifests = stack.manifests()
    replace_package(stack)
    assert code(stack) == (4, "PUBLISHED_DIFFERS")
    stack.edit("chore: five", LIVE, "size: 3", "size: 5")
    assert code(stack) == (4, "PUBLISHED_DIFFERS")
    assert (stack.manifests(), stack.published) == (manifests, [PACKAGE])
    assert code(stack) == (4, "PUBLISHED_DIFFERS")


def test_a_package_that_differs_from_its_tag_is_not_deployed_until_its_digest_is_accepted(stack: Sample) -> None:
    replace_package(stack)
    assert code(stack) == (4, "PUBLISHED_DIFFERS")
    config = f"# Ours.\n{CONFIG}"
    stack.commit("chore: comment", {".stage6.yaml": config})
    ended = stack.command("adopt", TAG, "--output=json")
    assert (ended.status, ended.json["files"], ended.json["file"]) == (0, ["~small/values.yaml"], ".stage6.yaml")
    written = (stack.repo.path / ".stage6.yaml").read_text()
    assert ended.json["published"] in written
    assert written.splitlines()[::2] == config.splitlines()[::2]
    assert code(stack) == (4, "PUBLISHED_DIFFERS")
    accept(stack)
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.24.9"), ended.stderr
    assert stack.record()["digest"] in written
    rewrite(stack.registry / PACKAGE, b"more: 2\n")
    assert code(stack) == (4, "PUBLISHED_DIFFERS")


@pytest.mark.slow
def test_a_digest_that_was_accepted_before_is_replaced_and_named(stack: Sample) -> None:
    first = stack.command("adopt", TAG, "--output=json").json
    assert (first["files"], first["replaced"]) == ([], None)
    replace_package(stack)
    assert code(stack) == (4, "PUBLISHED_DIFFERS")
    again = stack.command("adopt", TAG, "--output=json").json
    assert (again["files"], again["replaced"]) == (["~small/values.yaml"], first["published"])


def no_lock(stack: Sample) -> None:
    text = (stack.repo.path / "charts/app/Chart.yaml").read_text()
    chart = f"{text}dependencies:\n- {{name: x, version: ^1, repository: 'oci://127.0.0.1:9/charts'}}\n"
    stack.commit("feat: a dependency and no lock", {"charts/app/Chart.yaml": chart})
    for arguments in (("tag", "--force", TAG), ("push", "--quiet", "--force", "origin", TAG)):
        stack.repo.git(*arguments)


@pytest.mark.slow
def test_a_release_that_cannot_be_rebuilt_can_be_accepted_all_the_same(stack: Sample) -> None:
    no_lock(stack)
    assert code(stack) == (8, "PACKAGE_UNPROVEN")
    verified = stack.command("verify-chart", TAG, "--output=json")
    assert (verified.status, verified.json["error"]["code"]) == (2, "CHART_LOCK_MISSING")
    assert verified.json["error"]["details"] == [f"{TAG} was not made by Stage 6"]
    ended = stack.command("adopt", TAG, "--output=json")
    assert (ended.status, "no Chart.lock" in ended.json["not_rebuilt"]) == (0, True)
    accept(stack)
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.24.9"), ended.stderr


@pytest.mark.slow
def test_a_run_that_deploys_nothing_rebuilds_nothing(stack: Sample) -> None:
    assert stack.run().status == 0
    stack.edit("docs: more", "README.md", "stack", "STACK")
    ended = stack.run()
    assert (ended.status, ended.json["decision"]) == (0, "nothing")
    assert "helm package" not in ended.stderr


def test_a_new_version_needs_no_proof_of_the_one_before(stack: Sample) -> None:
    replace_package(stack)
    stack.edit("fix: size", CHART, "size: 1", "size: 2")
    ended = stack.run()
    assert (ended.status, ended.json["version"]) == (0, "0.24.10"), ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "result", "files"),
    [(lambda _: None, "repacked", []), (replace_package, "different", ["~small/values.yaml"])],
)
def test_verify_chart_says_that_it_was_not_made_by_stage_6_and_is_no_failure(
    stack: Sample, change: Callable[[Sample], None], result: str, files: list[str]
) -> None:
    change(stack)
    ended = stack.command("verify-chart", TAG, "--output=json")
    assert (ended.status, ended.json["result"], ended.json["files"]) == (0, result, files)
    assert (ended.json["managed"], ended.json["adopted"]) == (False, None)
    text = stack.command("verify-chart", TAG)
    assert (text.status, "was not made by Stage 6" in text.stdout, "error" in text.stderr) == (0, True, False)


def test_verify_chart_fails_where_a_package_is_not_the_accepted_one(stack: Sample) -> None:
    stack.command("adopt", TAG)
    accept(stack)
    assert stack.command("verify-chart", TAG, "--output=json").json["adopted"] is not None
    replace_package(stack)
    assert stack.command("verify-chart", TAG).status == 6


def test_a_package_that_is_replaced_after_the_plan_was_made_is_not_deployed(stack: Sample) -> None:
    request = Request(repo=stack.repo.path, event=Event(ci="local", kind=EventKind.LOCAL, branch="main"))
    with open_context(request, lambda _: None) as context:
        plan = stage6.plan(context)
        assert (plan.decision, plan.blocker) == (Decision.REDEPLOY, None)
        replace_package(stack)
        error = stage6.run(context, plan).error
    assert error is not None
    assert error.code == "PUBLISHED_DIFFERS"
    assert not (stack.repo.path / "rendered").exists()


def test_what_is_compared_is_the_package_that_the_registry_answered_for(
    stack: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is there for the comparison alone proves nothing."""
    right = (stack.registry / PACKAGE).read_bytes()
    replace_package(stack)
    monkeypatch.setattr(DirectoryRegistry, "read", lambda *_: right)
    request = Request(repo=stack.repo.path, event=Event(ci="local", kind=EventKind.LOCAL, branch="main"))
    with open_context(request, lambda _: None) as context:
        blocker = stage6.plan(context).blocker
    assert blocker is not None
    assert blocker.code == "PUBLISHED_DIFFERS"


@pytest.mark.slow
def test_the_same_holds_in_an_oci_registry(stack: Sample, tmp_path: Path, helm: Path) -> None:
    with serve(tmp_path / "oci") as host:
        place = f"oci://{host}/charts"

        def push() -> None:
            arguments = [str(helm), "push", str(stack.registry / PACKAGE), place, "--plain-http"]
            subprocess.run(arguments, check=True, capture_output=True)

        push()
        here = Sample(stack.directory, helm)
        assert here.run(f"--registry={place}").status == 0
        replace_package(stack)
        push()
        here.edit("chore: five", LIVE, "size: 3", "size: 5")
        assert here.run(f"--registry={place}").json["error"]["code"] == "PUBLISHED_DIFFERS"
        assert here.command("verify-chart", TAG, f"--registry={place}", "--output=json").json["managed"] is False
        assert here.command("adopt", TAG, f"--registry={place}").status == 0
        accept(here)
        ended = here.run(f"--registry={place}")
        assert (ended.status, ended.json["decision"]) == (0, "redeploy"), ended.stderr


def test_a_release_of_ours_is_not_adopted(stack: Sample) -> None:
    stack.edit("fix: size", CHART, "size: 1", "size: 2")
    assert stack.run().status == 0
    before = (stack.repo.path / ".stage6.yaml").read_text()
    ended = stack.command("adopt", "v0.24.10", "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (2, "RELEASE_RECORDED")
    assert (stack.repo.path / ".stage6.yaml").read_text() == before


def test_a_configuration_of_another_name_is_the_one_that_is_written(stack: Sample, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text((stack.repo.path / ".stage6.yaml").read_text())
    ended = stack.command("adopt", TAG, f"--config={own}", "--output=json")
    assert (ended.status, TAG in own.read_text(), json.loads(ended.stdout)["file"]) == (0, True, str(own))
