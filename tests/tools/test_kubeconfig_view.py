"""How a context reaches its cluster, as kubectl itself merges kubeconfigs."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.tools import kubeconfig_view
from jetscale_cicd.tools.kubeconfig_view import KubeconfigView, token_file, view_kubeconfig
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.tools.test_process import fake

pytestmark = pytest.mark.quick(10)

TOKEN = "canary-token-canary"
AUTHORITY = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
DATA = base64.b64encode(AUTHORITY).decode()


def write(file: Path, name: str, cluster: dict[str, Any], user: dict[str, Any], *, current: bool = True) -> Path:
    """A kubeconfig with one context, cluster and user, all of one name."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        **({"current-context": name} if current else {}),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    return file


def environment(*files: Path, **variables: str) -> dict[str, str]:
    """With kubectl as it is here."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "KUBECONFIG": os.pathsep.join(map(str, files)),
        **variables,
    }


@pytest.fixture
def redact() -> Redactor:
    return Redactor.of(())


@pytest.fixture
def announced() -> list[str]:
    return []


@pytest.fixture
def processes(redact: Redactor, announced: list[str]) -> Processes:
    return Processes(redact, announced.append, verbose=True)


def test_the_context_that_is_named_or_the_current_one_is_read(processes: Processes, tmp_path: Path) -> None:
    first = write(tmp_path / "one", "one", {"server": "https://one:1"}, {})
    second = write(tmp_path / "two", "two", {"server": "https://two:2"}, {})
    env = environment(first, second)
    assert view_kubeconfig(processes, env, "").server == "https://one:1"
    assert view_kubeconfig(processes, env, "two").server == "https://two:2"


def test_certificates_are_those_of_the_text_or_of_a_file_beside_the_kubeconfig(
    processes: Processes, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_bytes(AUTHORITY)
    here = {"server": "https://a", "certificate-authority-data": DATA}
    there = {"server": "https://a", "certificate-authority": "ca.pem"}
    for cluster in (here, there):
        env = environment(write(tmp_path / "config", "a", cluster, {}))
        assert view_kubeconfig(processes, env, "").authority == AUTHORITY


def test_secrets_are_masked_from_then_on_and_shown_nowhere(
    processes: Processes, redact: Redactor, announced: list[str], tmp_path: Path
) -> None:
    secrets = {"token": TOKEN, "password": "canary-word", "client-key-data": base64.b64encode(b"canary key").decode()}
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "x",
        "interactiveMode": "Never",
        "env": [{"name": "API_TOKEN", "value": "canary-variable"}],
    }
    env = environment(write(tmp_path / "config", "a", {"server": "https://a"}, {**secrets, "exec": exec_}))
    view = view_kubeconfig(processes, env, "a")
    assert view.user["token"] == TOKEN
    assert "canary" not in repr(view) + "".join(announced)
    for word in (*secrets.values(), "canary key", "canary-variable"):
        assert redact(f"<{word}>") == "<***>"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "kind: Config\n",
        "{",
        json.dumps({"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "gone"}}]}),
        json.dumps(
            {
                "current-context": "a",
                "contexts": [{"name": "a", "context": {"cluster": "a"}}],
                "clusters": [{"name": "a", "cluster": {}}],
            }
        ),
    ],
)
def test_a_kubeconfig_that_names_no_cluster_is_no_answer(processes: Processes, tmp_path: Path, document: str) -> None:
    file = tmp_path / "config"
    file.write_text(document)
    for context in ("", "a", "other"):
        with pytest.raises(CannotTellError) as error:
            view_kubeconfig(processes, environment(file), context)
        assert error.value.code == "KUBECONFIG_UNREADABLE"


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "null",
        '{"clusters": 1}',
        '{"clusters": [1]}',
        '{"clusters": [{"cluster": []}]}',
        '{"clusters": [{"cluster": {"server": 1}}]}',
        "not json",
        "[" * 1000,
    ],
)
def test_whatever_is_called_kubectl_may_answer_anything(processes: Processes, tmp_path: Path, answer: str) -> None:
    env = {"KUBECONFIG": str(tmp_path), **fake(tmp_path, f"print({answer!r})")}
    (tmp_path / "tool").rename(tmp_path / "kubectl")
    with pytest.raises(CannotTellError) as error:
        view_kubeconfig(processes, env, "")
    assert error.value.code == "KUBECONFIG_UNREADABLE"


@pytest.mark.parametrize(
    "user",
    ['{"token": 1, "exec": {"env": [1, {"name": "TOKEN"}]}}', '{"exec": {"env": 1}, "client-key-data": "~"}', "null"],
)
def test_a_user_of_another_shape_is_no_bug(processes: Processes, tmp_path: Path, user: str) -> None:
    answer = f'{{"clusters": [{{"cluster": {{"server": "https://a"}}}}], "users": [{{"user": {user}}}]}}'
    env = {"KUBECONFIG": str(tmp_path), **fake(tmp_path, f"print({answer!r})")}
    (tmp_path / "tool").rename(tmp_path / "kubectl")
    assert view_kubeconfig(processes, env, "").server == "https://a"


def test_a_kubectl_that_hangs_is_no_answer(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeconfig_view, "_TIMEOUT", 0.2)
    env = {"KUBECONFIG": str(tmp_path), **fake(tmp_path, "time.sleep(60)")}
    (tmp_path / "tool").rename(tmp_path / "kubectl")
    with pytest.raises(CannotTellError) as error:
        view_kubeconfig(processes, env, "")
    assert error.value.code == "KUBECONFIG_UNREADABLE"


@pytest.mark.parametrize(
    ("host", "server"), [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_in_a_pod_its_account_is_meant(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, server: str
) -> None:
    monkeypatch.setattr(kubeconfig_view, "ACCOUNT", tmp_path)
    variables = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"}
    env = environment(tmp_path / "gone", **variables)
    assert view_kubeconfig(processes, env, "").authority == b""
    (tmp_path / "ca.crt").write_bytes(AUTHORITY)
    view = view_kubeconfig(processes, env, "")
    assert (view.server, view.authority, view.in_pod) == (server, AUTHORITY, True)
    assert token_file(view, env) == tmp_path / "token"
    env = environment(write(tmp_path / "config", "a", {"server": "https://a"}, {}), **variables)
    assert view_kubeconfig(processes, env, "").server == "https://a"


def test_a_file_of_a_token_is_beside_the_kubeconfig_that_names_it(tmp_path: Path) -> None:
    def found(name: object, **env: str) -> Path | None:
        return token_file(KubeconfigView(server="https://a", user={"tokenFile": name}), env)

    assert found("/run/token") == Path("/run/token")
    assert found("token", KUBECONFIG=f"{tmp_path}/config") == tmp_path / "token"
    assert found("token", HOME=str(tmp_path)) == tmp_path / ".kube" / "token"
    assert found("token", KUBECONFIG=f"{tmp_path}/config:{tmp_path}/other") is None
    assert found("") is found(None) is found(1) is None
