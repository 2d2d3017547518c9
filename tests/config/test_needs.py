"""``needs``: which targets come first; unknown names and circles are refused where they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.config.needs import in_order
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.settings import Settings
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.target import Target


def read(**needs: str) -> Settings:
    """Settings with these targets, each with what it needs."""
    lines = [f"  {name}: {{engine: render, needs: {needed}}}" for name, needed in needs.items()]
    return read_settings("\n".join(["targets:", *lines, ""]), ".stage6.yaml")


def test_targets_are_in_the_order_of_the_file_unless_one_needs_a_later_one() -> None:
    settings = read(prod="[staging]", eu="[]", staging="[]", asia="[]")
    assert [target.name for target in settings.targets] == ["eu", "staging", "prod", "asia"]


@pytest.mark.parametrize(
    ("needs", "where"),
    [
        ({"prod": "[stagin]", "staging": "[]"}, ".stage6.yaml:2:3"),
        ({"prod": "[prod]"}, ".stage6.yaml:2:3"),
        ({"a": "[]", "b": "[c]", "c": "[d]", "d": "[b]"}, ".stage6.yaml:3:3"),
        ({"a": "['../x']"}, ".stage6.yaml:2:31"),
        ({"a": "b", "b": "[]"}, ".stage6.yaml:2:30"),
    ],
)
def test_what_no_target_can_need_is_refused_where_it_is_written(needs: dict[str, str], where: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(**needs)
    assert refused.value.code in ("CONFIG_VALUE", "CONFIG_TYPE")
    assert refused.value.where == where


def test_a_circle_is_told_in_its_order() -> None:
    with pytest.raises(ConfigurationError, match="b needs c needs b"):
        read(a="[]", b="[c]", c="[b]")


def test_settings_that_are_made_in_python_are_checked_and_ordered_too() -> None:
    prod, staging = Target(name="prod", needs=("staging",)), Target(name="staging", namespace="s")
    assert Settings(targets=(prod, staging)).targets == (staging, prod)
    with pytest.raises(ValueError, match="staging"):
        Settings(targets=(prod,))


def test_a_target_that_was_not_asked_for_may_be_needed() -> None:
    prod, staging = Target(name="prod", needs=("staging",)), Target(name="staging", namespace="s")
    settings = Settings(targets=(prod,), left_out=(staging, Target(name="other", namespace="o")))
    assert settings.needed == (staging,)


@st.composite
def needing(draw: st.DrawFn) -> list[Target]:
    """Targets without a circle, in any order."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    made = [
        Target(name=name, needs=tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True))) if at else ())
        for at, name in enumerate(names)
    ]
    return draw(st.permutations(made))


@given(needing())
def test_each_comes_after_those_that_it_needs_and_none_is_lost(targets: list[Target]) -> None:
    ordered = [target.name for target in in_order(targets)]
    assert sorted(ordered) == sorted(target.name for target in targets)
    for target in targets:
        assert all(ordered.index(name) < ordered.index(target.name) for name in target.needs)
