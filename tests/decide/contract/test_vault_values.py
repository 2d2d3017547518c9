"""Entries of a vault that are not as the contract says: one finding for each thing that is wrong, with its remedy."""

import shlex
from typing import Any

import pytest

from jetscale_cicd.decide.contract.vault_values import vault_findings
from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.vault import Near, VaultAnswer, VaultName, VaultState

ENTRY = "app/prod/o'client"
CODES: dict[VaultState, tuple[str, type[Stage6Error]]] = {
    VaultState.ABSENT: ("VAULT_ENTRY_MISSING", PreconditionError),
    VaultState.NO_VALUE: ("VAULT_NO_VALUE", PreconditionError),
    VaultState.NOT_JSON: ("VAULT_NOT_JSON", PreconditionError),
    VaultState.MARKED_FOR_DELETION: ("VAULT_MARKED_FOR_DELETION", PreconditionError),
    VaultState.WRONG_REGION: ("VAULT_REGION", PreconditionError),
    VaultState.DECRYPTION_FAILED: ("VAULT_DECRYPTION", CannotTellError),
    VaultState.DENIED: ("VAULT_DENIED", CannotTellError),
    VaultState.THROTTLED: ("VAULT_THROTTLED", CannotTellError),
    VaultState.UNREACHABLE: ("VAULT_UNREACHABLE", CannotTellError),
    VaultState.UNREADABLE: ("VAULT_UNREADABLE", CannotTellError),
    VaultState.NO_CREDENTIALS: ("VAULT_NO_CREDENTIALS", CannotTellError),
    VaultState.EXPIRED_CREDENTIALS: ("VAULT_CREDENTIALS_EXPIRED", CannotTellError),
    VaultState.CREDENTIALS_REFUSED: ("VAULT_CREDENTIALS_REFUSED", CannotTellError),
    VaultState.SETTING_WRONG: ("VAULT_SETTING", CannotTellError),
    VaultState.NO_CLIENT: ("VAULT_CLIENT_MISSING", CannotTellError),
}
OF_KEYS = {VaultState.KEY_MISSING, VaultState.KEY_EMPTY}
MET = {VaultState.MET, VaultState.DESCRIBED}


def answer(state: VaultState, entry: str = ENTRY, **parts: Any) -> VaultAnswer:
    return VaultAnswer(**{"entry": entry, "vault": VaultName.AWS, "state": state, "place": "eu-west-1", **parts})


def test_every_state_has_a_code_or_is_met() -> None:
    assert set(CODES) | OF_KEYS | MET == set(VaultState)


@pytest.mark.parametrize("vault", VaultName)
@pytest.mark.parametrize("state", CODES)
def test_each_state_is_one_finding_that_names_the_entry(state: VaultState, vault: VaultName) -> None:
    (found,) = vault_findings([answer(state, vault=vault, needs="right", resource="thing")])
    assert (found.code, type(found)) == CODES[state]
    assert ENTRY in found.message
    assert found.hint


@pytest.mark.parametrize("state", sorted(MET))
def test_what_is_met_as_far_as_can_be_seen_is_no_finding(state: VaultState) -> None:
    assert vault_findings([answer(state)]) == ()


def test_keys_that_are_missing_and_keys_that_are_empty_are_a_finding_each() -> None:
    near = (Near(missing="A", found="a"),)
    found = vault_findings([answer(VaultState.KEY_MISSING, missing=("A", "B"), empty=("C",), near=near)])
    assert [each.code for each in found] == ["VAULT_KEY_MISSING", "VAULT_KEY_EMPTY"]
    assert "A, B" in found[0].message
    assert "is a meant to be A?" in found[0].message
    assert "C" in found[1].message


def test_each_entry_has_its_own_finding_and_what_is_true_of_a_whole_vault_is_told_once() -> None:
    absent = [answer(VaultState.ABSENT, entry) for entry in ("one", "two")]
    expired = [answer(VaultState.EXPIRED_CREDENTIALS, entry, why="x") for entry in ("three", "four")]
    found = vault_findings([*absent, *expired, answer(VaultState.UNREACHABLE, "five")])
    assert [each.where for each in found] == ["one", "two", "three, four", "five"]
    assert [each.unreachable for each in found if isinstance(each, CannotTellError)] == [False, True]


def test_what_is_refused_names_the_right_and_where_to_write_it() -> None:
    (found,) = vault_findings([answer(VaultState.DENIED, "a/b", needs="secretsmanager:GetSecretValue", resource="a/b")])
    assert "needs secretsmanager:GetSecretValue on a/b" in found.message
    assert "arn:aws:secretsmanager:eu-west-1:*:secret:a/b-*" in found.hint


@pytest.mark.parametrize("vault", VaultName)
@pytest.mark.parametrize("state", [VaultState.NO_VALUE, VaultState.NOT_JSON, VaultState.MARKED_FOR_DELETION])
def test_a_command_is_one_that_a_shell_takes_and_has_a_file_in_place_of_a_value(
    state: VaultState, vault: VaultName
) -> None:
    (found,) = vault_findings([answer(state, vault=vault)])
    start = found.hint.index("aws secrets" if vault is VaultName.AWS else "vault kv")
    words = shlex.split(found.hint[start:].split(";")[0])
    assert ENTRY in words
    if state is not VaultState.MARKED_FOR_DELETION:
        assert {"file://value.json", "@value.json"} & set(words)
