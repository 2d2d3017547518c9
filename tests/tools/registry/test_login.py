"""Logins are found under the keys at which helm and docker keep them, and that of the environment hides no other."""

import base64
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.errors import ConfigurationError, PreconditionError
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.process import Processes, ToolKilledError
from jetscale_cicd.tools.redact import MASK, Redactor
from jetscale_cicd.tools.registry.helm_config import write_config
from jetscale_cicd.tools.registry.hosts import RegistryHost
from jetscale_cicd.tools.registry.login import CredentialStore, Login
from tests.conftest import ANY_HELM, find_helm
from tests.support.oci import PASSWORD, USERNAME, serve

pytestmark = pytest.mark.quick(10)

LOGIN = Login("user", "password")
HUB = "https://index.docker.io/v1/"
HELM_FILE = ".config/helm/registry/config.json"


def entry(login: Login = LOGIN) -> dict[str, str]:
    return {"auth": login.basic.removeprefix("Basic ")}


def store(home: Path, file: str, content: object, **env: str) -> CredentialStore:
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(json.dumps(content))
    path = f"{home / 'bin'}:{os.environ['PATH']}"
    return CredentialStore(Processes(Redactor.of(()), lambda _: None), {"HOME": str(home), "PATH": path, **env})


@pytest.mark.parametrize("file", [HELM_FILE, ".docker/config.json"])
@pytest.mark.parametrize(
    ("host", "key", "found"),
    [
        ("registry-1.docker.io", HUB, True),
        ("docker.io", HUB, True),
        ("index.docker.io", HUB, True),
        ("docker.io.example.test", HUB, False),
        ("registry.test", "registry.test", True),
        ("registry.test", "https://registry.test", True),
        ("registry.test", "https://registry.test/v1/", True),
        ("registry.test", "http://registry.test/v2/", True),
        ("registry.test", "registry.test/some/path", True),
        ("registry.test:5000", "https://registry.test:5000", True),
        ("registry.test", "registry.test:5000", False),
        ("registry.test", "https://other.test/registry.test", False),
        ("registry.test", "sub.registry.test", False),
    ],
)
def test_a_login_is_found_under_the_key_of_its_host(
    tmp_path: Path, file: str, host: str, key: str, found: bool
) -> None:
    assert store(tmp_path, file, {"auths": {key: entry()}}).find(host) == (LOGIN if found else None)


def test_the_exact_key_of_a_host_comes_before_an_older_one(tmp_path: Path) -> None:
    older = Login("older", "password")
    auths = {"https://registry.test/v1/": entry(older), "registry.test": entry()}
    assert store(tmp_path, HELM_FILE, {"auths": auths}).find("registry.test") == LOGIN


def test_the_damaged_login_of_another_host_is_no_fault_of_ours(tmp_path: Path) -> None:
    logins = store(tmp_path, HELM_FILE, {"auths": {"other.test": {"auth": "%%%"}, "registry.test": entry()}})
    assert logins.find("registry.test") == LOGIN


def test_every_login_of_a_file_that_is_read_is_masked(tmp_path: Path) -> None:
    """Whoever can make a registry repeat a text may know the password of another one."""
    other = Login("other", "pass-of-the-other")
    logins = store(tmp_path, HELM_FILE, {"auths": {"other.test": entry(other), "registry.test": entry()}})
    logins.find("registry.test")
    assert logins.processes.redact(f"{other.password} {other.basic}") == f"{MASK} Basic {MASK}"


def helper(home: Path, name: str, get: str, listed: str = "{}") -> None:
    """A credential helper; the servers that it is asked for are in the file ``asked``."""
    program = home / "bin" / f"docker-credential-{name}"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f'#!/bin/sh\ncase "$1" in\nlist) {listed} ;;\n*) cat >> {home}/asked; echo >> {home}/asked; {get} ;;\nesac\n'
    )
    program.chmod(0o755)


GIVES = """echo '{"Username": "user", "Secret": "password"}'"""


def test_a_helper_is_asked_for_dockers_own_registry_by_its_old_address(tmp_path: Path) -> None:
    helper(tmp_path, "tests", GIVES)
    for config in ({"credsStore": "tests"}, {"credHelpers": {HUB: "tests"}}):
        assert store(tmp_path, HELM_FILE, config).find("registry-1.docker.io") == LOGIN
    assert (tmp_path / "asked").read_text().split() == [HUB, HUB]


