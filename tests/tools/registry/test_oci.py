"""What an OCI registry holds, asked of a real one: three answers, with login, TLS and every fault in between."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.errors import ConfigurationError, PreconditionError, PublishError
from jetscale_cicd.model.release import Absent, CannotTell, Present
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import MASK, Redactor
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.login import CredentialStore, Login
from tests.conftest import HELMS, rest_slow
from tests.support.oci import USERNAME, Authority, authority, serve
from tests.support.proxy import Asked, Fault, Proxy, Reset, Told, proxied
from tests.tools.registry.conftest import LOGIN, Make, same_place

pytestmark = pytest.mark.quick(20)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("helm_name", HELMS)
def test_what_was_pushed_is_present_with_the_digest_of_the_archive(
    host: str, make: Make, archives: tuple[Path, Path], helm_name: str
) -> None:
    registry = make(host, helm=helm_name)
    assert registry.lookup("app", "1.0.0") == Absent()
    answer = registry.create("app", "1.0.0", archives[0])
    assert isinstance(answer, Present)
    assert answer.digest == digest_of(archives[0].read_bytes())
    assert answer.manifest.startswith("sha256:")
    assert registry.lookup("app", "1.0.0") == answer
    assert registry.read("app", "1.0.0") == archives[0].read_bytes()


def test_another_version_of_a_chart_that_is_there_is_absent(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    registry.create("app", "1.0.0", archives[0])
    assert registry.lookup("app", "1.0.1") == Absent()


def test_an_existing_version_is_never_overwritten(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    first = registry.create("app", "1.0.0", archives[0])
    assert registry.create("app", "1.0.0", archives[1]) == first
    assert registry.read("app", "1.0.0") == archives[0].read_bytes()


def test_something_else_under_the_name_is_present_and_no_chart(host: str, make: Make) -> None:
    registry = make(host)
    path = registry.url.rpartition("/")[2]
    config = b"{}"
    start = registry.api.http._direct.request("POST", f"http://{host}/v2/{path}/app/blobs/uploads/")
    registry.api.http._direct.request("PUT", f"{start.headers['Location']}&digest={digest_of(config)}", body=config)
    kind = "application/vnd.oci.image.manifest.v1+json"
    blob = {"mediaType": "application/x", "digest": digest_of(config), "size": 2}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": blob, "layers": []}).encode()
    url = f"http://{host}/v2/{path}/app/manifests/1.0.0"
    put = registry.api.http._direct.request("PUT", url, body=manifest, headers={"Content-Type": kind})
    assert put.status == 201
    assert registry.lookup("app", "1.0.0") == Present(digest_of(manifest), digest_of(manifest))


# Login and TLS


def test_without_a_login_a_guarded_registry_cannot_tell(guarded: str, make: Make) -> None:
    answer = make(guarded).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "401" in answer.why
    assert f"helm registry login {guarded}" in answer.hint


def test_with_a_wrong_login_it_cannot_tell(guarded: str, make: Make) -> None:
    assert isinstance(make(guarded, Login(USERNAME, "wrong")).lookup("app", "1.0.0"), CannotTell)


@pytest.mark.parametrize("helm_name", HELMS)
def test_with_a_login_it_answers(guarded: str, make: Make, archives: tuple[Path, Path], helm_name: str) -> None:
    registry = make(guarded, LOGIN, helm_name)
    assert registry.lookup("app", "1.0.0") == Absent()
    assert isinstance(registry.create("app", "1.0.0", archives[0]), Present)
    assert registry.read("app", "1.0.0") == archives[0].read_bytes()


def test_a_push_that_is_refused_is_not_repeated_and_the_hint_is_to_log_in(
    guarded: str, make: Make, archives: tuple[Path, Path]
) -> None:
    registry = make(guarded, LOGIN)
    nobody = replace(registry, helm=replace(registry.helm, registry_config=None))
    with proxied(guarded) as proxy, pytest.raises(PublishError) as refused:
        same_place(nobody, proxy.host).create("app", "1.0.0", archives[0])
    assert refused.value.code == "PUSH_FAILED"
    assert "helm registry login" in refused.value.hint
    assert registry.lookup("app", "1.0.0") == Absent()


def bearer(proxy: Proxy, token: str) -> Fault:
    """A registry that wants a token, which its token server gives for the login; the real one is behind it."""
    challenge = f'Bearer realm="http://{proxy.host}/token",service="tests",scope="repository:any:pull"'

    def fault(asked: Asked) -> Told | None:
        said = asked.headers.get("authorization")
        if asked.path.startswith("/token"):
            body = json.dumps({"token": token}).encode()
            return Told(200, {}, body) if said == LOGIN.basic else Told(401, {}, b"{}")
        if said != f"Bearer {token}":
            return Told(401, {"WWW-Authenticate": challenge}, b"{}")
        asked.headers["authorization"] = LOGIN.basic
        return None

    return fault


@pytest.mark.parametrize("helm_name", HELMS)
def test_a_login_is_exchanged_for_the_token_that_the_registry_asks_for(
    guarded: str, make: Make, archives: tuple[Path, Path], helm_name: str
) -> None:
    with proxied(guarded) as proxy:
        proxy.fault = bearer(proxy, "a-token-of-this-test")
        registry = make(proxy.host, LOGIN, helm_name)
        assert registry.lookup("app", "1.0.0") == Absent()
        assert isinstance(registry.create("app", "1.0.0", archives[0]), Present)
        assert registry.api.http.redact("a-token-of-this-test") == MASK


def test_a_login_that_the_token_server_refuses_cannot_tell(guarded: str, make: Make) -> None:
    with proxied(guarded) as proxy:
        proxy.fault = bearer(proxy, "a-token-of-this-test")
        answer = make(proxy.host, Login(USERNAME, "wrong")).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "token server answered 401" in answer.why


@pytest.mark.parametrize("realm", ["http://elsewhere.invalid/token", "file:///etc/passwd", "token", ""])
def test_a_login_is_sent_to_no_realm_without_tls(guarded: str, make: Make, realm: str) -> None:
    def fault(_: Asked) -> Told:
        return Told(401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'}, b"{}")

    with proxied(guarded, fault) as proxy:
        answer = make(proxy.host, LOGIN).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "not an https address" in answer.why


# By helm 4: 3.17.3, the helm 3 of machines without Go, speaks HTTP to whatever is on this machine (3.22.0 does not).
def test_a_registry_with_tls_needs_its_authority_to_be_known(
    make: Make, archives: tuple[Path, Path], tls: Authority, tmp_path: Path
) -> None:
    with serve(tmp_path / "tls", tls=tls) as host:
        unknown = make(host).lookup("app", "1.0.0")
        assert isinstance(unknown, CannotTell)
        assert "certificate" in unknown.why.lower()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(tls.ca))
            registry = make(host)
            assert registry.lookup("app", "1.0.0") == Absent()
            assert isinstance(registry.create("app", "1.0.0", archives[0]), Present)
            assert registry.read("app", "1.0.0") == archives[0].read_bytes()


# Faults


def error(status: int, code: str = "", **headers: str) -> Callable[[Asked], Told | None]:
    """The registry's answer to every question about a manifest, with the error code of a registry."""
    body = json.dumps({"errors": [{"code": code, "message": "no"}]}).encode() if code else b"<html>no</html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Told(status, named, body) if asked.reads_manifest else None


