"""Secret values: set, and long enough to be masked wherever they are printed."""

import pytest

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.secret_values import STAND_IN, secrets_of, stand_ins

TARGET = Target(name="live", secrets={"api.token": "API_VALUE"})


@pytest.mark.parametrize("value", ["abcd", " abcd ", "a\nb\nc", "it's"])
def test_a_value_that_can_be_masked_is_taken_as_it_is(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_VALUE", value)
    assert secrets_of(TARGET) == stand_ins(TARGET) == {"api.token": value}


@pytest.mark.parametrize("value", ["", " ", "\n\t "])
def test_a_blank_value_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_VALUE", value)
    with pytest.raises(PreconditionError) as refused:
        secrets_of(TARGET)
    assert refused.value.code == "SECRET_UNSET"
    assert stand_ins(TARGET) == {"api.token": STAND_IN}


@pytest.mark.parametrize("value", ["x", "abc", "  abc ", "a\nb"])
def test_a_value_that_cannot_be_masked_is_refused_and_not_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_VALUE", value)
    with pytest.raises(PreconditionError) as refused:
        secrets_of(TARGET)
    assert (refused.value.code, refused.value.where) == ("SECRET_SHORT", "targets.live.secrets")
    assert f"API_VALUE holds a secret of {len(value.strip())} characters" in refused.value.message
    assert stand_ins(TARGET) == {"api.token": STAND_IN}
