"""HashiCorp Vault, as strict stand-ins answer that were recorded from a real one, and from its documentation."""

import json
import logging
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.model.vault import VaultAnswer, VaultState
from jetscale_cicd.tools.redact import MASK, Redactor
from jetscale_cicd.tools.vault.hashicorp import HashicorpVault
from tests.support.canary import CANARIES, leaks
from tests.support.oci import authority
from tests.support.proxy import Asked, Proxy, Reset, Told, proxied

pytestmark = pytest.mark.quick(22)

KEYS = ("REGION_KEY", "ROLE_KEY")
WHOLE = {"REGION_KEY": "a", "ROLE_KEY": "b"}
TOKEN = "hvs.KtAXGVLZJjdFYKih54fyNDef"
MOUNT = {"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}
METADATA = {"deletion_time": "", "destroyed": False, "version": 3}
LOOKUP = "/v1/auth/token/lookup-self"


def told(status: int, body: Any) -> Told:
    return Told(
        status, {"Content-Type": "application/json"}, body if isinstance(body, bytes) else json.dumps(body).encode()
    )


def errors(status: int, *texts: str) -> Told:
    return told(status, {"errors": list(texts)})


def serving(answer: Told, *, lookup: Told | None = None, mount: Told | None = None) -> Callable[[Asked], Told]:
    """A Vault with one engine, and one answer."""

    def serve(asked: Asked) -> Told:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        if asked.path.startswith("/v1/sys/internal/ui/mounts/"):
            return mount or told(200, MOUNT)
        if asked.path == LOOKUP:
            return lookup or told(200, {"data": {"id": TOKEN}})
        assert asked.path in ("/v1/secret/data/app", "/v1/secret/metadata/app")
        return answer

    return serve


def ask(proxy: Proxy, *, describe: bool = False, seconds: float = 25, **env: str) -> VaultAnswer:
    given = {"VAULT_ADDR": f"http://{proxy.host}", "VAULT_TOKEN": TOKEN, **env}
    vault = HashicorpVault(redact=Redactor.of(()), env=given, describe=describe, seconds=seconds)
    return vault.check("secret/app", KEYS, ())


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (told(200, {"data": {"data": WHOLE, "metadata": METADATA}}), VaultState.MET),
        (told(200, {"data": {"data": {"ROLE_KEY": "b"}, "metadata": METADATA}}), VaultState.KEY_MISSING),
        (errors(404), VaultState.ABSENT),
        (told(404, {"data": {"data": None, "metadata": {**METADATA, "destroyed": True}}}), VaultState.NO_VALUE),
        (
            told(404, {"data": {"data": None, "metadata": {**METADATA, "deletion_time": "2026-01-31T12:00:00.1Z"}}}),
            VaultState.MARKED_FOR_DELETION,
        ),
        (errors(403, "1 error occurred:\n\t* permission denied\n\n"), VaultState.DENIED),
        (errors(429, "request path is limited by quota"), VaultState.THROTTLED),
        (errors(503, "Vault is sealed"), VaultState.UNREACHABLE),
        (errors(501, "not initialized"), VaultState.UNREACHABLE),
        (errors(472), VaultState.UNREACHABLE),
        (errors(473), VaultState.UNREACHABLE),
        (errors(412, "required index state not present"), VaultState.UNREACHABLE),
        (errors(500, "internal error"), VaultState.UNREACHABLE),
        (errors(400, "missing namespace"), VaultState.UNREADABLE),
        (errors(405), VaultState.UNREADABLE),
        (told(200, b"<html>log in</html>"), VaultState.UNREADABLE),
        (told(200, []), VaultState.UNREADABLE),
        (told(200, {"data": {"data": ["x"]}}), VaultState.UNREADABLE),
        (told(200, {"data": {"data": None}}), VaultState.UNREADABLE),
        (told(200, b"x" * (5 << 20)), VaultState.UNREACHABLE),
        (Told(307, {"Location": "http://127.0.0.2:1/v1/secret/data/app"}, b""), VaultState.UNREACHABLE),
        (Told(200, {}, b'{"data"', cut=3), VaultState.UNREACHABLE),
    ],
)
def test_each_answer_has_its_state(monkeypatch: pytest.MonkeyPatch, answer: Told, state: VaultState) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with proxied("", serving(answer)) as proxy:
        assert ask(proxy).state is state


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"current_version": 2, "versions": {"2": METADATA}}, VaultState.DESCRIBED),
        ({"current_version": 2, "versions": {"2": {**METADATA, "destroyed": True}}}, VaultState.NO_VALUE),
        ({"current_version": 0, "versions": {}}, VaultState.NO_VALUE),
        (
            {"current_version": 2, "versions": {"2": {**METADATA, "deletion_time": "2020-01-31T12:00:00Z"}}},
            VaultState.MARKED_FOR_DELETION,
        ),
        (
            {"current_version": 2, "versions": {"2": {**METADATA, "deletion_time": "2920-01-31T12:00:00Z"}}},
            VaultState.DESCRIBED,
        ),
        ({"current_version": [], "versions": {"2": []}}, VaultState.NO_VALUE),
        ({"versions": []}, VaultState.UNREADABLE),
    ],
)
def test_a_description_is_that_of_the_newest_version(data: Any, state: VaultState) -> None:
    with proxied("", serving(told(200, {"data": data}))) as proxy:
        assert ask(proxy, describe=True).state is state
    assert not [asked.path for asked in proxy.seen if "/data/" in asked.path]