def altered(change: Callable[[Told], Told]) -> Fault:
    return lambda asked: change if asked.reads_manifest else None


def truncated(told: Told) -> Told:
    return replace(told, cut=len(told.body) // 2)


def shortened(told: Told) -> Told:
    body = told.body[: len(told.body) // 2]
    return Told(told.status, {**told.headers, "Content-Length": str(len(body))}, body)


def swapped(told: Told) -> Told:
    """Another manifest than that of the header, as from a cache that confuses two."""
    return replace(told, body=told.body.replace(b'"size"', b'"sise"'))


def reset(asked: Asked) -> None:
    if asked.reads_manifest:
        raise Reset


def trickle(told: Told) -> Told:
    return replace(told, pause=0.7)


CANNOT_TELL = {
    "401": (error(401), "answered 401"),
    "403": (error(403, "DENIED"), "answered 403 (DENIED: no)"),
    "429": (error(429, "TOOMANYREQUESTS"), "answered 429"),
    "429 with a long Retry-After": (error(429, Retry_After="3600"), "answered 429"),
    "500": (error(500), "answered 500"),
    "503": (error(503, "UNAVAILABLE"), "answered 503 (UNAVAILABLE: no)"),
    "404 of a proxy": (error(404), "without the error code of a registry"),
    "404 with another code": (error(404, "BLOB_UNKNOWN"), "without the error code of a registry"),
    "a page for a manifest": (error(200), "damaged"),
    "a manifest cut short": (altered(truncated), ""),
    "half a manifest as if whole": (altered(shortened), "damaged"),
    "a manifest of another digest": (altered(swapped), "damaged"),
    "reset": (reset, ""),
    "slow": (altered(trickle), "timed out"),
    "endless": (altered(lambda told: replace(told, body=b"x" * (5 << 20), headers={})), "larger than"),
}


@pytest.mark.parametrize("name", rest_slow(CANNOT_TELL, *[name for name in CANNOT_TELL if name != "slow"][::2]))
def test_a_fault_is_never_absent_and_nothing_is_pushed(
    host: str, make: Make, archives: tuple[Path, Path], name: str
) -> None:
    fault, words = CANNOT_TELL[name]
    registry = make(host)
    registry.create("app", "1.0.0", archives[0])
    started = time.monotonic()
    with proxied(host, fault) as proxy:
        faulty = same_place(registry, proxy.host)
        answer = faulty.lookup("app", "1.0.0")
        created = faulty.create("app", "1.0.0", archives[1])
    assert isinstance(answer, CannotTell)
    assert isinstance(created, CannotTell)
    assert words in answer.why
    assert proxy.pushes() == 0
    assert time.monotonic() - started < 20
    assert registry.read("app", "1.0.0") == archives[0].read_bytes()


def test_a_port_without_a_listener_cannot_tell(make: Make) -> None:
    answer = make("127.0.0.1:9").lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "refused" in answer.why
    assert "0x" not in answer.why


@pytest.mark.parametrize("fault", [error(503), error(429, Retry_After="1"), reset], ids=["503", "429", "reset"])
def test_a_fault_that_passes_is_asked_again(host: str, make: Make, archives: tuple[Path, Path], fault: Fault) -> None:
    registry = make(host)
    expected = registry.create("app", "1.0.0", archives[0])
    with proxied(host, lambda asked: fault(asked) if asked.before == 0 else None) as proxy:
        assert same_place(registry, proxy.host).lookup("app", "1.0.0") == expected


def upload_is_cut_off(asked: Asked) -> Told | None:
    if asked.method in ("PATCH", "PUT") and "/blobs/" in asked.path:
        raise Reset
    return None


def first_upload_is_cut_off() -> Fault:
    cut_off: list[Asked] = []

    def fault(asked: Asked) -> Told | None:
        if asked.method == "PUT" and asked.of_manifest and not cut_off:
            cut_off.append(asked)
            raise Reset
        return None

    return fault


@pytest.mark.parametrize("helm_name", HELMS)
def test_an_upload_that_is_cut_off_once_is_repeated(
    host: str, make: Make, archives: tuple[Path, Path], helm_name: str
) -> None:
    registry = make(host, helm=helm_name)
    with proxied(host, first_upload_is_cut_off()) as proxy:
        answer = same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert isinstance(answer, Present)
    assert answer.digest == digest_of(archives[0].read_bytes())


@pytest.mark.parametrize("helm_name", HELMS)
def test_an_upload_that_is_always_cut_off_is_an_error_and_leaves_the_version_absent(
    host: str, make: Make, archives: tuple[Path, Path], helm_name: str
) -> None:
    registry = make(host, helm=helm_name)
    with proxied(host, upload_is_cut_off) as proxy, pytest.raises(PublishError) as failed:
        same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert failed.value.code == "PUSH_FAILED"
    assert registry.lookup("app", "1.0.0") == Absent()


# Where credentials are found


def found(tmp_path: Path, files: Mapping[str, object], env: dict[str, str] | None = None) -> Login | None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    processes = Processes(Redactor.of(()), lambda _: None)
    return CredentialStore(processes, {"HOME": str(tmp_path), **(env or {})}).find("registry.test")


AUTHS = {"auths": {"registry.test": {"auth": LOGIN.basic.removeprefix("Basic ")}}}
OTHER = {"auths": {"https://registry.test": {"username": "other", "password": "password"}}}


@pytest.mark.parametrize(
    ("files", "env", "expected"),
    [
        ({}, {}, None),
        ({".config/helm/registry/config.json": AUTHS}, {}, LOGIN),
        ({".docker/config.json": AUTHS}, {}, LOGIN),
        ({".docker/config.json": OTHER}, {}, Login("other", "password")),
        ({".config/helm/registry/config.json": AUTHS, ".docker/config.json": OTHER}, {}, LOGIN),
        ({"x": AUTHS}, {"HELM_REGISTRY_CONFIG": "x"}, LOGIN),
        ({"h/registry/config.json": AUTHS}, {"HELM_CONFIG_HOME": "h"}, LOGIN),
        ({"d/config.json": AUTHS}, {"DOCKER_CONFIG": "d"}, LOGIN),
        ({"x/helm/registry/config.json": AUTHS}, {"XDG_CONFIG_HOME": "x"}, LOGIN),
        ({".docker/config.json": {"auths": {"registry.test": {"identitytoken": "t0ken"}}}}, {}, Login("", "", "t0ken")),
        ({".docker/config.json": {"auths": {"elsewhere": {"auth": "eDp5"}}}}, {}, None),
        (
            {".docker/config.json": AUTHS},
            {"STAGE6_REGISTRY_USERNAME": "env", "STAGE6_REGISTRY_PASSWORD": "of-the-env"},
            Login("env", "of-the-env"),
        ),
    ],
)
def test_a_login_is_found_where_helm_and_docker_keep_it(
    tmp_path: Path, files: dict[str, object], env: dict[str, str], expected: Login | None
) -> None:
    places = {name: str(tmp_path / value) if not name.startswith("STAGE6") else value for name, value in env.items()}
    assert found(tmp_path, files, places) == expected


@pytest.mark.parametrize("content", [[], "text", {"auths": {"registry.test": {"auth": "%%%"}}}])
def test_a_file_of_credentials_that_cannot_be_read_is_an_error(tmp_path: Path, content: object) -> None:
    with pytest.raises(ConfigurationError) as unreadable:
        found(tmp_path, {".docker/config.json": content})
    assert (unreadable.value.code, unreadable.value.where) == ("REGISTRY_CONFIG", str(tmp_path / ".docker/config.json"))


def helper(tmp_path: Path, script: str) -> dict[str, str]:
    """A credential helper on PATH; what it is asked is in the file ``asked``."""
    program = tmp_path / "bin" / "docker-credential-tests"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/asked; cat >> {tmp_path}/asked\n{script}\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin"}


STORE = {".docker/config.json": {"credsStore": "tests"}}


def test_a_credential_helper_is_asked(tmp_path: Path) -> None:
    env = helper(tmp_path, """echo '{"Username": "u", "Secret": "of-the-helper"}'""")
    assert found(tmp_path, STORE, env) == Login("u", "of-the-helper")
    assert (tmp_path / "asked").read_text() == "get\nregistry.test"


def test_a_helper_that_has_no_login_is_no_error(tmp_path: Path) -> None:
    env = helper(tmp_path, "echo 'credentials not found in native keychain'; exit 1")
    assert found(tmp_path, STORE, env) is None


@pytest.mark.parametrize("script", ["echo locked >&2; exit 1", "echo '[]'", "echo nonsense"])
def test_a_helper_that_fails_is_an_error(tmp_path: Path, script: str) -> None:
    with pytest.raises(PreconditionError) as failed:
        found(tmp_path, STORE, helper(tmp_path, script))
    assert failed.value.code == "CREDENTIAL_HELPER"
