"""helm as typed calls: away from the user's plugins, cluster and credentials; its errors on one line."""

import json
import os
import sys
from pathlib import Path

import pytest

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.loopback import plain_http
from jetscale_cicd.tools.process import Finished, Processes
from jetscale_cicd.tools.redact import Redactor

PROCESSES = Processes(Redactor.of(()), lambda _: None)


@pytest.fixture
def spy(tmp_path: Path) -> Path:
    """A helm that prints its arguments and its environment."""
    file = tmp_path / "helm"
    file.write_text(f"#!{sys.executable}\nimport json, os, sys\nprint(json.dumps([sys.argv[1:], dict(os.environ)]))\n")
    file.chmod(0o755)
    return file


def environment(spy: Path, scratch: Path, *, network: bool) -> dict[str, str]:
    finished = Helm(PROCESSES, scratch, network, binary=str(spy)).package(Path("chart"), Path("out"))
    env = json.loads(finished.stdout)[1]
    assert isinstance(env, dict)
    return env


def test_the_version_of_each_helm_is_read(helm: Path, tmp_path: Path) -> None:
    assert f"helm{Helm(PROCESSES, tmp_path, network=False, binary=str(helm)).version()[0]}" == helm.name


@pytest.mark.parametrize("output", ["v2.16.1", "hello", ""])
def test_another_program_is_not_helm(tmp_path: Path, output: str) -> None:
    file = tmp_path / "helm"
    file.write_text(f"#!/bin/sh\necho '{output}'\n")
    file.chmod(0o755)
    with pytest.raises(PreconditionError) as caught:
        Helm(PROCESSES, tmp_path, network=False, binary=str(file)).version()
    assert caught.value.code == "HELM_UNKNOWN"


@pytest.mark.parametrize("network", [True, False])
def test_the_users_plugins_and_cluster_are_out_of_reach(
    spy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: bool
) -> None:
    for name in ("HELM_PLUGINS", "HELM_DATA_HOME", "KUBECONFIG", "HELM_NAMESPACE", "HELM_KUBECONTEXT", "KUBE_TOKEN"):
        monkeypatch.setenv(name, "users-own")
    env = environment(spy, tmp_path, network=network)
    assert "users-own" not in env.values()
    assert (env["KUBECONFIG"], env["HELM_PLUGINS"]) == ("/dev/null", str(tmp_path / "no-plugins"))


def test_without_network_there_are_no_credentials_and_a_proxy_that_refuses(
    spy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HELM_REGISTRY_CONFIG", "DOCKER_CONFIG", "HELM_CONFIG_HOME", "https_proxy", "no_proxy"):
        monkeypatch.setenv(name, "users-own")
    env = environment(spy, tmp_path, network=False)
    assert "users-own" not in env.values()
    assert env["HTTPS_PROXY"] == "http://127.0.0.1:9"


def test_with_network_the_users_login_counts(spy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", "login.json")
    assert environment(spy, tmp_path, network=True)["HELM_REGISTRY_CONFIG"] == "login.json"


@pytest.mark.parametrize("name", ["HELM_REGISTRY_CONFIG", "HELM_CONFIG_HOME", "DOCKER_CONFIG", "SSL_CERT_FILE"])
def test_a_path_of_the_users_is_the_same_from_the_directory_where_helm_runs(
    spy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.setenv(name, os.path.relpath(tmp_path / "there"))
    assert environment(spy, tmp_path, network=True)[name] == str(Path(os.path.relpath(tmp_path / "there")).absolute())


@pytest.mark.parametrize(
    ("references", "flags"),
    [
        (("oci://127.0.0.1:5000/x",), ("--plain-http",)),
        (("oci://localhost/x", "oci://[::1]:5/x"), ("--plain-http",)),
        (("oci://localhost/x", "oci://ghcr.io/x"), ()),
        (("oci://127.0.0.1.example.invalid/x",), ()),
        ((), ()),
    ],
)
def test_only_a_registry_on_this_machine_is_asked_by_plain_http(
    references: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    assert plain_http(*references) == flags


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        ("Error: chart not found\n", "chart not found"),
        ("WARNING: old\nError: YAML parse error\n\nUse --debug flag to render out invalid YAML\n", "YAML parse error"),
        ("Error: values don't fit:\napp:\n- a: wrong\n- b: wrong\n", "values don't fit: app: - a: wrong - b: wrong"),
        ("Error: earlier\nError: later\n", "later"),
        ("no prefix\n", "no prefix"),
        ("", "exit status 3"),
        ("WARNING: only\n", "exit status 3"),
    ],
)
def test_the_reason_of_a_failure_is_one_line(stderr: str, message: str) -> None:
    assert failure_of(Finished("helm", 3, b"", stderr, stderr)) == message


def test_a_long_message_is_truncated() -> None:
    assert len(failure_of(Finished("helm", 1, b"", *["Error: " + "x" * 100_000] * 2))) < 3000
