"""A checkout full of programs with the names of ours, and a PATH that leads there: none of them runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import rest_slow, sampled
from tests.support.command import command, command_environment
from tests.support.history import git
from tests.support.hostile import Hostile
from tests.support.oci import serve
from tests.support.sample import CONFIG, WHERE, Sample, small

pytestmark = pytest.mark.quick(1)

ON_A_CLUSTER = f"chart: {{registry: ../registry}}\ntargets: {{live: {{{WHERE}}}}}\n"
SINGLE = ("", ".", "bin", "./bin")
LEADING = rest_slow((":.:bin", *SINGLE), ":.:bin")
# A cluster that is not there: helm and kubectl are started, and get no answer.
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "x",
    "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "x", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sign"}}}],
    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
}


def checkout(tmp_path: Path, helm: Path, config: str = CONFIG) -> tuple[Sample, Hostile]:
    sample = small(tmp_path / "checkout-of", {".stage6.yaml": config}, helm)
    return sample, Hostile.in_(sample.repo.path, tmp_path / "ran")


def led_astray(path: str, helm: Path, **more: str) -> dict[str, str]:
    """An environment whose PATH begins, and ends, in the checkout."""
    given = command_environment(helm)["PATH"]
    return {**more, "PATH": f"{path}:{given}:{path}"}


@pytest.mark.parametrize("path", LEADING)
@pytest.mark.parametrize(
    "arguments",
    rest_slow([("plan",), ("simulate", "--worktree", "--base=HEAD"), ("status",), ("stage6",)], ("stage6",)),
    ids=" ".join,
)
def test_no_program_of_the_checkout_runs(tmp_path: Path, helm4: Path, path: str, arguments: tuple[str, ...]) -> None:
    sample, hostile = checkout(tmp_path, helm4)
    env = led_astray(path, helm4)
    ended = command(*arguments, cwd=sample.repo.path, env=env)
    assert (ended.status, hostile.ran) == (0, []), ended.stderr
    if arguments == ("stage6",):
        assert sample.published == ["small-0.1.0.tgz"]
        ended = command("verify-chart", "v0.1.0", cwd=sample.repo.path, env=env)
        assert (ended.status, hostile.ran) == (0, []), ended.stderr


@pytest.mark.parametrize("path", LEADING)
@pytest.mark.parametrize("verb", sampled(["stage6", "plan", "deploy", "status"], one_of=2))
def test_nor_on_the_way_to_a_cluster(tmp_path: Path, helm4: Path, path: str, verb: str) -> None:
    sample, hostile = checkout(tmp_path, helm4, ON_A_CLUSTER)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(KUBECONFIG))
    env = led_astray(path, helm4, KUBECONFIG=str(kubeconfig))
    ended = command(verb, *(("--yes",) if verb in ("stage6", "deploy") else ()), cwd=sample.repo.path, env=env)
    assert hostile.ran == []
    assert "kubectl proxy" in ended.stderr


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("oci")) as host:
        yield host


@pytest.mark.parametrize("path", LEADING)
def test_nor_to_sign_or_to_log_in(host: str, tmp_path: Path, helm4: Path, path: str) -> None:
    sample, hostile = checkout(tmp_path, helm4, f"{CONFIG}release: {{sign_key: nobody, sign_command: [sign, x]}}\n")
    docker = tmp_path / "docker"
    docker.mkdir()
    (docker / "config.json").write_text(json.dumps({"credsStore": "hostile"}))
    login = {"STAGE6_REGISTRY_USERNAME": "somebody", "STAGE6_REGISTRY_PASSWORD": "a-long-password"}
    env = led_astray(path, helm4, HELM_REGISTRY_CONFIG=str(docker / "config.json"), **login)
    registry = f"--registry=oci://{host}/{docker.parent.name.strip('_').lower()}"
    ended = command("stage6", registry, cwd=sample.repo.path, env=env)
    assert (ended.status, hostile.ran) == (3, []), ended.stderr
    assert "sign is not on PATH, whose relative parts are not searched" in ended.stdout + ended.stderr
    sample.commit("chore: no signature", {".stage6.yaml": CONFIG})
    ended = command("stage6", registry, cwd=sample.repo.path, env=env)
    assert (ended.status, hostile.ran) == (0, []), ended.stderr
    assert "docker-credential-hostile does not list its logins" in ended.stderr


@pytest.mark.parametrize("path", LEADING)
def test_nor_to_reach_a_remote(tmp_path: Path, helm4: Path, path: str) -> None:
    sample, hostile = checkout(tmp_path, helm4)
    for address in ("ssh://127.0.0.1:9/x", "hostile::x"):
        git(sample.repo.path, "remote", "set-url", "origin", address)
        ended = command("plan", cwd=sample.repo.path, env=led_astray(path, helm4))
        assert (ended.status, hostile.ran) == (8, []), ended.stderr


@pytest.mark.parametrize("path", LEADING)
def test_a_program_that_is_only_in_the_checkout_is_missing(tmp_path: Path, path: str) -> None:
    sample = small(tmp_path / "checkout-of")
    hostile = Hostile.in_(sample.repo.path, tmp_path / "ran")
    (tmp_path / "empty").mkdir()
    env = {"PATH": f"{path}:{tmp_path / 'empty'}"}
    ended = command("plan", "--output", "json", cwd=sample.repo.path, env=env)
    error = ended.json["error"]
    assert (ended.status, error["code"], hostile.ran) == (3, "TOOL_MISSING", [])
    parts = ", ".join(map(repr, path.split(":")))
    assert error["message"] == f"git is not on PATH, whose relative parts are not searched: {parts}"