def test_a_token_that_is_none_is_told_from_a_right_that_is_missing() -> None:
    denied = errors(403, "permission denied")
    for fault in (serving(denied, lookup=denied), serving(denied, lookup=denied, mount=denied)):
        with proxied("", fault) as proxy:
            assert ask(proxy).state is VaultState.CREDENTIALS_REFUSED
    with proxied("", serving(denied, mount=denied)) as proxy:
        answer = ask(proxy)
    assert (answer.state, answer.needs, answer.resource) == (VaultState.DENIED, "read", "secret/data/app")


@pytest.mark.parametrize(
    "mount",
    [
        errors(404),
        told(200, {"data": {"path": "other/", "type": "kv"}}),
        told(200, {"data": {"path": "secret/", "type": "pki"}}),
        told(200, {"data": {"path": "../", "type": "kv"}}),
        told(200, {"data": {"path": ["secret/"], "type": {}}}),
        told(200, b"no"),
    ],
)
def test_an_engine_that_is_none_is_not_guessed(mount: Told) -> None:
    with proxied("", serving(told(200, {}), mount=mount)) as proxy:
        assert ask(proxy).state is VaultState.UNREADABLE


def reset(_: Asked) -> Told:
    raise Reset


@pytest.mark.parametrize("fault", [reset, lambda _: Told(200, {}, b"{}", pause=3)], ids=["reset", "slow"])
def test_what_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch, fault: Callable[[Asked], Told]) -> None:
    with proxied("", fault) as proxy:
        assert ask(proxy, seconds=1).state is VaultState.UNREACHABLE


def test_a_vault_that_is_down_is_waited_for_once() -> None:
    vault = HashicorpVault(redact=Redactor.of(()), env={"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": TOKEN})
    assert vault.check("secret/one", KEYS, ()).state is VaultState.UNREACHABLE
    began = time.monotonic()
    assert vault.check("secret/two", KEYS, ()).entry == "secret/two"
    assert time.monotonic() - began < 0.2


