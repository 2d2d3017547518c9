"""HashiCorp Vault's KV engine on a real server: what it answers in each situation."""

from collections.abc import Iterator
from typing import Any

import pytest

from jetscale_cicd.model.vault import VaultAnswer, VaultState
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.vault.hashicorp import HashicorpVault
from tests.support.hashicorp_vault import VAULT_SERVER, RealVault, real_vault

pytestmark = pytest.mark.quick(10)

KEYS = ("REGION_KEY", "ROLE_KEY")
WHOLE = {"REGION_KEY": "a", "ROLE_KEY": "b"}
ENGINES = {"second": "2", "first": "1", "deep/mount": "2"}


@pytest.fixture(scope="session")
def running_vault() -> Iterator[RealVault]:
    """One server for all tests, with an engine of each kind."""
    if not VAULT_SERVER.is_file():
        pytest.skip(f"{VAULT_SERVER} is not here: run `make vault-server`")
    with real_vault() as server:
        for path, version in ENGINES.items():
            server.mount(path, version)
        yield server


@pytest.fixture
def vault(running_vault: RealVault, monkeypatch: pytest.MonkeyPatch) -> RealVault:
    monkeypatch.setenv("VAULT_ADDR", running_vault.address)
    monkeypatch.setenv("VAULT_TOKEN", running_vault.token)
    return running_vault


def put(vault: RealVault, mount: str, entry: str, value: Any) -> None:
    second = ENGINES[mount] == "2"
    status, _ = vault.call("POST", f"{mount}/{'data/' if second else ''}{entry}", {"data": value} if second else value)
    assert status in (200, 204)


def ask(entry: str, *, describe: bool = False) -> VaultAnswer:
    return HashicorpVault(redact=Redactor.of(()), describe=describe).check(entry, KEYS, ())


@pytest.mark.parametrize("mount", ENGINES)
@pytest.mark.parametrize(
    ("value", "state"),
    [
        (WHOLE, VaultState.MET),
        ({**WHOLE, "MORE": "x" * 65_000}, VaultState.MET),
        ({"REGION_KEY": "a"}, VaultState.KEY_MISSING),
        ({"REGION_KEY": "a", "ROLE_KEY": ""}, VaultState.KEY_EMPTY),
        ({"REGION_KEY": {"a": 1}, "ROLE_KEY": None}, VaultState.KEY_EMPTY),
    ],
)
def test_an_entry_is_what_its_value_is(vault: RealVault, mount: str, value: Any, state: VaultState) -> None:
    put(vault, mount, "app/a name", value)
    assert ask(f"{mount}/app/a name").state is state


@pytest.mark.parametrize("mount", ENGINES)
def test_what_is_not_there_is_absent(vault: RealVault, mount: str) -> None:
    assert ask(f"{mount}/none").state is VaultState.ABSENT


@pytest.mark.parametrize("describe", [True, False])
def test_a_deleted_version_can_be_had_back_and_a_destroyed_one_cannot(vault: RealVault, describe: bool) -> None:
    put(vault, "second", f"gone-{describe}", WHOLE)
    vault.call("DELETE", f"second/data/gone-{describe}")
    answer = ask(f"second/gone-{describe}", describe=describe)
    assert (answer.state, answer.version) == (VaultState.MARKED_FOR_DELETION, "1")
    assert answer.date
    vault.call("POST", f"second/undelete/gone-{describe}", {"versions": [1]})
    assert ask(f"second/gone-{describe}", describe=describe).state in (VaultState.MET, VaultState.DESCRIBED)
    vault.call("PUT", f"second/destroy/gone-{describe}", {"versions": [1]})
    assert ask(f"second/gone-{describe}", describe=describe).state is VaultState.NO_VALUE


def test_a_version_that_will_be_deleted_later_is_there(vault: RealVault) -> None:
    vault.call("POST", "second/metadata/later", {"delete_version_after": "48h"})
    put(vault, "second", "later", WHOLE)
    assert ask("second/later").state is VaultState.MET
    assert ask("second/later", describe=True).state is VaultState.DESCRIBED


def test_the_first_version_of_the_engine_has_nothing_that_describes(vault: RealVault) -> None:
    put(vault, "first", "a", WHOLE)
    assert ask("first/a", describe=True).state is VaultState.UNREADABLE


@pytest.mark.parametrize(("right", "describe"), [("data", True), ("metadata", False)])
def test_a_right_that_is_missing_is_named(
    vault: RealVault, monkeypatch: pytest.MonkeyPatch, right: str, describe: bool
) -> None:
    put(vault, "second", "a", WHOLE)
    token = vault.token_for(right, f'path "second/{right}/*" {{ capabilities = ["read"] }}')
    monkeypatch.setenv("VAULT_TOKEN", token)
    assert ask("second/a", describe=not describe).state in (VaultState.MET, VaultState.DESCRIBED)
    answer = ask("second/a", describe=describe)
    assert (answer.state, answer.needs) == (VaultState.DENIED, "read")
    assert answer.resource == f"second/{'metadata' if describe else 'data'}/a"


def test_an_engine_that_is_not_there_is_refused_and_not_called_absent(vault: RealVault) -> None:
    answer = ask("nowhere/a")
    assert (answer.state, answer.resource) == (VaultState.DENIED, "nowhere/data/a")


def test_a_token_that_is_none_is_told_from_a_right_that_is_missing(
    vault: RealVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.of-nobody")
    assert ask("second/a").state is VaultState.CREDENTIALS_REFUSED


def test_a_sealed_vault_does_not_answer(vault: RealVault, monkeypatch: pytest.MonkeyPatch) -> None:
    with real_vault("sealed") as sealed:
        monkeypatch.setenv("VAULT_ADDR", sealed.address)
        answer = ask("second/a")
    assert answer.state is VaultState.UNREACHABLE
    assert "sealed" in answer.why
