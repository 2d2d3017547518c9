"""What a run acts on is written down in the commit; a command that only looks has defaults."""

from pathlib import Path

import pytest

from tests.conftest import sampled
from tests.support.command import command
from tests.support.history import clone
from tests.support.sample import CONFIG, LIVE, Sample, small

pytestmark = pytest.mark.quick(12)

FILE, VALUES = ".stage6.yaml", "envs/live/values.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return small(tmp_path_factory.mktemp("built"))


@pytest.fixture
def stack(built: Sample, tmp_path: Path) -> Sample:
    return built.copy(tmp_path)


@pytest.mark.parametrize("arguments", [("stage6",), ("rollback",)])
@pytest.mark.parametrize("content", [None, "", LIVE, "chart: {registry: ../registry}\n", "targets: {live: {}}\n"])
def test_nothing_acts_on_defaults(stack: Sample, arguments: tuple[str, ...], content: str | None) -> None:
    stack.commit("chore: configure", {FILE: content})
    before = stack.tracks()
    ended = stack.command(*arguments, "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (2, "CONFIG_INCOMPLETE")
    assert stack.tracks() == before


@pytest.mark.slow
def test_it_is_known_before_registry_and_cluster_are_asked(stack: Sample) -> None:
    asked = "chart: {registry: 'oci://127.0.0.1:1/charts'}\ntargets: {live: {release: app, context: absent}}\n"
    stack.commit("chore: configure", {FILE: asked})
    assert stack.run(env={"KUBECONFIG": "gone"}).json["error"]["code"] == "CONFIG_INCOMPLETE"
    stack.commit("chore: configure", {FILE: asked.replace("release: app", "release: app, namespace: shop")})
    assert stack.run(env={"KUBECONFIG": "gone"}).json["error"]["code"] == "KUBECONFIG_MISSING"
    assert stack.run("--engine=render").json["error"]["code"] == "REGISTRY_CANNOT_TELL"


def test_a_plan_shows_it_and_looks_with_the_defaults(stack: Sample) -> None:
    stack.commit("chore: configure", {FILE: "targets: {live: {engine: render}}\n"})
    ended = stack.command("plan", "--registry=../registry", "--output=json")
    unmet = {each["id"]: each["error"] for each in ended.json["preconditions"] if each["state"] == "unmet"}
    assert (ended.status, list(unmet)) == (0, ["configuration"])
    assert unmet["configuration"]["code"] == "CONFIG_INCOMPLETE"
    (target,) = ended.json["targets"]
    assert (target["namespace"], target["release"]) == ("jetscale-prod", "jetscale-stack")


def test_a_registry_that_nobody_wrote_down_is_not_asked(stack: Sample) -> None:
    stack.commit("chore: configure", {FILE: "targets: {live: {engine: render}}\n"})
    ended = stack.command("plan", "--output=json")
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr


def test_a_registry_on_the_command_line_is_written_down(stack: Sample) -> None:
    stack.commit("chore: configure", {FILE: LIVE})
    assert stack.run().status == 2
    assert stack.run("--registry=../registry").status == 0


def test_only_the_targets_that_a_run_acts_on_have_to_be_complete(stack: Sample) -> None:
    more = CONFIG.replace("engine: render}", "engine: render}, next: {engine: render, values: []}")
    stack.commit("chore: configure", {FILE: more})
    assert stack.run().json["error"]["code"] == "CONFIG_INCOMPLETE"
    assert stack.run("--target=live").status == 0


def test_a_sparse_checkout_publishes_where_the_commit_says(stack: Sample, tmp_path: Path) -> None:
    sparse = clone(stack.remote, tmp_path / "sparse", "--no-checkout")
    sparse.git("sparse-checkout", "set", "--no-cone", "/charts/", "/envs/")
    sparse.git("checkout", "--quiet", "main")
    assert not (sparse.path / FILE).exists()
    ended = command("stage6", "--output=json", cwd=sparse.path)
    assert (ended.status, ended.json["version"]) == (0, "0.1.0"), ended.stderr
    assert stack.published == ["small-0.1.0.tgz"]
    assert any(FILE in note for note in ended.json["notes"])


def test_an_uncommitted_file_is_named_where_a_run_lacks_it(stack: Sample) -> None:
    stack.commit("chore: forget it", {FILE: None})
    stack.repo.write(FILE, CONFIG)
    error = stack.run().json["error"]
    assert error["code"] == "CONFIG_INCOMPLETE"
    assert any("--config" in line for line in error["details"])
    assert stack.run(f"--config={FILE}").status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        "{}",
        "global: {client_name: acme, env: staging}",
        "global: {client_name: null, env: null}",
        "global: null",
    ],
)
def test_a_namespace_may_be_called_whatever_it_likes(tmp_path: Path, values: str) -> None:
    config = "chart: {registry: ../registry}\ntargets: {live: {namespace: console, release: app, engine: render}}\n"
    stack = small(tmp_path, {FILE: config, VALUES: f"{values}\n"})
    ended = stack.run()
    assert ended.status == 0, ended.stderr
    assert "namespace: console" in stack.manifests()


def test_a_namespace_of_its_own_leaves_the_environment_of_the_values_alone(tmp_path: Path) -> None:
    config = CONFIG.replace("release:", "namespace: jetscale-console, release:")
    stack = small(tmp_path, {FILE: config})
    assert stack.run().status == 0
    assert "namespace: jetscale-console" in stack.manifests()
    stack.edit("fix: another environment", VALUES, "env: prod", "env: staging")
    ended = stack.run()
    assert (ended.status, ended.json["error"]["code"]) == (3, "NAMESPACE_MISMATCH")
    assert "namespace: jetscale-console" in ended.json["error"]["hint"]


@pytest.mark.parametrize(
    "files",
    sampled(
        [
            ("global: {env: null}",),
            ("global: {env: ''}",),
            ("global: {}",),
            ("global: null",),
            ("global: {env: staging}", "global: {env: null}"),
            ("global: {env: staging}", "global: null"),
            ("global: {env: staging}", "global: {env: prod}"),
        ],
        one_of=3,
    ),
)
def test_values_that_say_nothing_agree_with_every_target(tmp_path: Path, files: tuple[str, ...]) -> None:
    names = [f"envs/live/{number}.yaml" for number in range(len(files))]
    config = CONFIG.replace("engine:", f"values: [{', '.join(names)}], engine:")
    stack = small(tmp_path, {FILE: config, **dict(zip(names, files, strict=True))})
    ended = stack.run()
    assert ended.status == 0, ended.stderr


@pytest.mark.parametrize(
    "files", [("global: {env: staging}", "a: 1"), ("global: {env: staging}", "global: {client_name: null}")]
)
def test_what_an_earlier_file_says_stays_said(tmp_path: Path, files: tuple[str, ...]) -> None:
    names = [f"envs/live/{number}.yaml" for number in range(len(files))]
    config = CONFIG.replace("engine:", f"values: [{', '.join(names)}], engine:")
    stack = small(tmp_path, {FILE: config, **dict(zip(names, files, strict=True))})
    assert stack.run().json["error"]["code"] == "NAMESPACE_MISMATCH"