LEAKS = "echo 'the password is hunter2-of-the-helper' >&2"
TOLD = [
    ("echo 'no credentials server URL'; exit 1", "no credentials server URL"),
    ("exit 3", "status 3"),
    ("""echo '{"Secret": "hunter2-of-the-helper"}'; exit 1""", "status 1"),
    ("""echo '{"Secret": "hunter2-of-the-helper'; exit 1""", "status 1"),
    ("printf 'user\\nhunter2-of-the-helper\\n'; exit 1", "status 1"),
    ("echo ghp_0123456789abcdefghijABCDEFGHIJ012345; exit 1", "status 1"),
    ("printf 'x%.0s' $(seq 400); exit 1", "status 1"),
    ("echo 'locked: pass-that-is-known'; exit 1", f"locked: {MASK}"),
]


@pytest.mark.parametrize(("script", "why"), TOLD)
def test_of_a_helper_that_fails_its_sentence_is_shown_and_never_its_stderr(
    tmp_path: Path, script: str, why: str
) -> None:
    helper(tmp_path, "tests", f"{LEAKS}; {script}")
    logins = store(tmp_path, HELM_FILE, {"credsStore": "tests"})
    logins.processes.redact.learn(["pass-that-is-known"])
    with pytest.raises(PreconditionError) as failed:
        logins.find("registry.test")
    said = failed.value
    assert said.code == "CREDENTIAL_HELPER"
    assert said.message == f"docker-credential-tests did not give credentials for registry.test: {why}"
    assert said.details == ()


def test_the_stderr_of_a_helper_without_memory_is_not_shown(tmp_path: Path) -> None:
    helper(tmp_path, "tests", f"{LEAKS}; echo 'fatal error: runtime: out of memory' >&2; exit 2")
    with pytest.raises(ToolKilledError) as killed:
        store(tmp_path, HELM_FILE, {"credsStore": "tests"}).find("registry.test")
    assert (killed.value.code, killed.value.details) == ("TOOL_LIMIT", ())


def test_an_access_token_of_docker_is_a_login(tmp_path: Path) -> None:
    content = {"auths": {"registry.test": {"registrytoken": "t0ken"}}}
    assert store(tmp_path, ".docker/config.json", content).find("registry.test") == Login(registry_token="t0ken")


@pytest.mark.parametrize("given", ["STAGE6_REGISTRY_USERNAME", "STAGE6_REGISTRY_PASSWORD"])
def test_half_a_login_is_an_error(tmp_path: Path, given: str) -> None:
    """A secret that a fork's run does not get is empty, and the push must not go on with another login."""
    env = {"STAGE6_REGISTRY_USERNAME": "", "STAGE6_REGISTRY_PASSWORD": "", given: "x"}
    with pytest.raises(ConfigurationError) as half:
        store(tmp_path, HELM_FILE, {}, **env).find("registry.test")
    assert half.value.code == "REGISTRY_LOGIN"
    assert half.value.where in env
    assert half.value.where != given


UNFIT = [
    ("STAGE6_REGISTRY_PASSWORD", "s3cret-value\n", "ends with a line break"),
    ("STAGE6_REGISTRY_PASSWORD", "s3cret-value\r\n", "ends with a line break"),
    ("STAGE6_REGISTRY_USERNAME", "s3cret-value\n", "ends with a line break"),
    ("STAGE6_REGISTRY_PASSWORD", "s3cret\nvalue", "holds a control character"),
    ("STAGE6_REGISTRY_PASSWORD", "s3cret\tvalue", "holds a control character"),
    ("STAGE6_REGISTRY_USERNAME", "s3cret\x7f", "holds a control character"),
    ("STAGE6_REGISTRY_PASSWORD", "s3cret\udcff", "is not UTF-8 text"),
    ("STAGE6_REGISTRY_USERNAME", "s3cret:value", "holds a colon"),
]


@pytest.mark.parametrize(("variable", "value", "why"), UNFIT)
def test_a_login_that_no_header_can_hold_is_refused_by_the_name_of_its_variable(
    tmp_path: Path, variable: str, value: str, why: str
) -> None:
    env = {"STAGE6_REGISTRY_USERNAME": "robot", "STAGE6_REGISTRY_PASSWORD": "password", variable: value}
    with pytest.raises(ConfigurationError) as unfit:
        store(tmp_path, HELM_FILE, {}, **env).find("registry.test")
    assert (unfit.value.code, unfit.value.where, unfit.value.exit_status) == ("REGISTRY_LOGIN", variable, 2)
    assert unfit.value.message.startswith(f"{variable} {why}")
    assert "s3cret" not in f"{unfit.value.message} {unfit.value.hint}"


def test_a_password_may_hold_a_colon_and_letters_of_every_script(tmp_path: Path) -> None:
    env = {"STAGE6_REGISTRY_USERNAME": "röbot", "STAGE6_REGISTRY_PASSWORD": "pass: wörd"}
    assert store(tmp_path, HELM_FILE, {}, **env).find("registry.test") == Login("röbot", "pass: wörd")


