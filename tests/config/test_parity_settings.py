"""The allow-list of parity: every entry can match something, and has a reason."""

import pytest

from jetscale_cicd.config.parity_settings import ParitySettings, check_pattern
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.errors import ConfigurationError

TARGETS = "targets: {live: {}, preview: {}}\n"


def read(parity: str) -> ParitySettings:
    """The section of a file."""
    return read_settings(f"{TARGETS}parity: {parity}\n", ".stage6.yaml").parity


def test_a_file_without_the_section_allows_nothing_and_fails_nothing() -> None:
    assert read_settings(TARGETS, ".stage6.yaml").parity == ParitySettings()
    assert read("null") == ParitySettings()


def test_the_section_is_read_as_it_is_written() -> None:
    parity = read('{between: [live, preview], allow: {"values:a.*": why}, fails: true}')
    assert parity == ParitySettings(between=("live", "preview"), allow={"values:a.*": "why"}, fails=True)


@pytest.mark.parametrize(
    ("parity", "code"),
    [
        ("{between: [live]}", "CONFIG_VALUE"),
        ("{between: [live, live]}", "CONFIG_VALUE"),
        ("{between: [live, preview, live]}", "CONFIG_VALUE"),
        ("{between: [live, staging]}", "CONFIG_VALUE"),
        ("{between: [live, 'A b']}", "CONFIG_VALUE"),
        ('{allow: {"values:a": ""}}', "CONFIG_VALUE"),
        ('{allow: {"values:a": " "}}', "CONFIG_VALUE"),
        ('{allow: {"values:a": null}}', "CONFIG_TYPE"),
        ('{allow: {"value:a": why}}', "CONFIG_VALUE"),
        ('{allow: ["values:a"]}', "CONFIG_TYPE"),
        ("{fails: sometimes}", "CONFIG_TYPE"),
        ("{fail: true}", "CONFIG_UNKNOWN_KEY"),
        ("[]", "CONFIG_TYPE"),
    ],
)
def test_what_cannot_work_is_refused_with_its_line(parity: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(parity)
    assert (refused.value.code, refused.value.where.split(":")[:2]) == (code, [".stage6.yaml", "2"])


@pytest.mark.parametrize("pattern", ["", "values", "values:", "*", "kind:a", "values :a", "values:" + "a" * 1000])
def test_a_pattern_that_matches_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each check says it in its own words
        check_pattern(pattern)


@pytest.mark.parametrize(
    ("between", "asked", "about"),
    [
        ((), ("a", "b"), True),
        (("a", "b"), ("a", "b"), True),
        (("a", "b"), ("b", "a"), True),
        (("a", "b"), ("a", "c"), False),
    ],
)
def test_an_allow_list_is_for_its_two_targets_in_either_order(
    between: tuple[str, ...], asked: tuple[str, str], about: bool
) -> None:
    settings = ParitySettings(between=between, allow={"values:a": "why"}, fails=True)
    assert settings.allow_for(*asked) == ({"values:a": "why"} if about else {})
    assert settings.fails_for(*asked) is about
