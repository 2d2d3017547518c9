"""What a value holds, told by names of the contract alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.model.vault import Near, VaultState
from jetscale_cicd.tools.vault.content import examine

KEYS = ("REGION_KEY", "ROLE_KEY")


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ('{"REGION_KEY": 1, "ROLE_KEY": false}', VaultState.MET),
        ('{"REGION_KEY": {}, "ROLE_KEY": []}', VaultState.MET),
        ('{"REGION_KEY": "\\n\\t ", "ROLE_KEY": "x"}', VaultState.KEY_EMPTY),
        ('{"REGION_KEY": null, "ROLE_KEY": "x"}', VaultState.KEY_EMPTY),
        ("{}", VaultState.KEY_MISSING),
        ("", VaultState.NOT_JSON),
        ("null", VaultState.NOT_JSON),
        ("7", VaultState.NOT_JSON),
        ("[]", VaultState.NOT_JSON),
        ('"{}"', VaultState.NOT_JSON),
        ("{'REGION_KEY': 1}", VaultState.NOT_JSON),
        ('\ufeff{"REGION_KEY": 1, "ROLE_KEY": 1}', VaultState.NOT_JSON),
        ('{"REGION_KEY": 1, "ROLE_KEY": 1, "ROLE_KEY": 1}', VaultState.NOT_JSON),
        ('{"REGION_KEY": 1, "ROLE_KEY": 1, "x": {"a": 1, "a": 2}}', VaultState.MET),
        ('{"REGION_KEY": 1, "ROLE_KEY": 1, "x": NaN}', VaultState.NOT_JSON),
        ("[" * 100_000, VaultState.NOT_JSON),
        ("x" * (2 << 20), VaultState.NOT_JSON),
        ("\ud800", VaultState.NOT_JSON),
        (b"\xff\xfe{\0}\0", VaultState.NOT_JSON),
    ],
)
def test_a_value_is_an_object_with_every_key_once_and_with_content(value: str | bytes, state: VaultState) -> None:
    assert examine(value, KEYS, ()).state is state


def test_what_may_be_empty_may_be_and_has_to_be_there_all_the_same() -> None:
    may_be_empty = ("ROLE_KEY",)
    assert examine('{"REGION_KEY": "x", "ROLE_KEY": ""}', KEYS, may_be_empty).state is VaultState.MET
    assert examine('{"REGION_KEY": "x"}', KEYS, may_be_empty).missing == ("ROLE_KEY",)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("region_key", "region_key"),
        ("RegionKey", "RegionKey"),
        ("region-key", "region-key"),
        ("REGION_KEYS", "REGION_KEYS"),
        ("REGOIN_KEY", "REGOIN_KEY"),
        (" REGION_KEY\n", "REGION_KEY with blanks around it"),
        ("REGION_KEY=hunter2", None),
        ("REGION_KEY_hunter2", None),
        ("REGION_KEYabc", None),
        ("REGxyz_KEY", None),
        ("OTHER", None),
        ("REGION KEY", None),
        ("REGION_KEY\u200b", None),
    ],
)
def test_a_key_is_named_only_where_it_tells_two_characters_at_most(key: str, found: str | None) -> None:
    answer = examine(json.dumps({key: "x", "ROLE_KEY": "x"}), KEYS, ())
    assert answer.near == ((Near(missing="REGION_KEY", found=found),) if found else ())


def test_a_short_name_is_compared_by_its_letters_alone() -> None:
    assert examine('{"Abc": 1, "XY": 2}', ("ABC", "AB"), ()).near == (Near(missing="ABC", found="Abc"),)


def test_an_object_with_thousands_of_keys_is_searched_in_no_time() -> None:
    value = json.dumps({f"REGION_K{number}": "" for number in range(50_000)})
    assert examine(value, KEYS, ()).missing == KEYS


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(document=VALUES, pasted=st.text(st.characters(codec="utf-8"), min_size=3))
def test_no_text_of_a_value_is_in_what_is_said_of_it(document: Any, pasted: str) -> None:
    plain = examine(json.dumps({"x": document}), KEYS, ())
    for value in (json.dumps({"x": [document, pasted]}), json.dumps({"x": document, f"x{pasted}": pasted})):
        assert examine(value, KEYS, ()) == plain