@pytest.mark.parametrize(
    ("host", "address"), [("docker.io", "registry-1.docker.io"), ("registry.test", "registry.test")]
)
def test_the_api_of_a_registry_is_where_helm_finds_it(host: str, address: str) -> None:
    assert RegistryHost(host).api == address


# The login of the environment, beside the user's own


def written(home: Path, content: object, host: str = "ours.test", listed: str = "{}") -> dict[str, Any]:
    helper(home, "tests", GIVES, listed)
    config = write_config(LOGIN, host, store(home, HELM_FILE, content), home / "registry.json")
    assert config.stat().st_mode & 0o777 == 0o600
    document = json.loads(config.read_text())
    assert isinstance(document, dict)
    return document


OTHER = entry(Login("other", "password"))


def test_the_users_logins_stay_and_the_login_of_the_environment_is_added(tmp_path: Path) -> None:
    content = {"auths": {"other.test": OTHER}, "credHelpers": {"third.test": "x"}}
    assert written(tmp_path, content) == {
        "auths": {"other.test": OTHER, "ours.test": entry()},
        "credHelpers": {"third.test": "x"},
    }


@pytest.mark.parametrize("content", [{"auths": {"ours.test": OTHER}}, {"credHelpers": {"ours.test": "tests"}}, {}])
def test_the_login_of_the_environment_replaces_the_users_own_of_its_host(tmp_path: Path, content: object) -> None:
    assert written(tmp_path, content) == {"auths": {"ours.test": entry()}, "credHelpers": {}}


def test_the_login_of_dockers_own_registry_is_written_under_its_old_address(tmp_path: Path) -> None:
    assert written(tmp_path, {}, "docker.io")["auths"] == {HUB: entry()}


def test_a_store_of_all_logins_becomes_the_helper_of_each_host_that_it_lists(tmp_path: Path) -> None:
    listed = """echo '{"other.test": "user", "ours.test": "user"}'"""
    assert written(tmp_path, {"credsStore": "tests"}, listed=listed) == {
        "auths": {"ours.test": entry()},
        "credHelpers": {"other.test": "tests"},
    }


@pytest.mark.parametrize("listed", ["exit 1", "echo nonsense", "echo '[]'"])
def test_a_store_that_does_not_list_its_logins_hides_nothing_else(tmp_path: Path, listed: str) -> None:
    content = {"credsStore": "tests", "auths": {"other.test": OTHER}}
    assert written(tmp_path, content, listed=listed)["auths"] == {"other.test": OTHER, "ours.test": entry()}


def test_a_file_of_the_users_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as unreadable:
        written(tmp_path, [])
    assert unreadable.value.code == "REGISTRY_CONFIG"


@pytest.mark.parametrize("file", [HELM_FILE, ".docker/config.json"])
def test_a_pipe_is_no_file_of_logins_and_is_not_waited_for(tmp_path: Path, file: str) -> None:
    logins = store(tmp_path, file, {})
    (tmp_path / file).unlink()
    os.mkfifo(tmp_path / file)
    with pytest.raises(ConfigurationError) as unreadable:
        logins.find("registry.test")
    assert unreadable.value.code == "REGISTRY_CONFIG"


@pytest.mark.parametrize("kept", ["auths", "credsStore", "docker"])
@pytest.mark.parametrize("helm_name", ANY_HELM)
def test_helm_pulls_from_both_registries(
    tmp_path: Path, helm_name: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two registries that want a login: ours by the environment, the other by helm's, its store's or docker's own."""
    binary = find_helm(helm_name)
    user = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 1.0.0\n")
    subprocess.run([binary, "package", tmp_path / "app", "-d", tmp_path], check=True, capture_output=True)
    with serve(tmp_path / "ours", login=True) as ours, serve(tmp_path / "other", login=True) as other:
        helper(
            tmp_path,
            "tests",
            f"""echo '{{"Username": "{USERNAME}", "Secret": "{PASSWORD}"}}'""",
            f"""echo '{{"{other}": "{USERNAME}"}}'""",
        )
        content = {"credsStore": "tests"} if kept == "credsStore" else {"auths": {other: {"auth": user}}}
        logins = store(tmp_path, ".docker/config.json" if kept == "docker" else HELM_FILE, content)
        config = write_config(Login(USERNAME, PASSWORD), ours, logins, tmp_path / "registry.json")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("PATH", logins.env["PATH"])
        helm = Helm(logins.processes, tmp_path, network=True, binary=str(binary))
        helm = replace(helm, registry_config=config)
        for host in (ours, other):
            pushed = helm.push(tmp_path / "app-1.0.0.tgz", f"oci://{host}/charts", plain=True)
            assert pushed.status == 0, pushed.stderr