@pytest.mark.parametrize(
    ("env", "state"),
    [
        ({}, VaultState.WRONG_REGION),
        ({"VAULT_ADDR": "vault.example.com"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "unix:///run/vault.sock"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "http://[::1"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v:99999"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://u:p@v"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v"}, VaultState.NO_CREDENTIALS),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": "a b c d"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": "x" * 5000}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_SKIP_VERIFY": "true"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_TLS_SERVER_NAME": "w"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_AGENT_ADDR": "w"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_NAMESPACE": "a\nb"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_CACERT": "/none"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_CACERT_BYTES": "x"}, VaultState.SETTING_WRONG),
        ({"VAULT_ADDR": "https://v", "VAULT_TOKEN": TOKEN, "VAULT_CLIENT_CERT": "/none"}, VaultState.SETTING_WRONG),
    ],
)
def test_what_the_environment_says_has_to_be_usable(env: dict[str, str], state: VaultState) -> None:
    answer = HashicorpVault(redact=Redactor.of(()), env=env).check("secret/app", KEYS, ())
    assert answer.state is state
    assert TOKEN not in repr(answer)


@pytest.mark.parametrize("entry", ["", "/", "secret/../sys/x", "secret//x", "./x"])
def test_an_entry_is_a_path(entry: str) -> None:
    env = {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": TOKEN}
    assert HashicorpVault(redact=Redactor.of(()), env=env).check(entry, KEYS, ()).state is VaultState.UNREADABLE


def test_the_token_is_that_of_the_file_where_the_environment_has_none(tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text(f"{TOKEN}\n")
    with proxied("", serving(told(200, {"data": {"data": WHOLE}}))) as proxy:
        env = {"VAULT_ADDR": f"http://{proxy.host}/", "HOME": str(tmp_path), "VAULT_NAMESPACE": "team/a/"}
        redact = Redactor.of(())
        assert HashicorpVault(redact=redact, env=env).check("secret/app", KEYS, ()).state is VaultState.MET
    assert {asked.headers["x-vault-namespace"] for asked in proxy.seen} == {"team/a/"}
    assert redact(TOKEN) == MASK


@pytest.mark.parametrize("kind", ["folder", "pipe", "binary"])
def test_a_file_of_a_token_that_is_none_is_no_token(tmp_path: Path, kind: str) -> None:
    import os

    file = tmp_path / ".vault-token"
    make: dict[str, Callable[[], object]] = {
        "folder": file.mkdir,
        "pipe": lambda: os.mkfifo(file),
        "binary": lambda: file.write_bytes(b"\xff\0"),
    }
    make[kind]()
    env = {"VAULT_ADDR": "https://v", "HOME": str(tmp_path)}
    assert HashicorpVault(redact=Redactor.of(()), env=env).check("a/b", KEYS, ()).state is VaultState.SETTING_WRONG


def test_the_authority_is_the_one_that_is_named(tmp_path: Path) -> None:
    ours = authority(tmp_path)
    with proxied("", serving(told(200, {"data": {"data": WHOLE}})), tls=ours) as proxy:
        address = f"https://{proxy.host}"
        assert ask(proxy, VAULT_ADDR=address).state is VaultState.UNREACHABLE
        assert ask(proxy, VAULT_ADDR=address, VAULT_CACERT=str(ours.ca)).state is VaultState.MET


def test_the_token_goes_to_no_other_host() -> None:
    with (
        proxied("", lambda _: told(200, {})) as other,
        proxied(
            "", lambda asked: Told(307, {"Location": f"http://localhost:{other.host.split(':')[1]}{asked.path}"}, b"")
        ) as proxy,
    ):
        assert ask(proxy).state is VaultState.UNREACHABLE
    assert other.seen == []


def test_nothing_is_told_of_a_value_or_of_the_token(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    caplog.set_level(logging.DEBUG)
    canary = CANARIES["quotes"]
    body = json.dumps({"data": {"data": {"REGION_KEY": canary, canary: ""}}}).encode()
    answers = [
        told(200, body),
        told(500, body),
        told(400, body),
        Told(200, {}, body, cut=len(body) - 3),
        Told(200, {"Transfer-Encoding": "chunked"}, body),
        told(418, {"errors": [canary]}),
    ]
    for answer in answers:
        with proxied("", serving(answer)) as proxy:
            found = ask(proxy, seconds=2)
        texts = [repr(found), repr(pickle.dumps(found)), caplog.text, *capfd.readouterr()]
        assert leaks(canary, texts) == []
        assert leaks(TOKEN, texts) == []
    assert caplog.records
