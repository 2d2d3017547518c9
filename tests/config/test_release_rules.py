"""python-semantic-release's own configuration, read as it reads it."""

import json
from typing import Any

import pytest

from jetscale_cicd.config.release_rules import ReleaseRules, read_release_rules
from jetscale_cicd.errors import ConfigurationError

SECTION = "[tool.semantic_release]\n"


def refused(pyproject: str | None, releaserc: tuple[str, str] | None = None) -> ConfigurationError:
    """The error of a configuration that must not be read."""
    with pytest.raises(ConfigurationError) as caught:
        read_release_rules(pyproject, releaserc)
    return caught.value


@pytest.mark.parametrize(
    "pyproject",
    [None, "", "[project]\nname = 'x'\n", "[project]\ndependencies = ['semantic_release']\n", "semantic-release = ["],
)
def test_without_a_configuration_stage_6_starts_at_zero(pyproject: str | None) -> None:
    assert read_release_rules(pyproject, None) == ReleaseRules(
        allow_zero_version=True, major_on_zero=False, origin="default"
    )


@pytest.mark.parametrize("text", [SECTION, "[semantic_release]\n", "\ufeff" + SECTION])
def test_where_there_is_a_section_its_own_defaults_hold(text: str) -> None:
    rules = read_release_rules(text, None)
    assert rules == ReleaseRules(tag_format="v{version}", allow_zero_version=False, origin="pyproject.toml")


def test_those_defaults_are_python_semantic_releases() -> None:
    config: Any = pytest.importorskip("semantic_release.cli.config")
    fields = config.RawConfig.model_fields
    rules = read_release_rules(SECTION, None)
    for name in ("tag_format", "major_on_zero", "allow_zero_version"):
        assert getattr(rules, name) == fields[name].default
    assert fields["commit_parser"].default == "conventional"


def test_every_rule_is_read() -> None:
    text = SECTION + (
        'tag_format = "chart-{version}"\nmajor_on_zero = false\nallow_zero_version = true\n'
        'commit_parser = "conventional"\n'
        '[tool.semantic_release.commit_parser_options]\nminor_tags = ["feat", "add"]\n'
    )
    assert read_release_rules(text, None) == ReleaseRules(
        tag_format="chart-{version}",
        major_on_zero=False,
        allow_zero_version=True,
        parser_options={"minor_tags": ["feat", "add"]},
        origin="pyproject.toml",
    )


def test_the_old_angular_parser_is_the_conventional_one_with_its_own_defaults() -> None:
    text = SECTION + 'commit_parser = "angular"\ncommit_parser_options = { ignore_merge_commits = true }\n'
    options = {"parse_squash_commits": False, "ignore_merge_commits": True}
    assert read_release_rules(text, None).parser_options == options


def test_those_defaults_are_the_angular_parsers() -> None:
    parsers: Any = pytest.importorskip("semantic_release.commit_parser")
    angular = vars(parsers.AngularCommitParser.get_default_options())
    conventional = vars(parsers.ConventionalCommitParser().get_default_options())
    differing = {key: value for key, value in angular.items() if conventional[key] != value}
    assert differing == read_release_rules(SECTION + 'commit_parser = "angular"\n', None).parser_options


@pytest.mark.parametrize(
    "releaserc",
    [
        ("releaserc.toml", SECTION + "major_on_zero = false\n"),
        ("releaserc.toml", "[semantic_release]\nmajor_on_zero = false\n"),
        ("releaserc.json", json.dumps({"semantic_release": {"major_on_zero": False}})),
    ],
)
def test_a_releaserc_counts_where_pyproject_holds_no_section(releaserc: tuple[str, str]) -> None:
    rules = read_release_rules("[project]\nname = 'x'\n", releaserc)
    assert (rules.major_on_zero, rules.origin) == (False, releaserc[0])


def test_pyproject_wins_because_it_is_what_python_semantic_release_reads_by_default() -> None:
    rules = read_release_rules(SECTION, ("releaserc.toml", SECTION + "major_on_zero = false\n"))
    assert (rules.major_on_zero, rules.origin) == (True, "pyproject.toml")


def test_a_releaserc_of_another_tool_is_not_read() -> None:
    assert read_release_rules(None, ("releaserc.json", '{"plugins": ["semantic_release"]}')).origin == "default"
    assert read_release_rules(None, ("releaserc.json", '["semantic_release"]')).origin == "default"


def test_the_remote_of_the_configuration_is_read() -> None:
    rules = read_release_rules(SECTION + '[tool.semantic_release.remote]\nname = "upstream"\n', None)
    assert (rules.remote, read_release_rules(SECTION, None).remote) == ("upstream", "")


@pytest.mark.parametrize("parser", ["emoji", "scipy", "tag", "conventional-monorepo", "my_module:Parser", ""])
def test_another_parser_is_refused_with_a_hint(parser: str) -> None:
    error = refused(SECTION + f'commit_parser = "{parser}"\n')
    assert (error.code, error.where) == ("RELEASE_PARSER", "pyproject.toml")
    assert 'commit_parser = "conventional"' in error.hint


@pytest.mark.parametrize(
    "line",
    [
        "tag_format = 1",
        'major_on_zero = "yes"',
        "allow_zero_version = 1",
        "commit_parser = []",
        "commit_parser_options = []",
        "add_partial_tags = true",
        "add_partial_tags = 1",
        'remote = "origin"',
        'tag_format = "v"',
        'tag_format = "{version}.lock"',
    ],
)
def test_a_wrong_value_is_refused_with_its_key_and_file(line: str) -> None:
    error = refused(None, ("releaserc.toml", SECTION + line + "\n"))
    assert (error.code, error.where) == ("RELEASE_RULES", "releaserc.toml")
    assert error.message.startswith(line.partition(" ")[0] + ":")


def test_a_section_that_is_not_a_table_is_refused() -> None:
    error = refused("[tool]\nsemantic_release = 1\n")
    assert (error.code, error.where) == ("RELEASE_RULES", "pyproject.toml")


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        ("releaserc.toml", SECTION + "major_on_zero = yes\n", "releaserc.toml:2:17"),
        ("releaserc.json", '{"semantic_release":\n oops}', "releaserc.json:2:2"),
        ("releaserc.toml", SECTION + "x = " + "[" * 100_000, "releaserc.toml"),
        ("releaserc.json", '{"semantic_release":' + "[" * 100_000, "releaserc.json"),
        ("releaserc.toml", "# semantic_release" + "#" * 20_000_000, "releaserc.toml"),
    ],
)
def test_a_broken_file_is_refused_where_it_breaks(file: str, text: str, where: str) -> None:
    error = refused(None, (file, text))
    assert (error.code, error.where) == ("RELEASE_RULES", where)
