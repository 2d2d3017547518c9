"""The rules for versions and tags, read from the configuration of python-semantic-release itself.

Which files it reads was taken from version 10.7: by default only ``pyproject.toml`` (``cli/const.py``), where a
``[tool.semantic_release]`` or else a ``[semantic_release]`` table counts; any other file, ``releaserc.toml`` and
``releaserc.json`` by convention, is read only with ``--config``. So pyproject.toml wins here, too, where it has such a
table. (``.releaserc`` with a dot belongs to semantic-release for Node.)
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.config.bounded_toml import read_toml
from jetscale_cicd.config.branch_match import check_match
from jetscale_cicd.config.settings import check_tag_format
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.branch import BranchGroup
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import quoted

MAX_FILE_CHARS = 256 * 1024
# ``BranchConfig.match`` of python-semantic-release 10.7.
_DEFAULT_MATCH = "(main|master)"
_PYPROJECT, *_RELEASERC = RULES_FILES = ("pyproject.toml", "releaserc.toml", "releaserc.json")
_T = TypeVar("_T", str, bool, dict[str, Any])
_HINT = "see python-semantic-release's configuration reference"

# AngularCommitParser 10.7 parses a message exactly as ConventionalCommitParser does, except for these two defaults.
_ANGULAR_OPTIONS = {"parse_squash_commits": False, "ignore_merge_commits": False}


@frozen(kw_only=True)
class ReleaseRules:
    """How commits become versions.

    Args:
        tag_format: name of a release tag, or None where it is not configured.
        major_on_zero: whether a breaking change of 0.x gives 1.0.0.
        allow_zero_version: whether versions below 1.0.0 are allowed.
        branches: groups of branches, in their order; () where they are not configured.
        parser_options: options of the conventional parser, as written; python-semantic-release checks them.
        remote: the remote that releases belong to, "" where it is not written.
        origin: the file that they come from, or ``default``.
        written: the keys that it holds; the others have python-semantic-release's defaults.
    """

    tag_format: str | None = None
    major_on_zero: bool = True
    # Without a configuration, Stage 6 starts at 0.1.0. python-semantic-release's own default is False.
    allow_zero_version: bool = True
    branches: tuple[BranchGroup, ...] = ()
    parser_options: Mapping[str, object] = field(default_factory=dict, hash=False)
    remote: str = ""
    origin: str = "default"
    written: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def major_on_zero_origin(self) -> str:
        """What sets ``major_on_zero``, as a plan shows it."""
        if self.origin == "default":
            return "major_on_zero is not set"
        if "major_on_zero" in self.written:
            return f"major_on_zero in {self.origin}"
        return "python-semantic-release's default of major_on_zero"


# Nobody chose a rule, and 1.0.0 is a promise: 0.x stays 0.x (https://semver.org, 4). Where python-semantic-release is
# configured, its own default is the opposite.
_UNCONFIGURED = ReleaseRules(major_on_zero=False)


def rules_of(texts: Mapping[str, str]) -> ReleaseRules:
    """The rules of a repository whose files have these texts, by name; see below."""
    releaserc = next(((name, texts[name]) for name in _RELEASERC if name in texts), None)
    return read_release_rules(texts.get(_PYPROJECT), releaserc)


def read_release_rules(pyproject: str | None, releaserc: tuple[str, str] | None) -> ReleaseRules:
    """Read the rules.

    Args:
        pyproject: text of ``pyproject.toml``, None where there is none.
        releaserc: name and text of a ``releaserc.toml`` or ``releaserc.json``, None where there is none.

    Raises:
        ConfigurationError: ``RELEASE_RULES`` (syntax, type or value) or ``RELEASE_PARSER`` (an unsupported parser).
    """
    for file, text in (("pyproject.toml", pyproject), releaserc or ("", None)):
        section = _section(file, text) if text and "semantic_release" in text else None
        if section is not None:
            return _rules(section, file)
    return _UNCONFIGURED


def _section(file: str, text: str) -> Mapping[str, Any] | None:
    if len(text) > MAX_FILE_CHARS:
        raise _error(file, f"is larger than {MAX_FILE_CHARS} characters")
    try:
        document = _parse(file, text.removeprefix("\ufeff"))
    except ValueError as error:  # the errors of both parsers are ValueErrors, with line and column
        place = re.search(r"line (\d+),? column (\d+)", str(error))
        raise _error(f"{file}:{place[1]}:{place[2]}" if place else file, f"cannot be parsed: {error}") from None
    tool = document.get("tool") if isinstance(document, dict) else None
    for holder in (tool, document):
        if isinstance(holder, dict) and "semantic_release" in holder:
            section = holder["semantic_release"]
            if not isinstance(section, dict):
                raise _error(file, "semantic_release: must be a table")
            return section
    return None


def _parse(file: str, text: str) -> object:
    if file.endswith(".json"):
        return read_json(text)
    return read_toml(text)


def _rules(section: Mapping[str, Any], file: str) -> ReleaseRules:
    parser = _typed(section, "commit_parser", "conventional", file)
    if parser not in ("conventional", "angular"):
        raise ConfigurationError(
            "RELEASE_PARSER",
            f"commit_parser {quoted(parser)} is not supported: Stage 6 reads conventional commits",
            hint='set commit_parser = "conventional"; the commits of the chart are selected by path, not by parser',
            where=file,
        )
    if _typed(section, "add_partial_tags", False, file):
        raise _error(file, "add_partial_tags: Stage 6 makes one tag for a version, and moves none")
    options = _typed(section, "commit_parser_options", {}, file)
    tag_format = _typed(section, "tag_format", "v{version}", file)
    try:
        check_tag_format(tag_format)
    except ValueError as error:
        raise _error(file, f"tag_format: {error}") from None
    return ReleaseRules(
        tag_format=tag_format,
        major_on_zero=_typed(section, "major_on_zero", True, file),
        allow_zero_version=_typed(section, "allow_zero_version", False, file),
        branches=tuple(_branch_groups(section, file)),
        parser_options=_ANGULAR_OPTIONS | options if parser == "angular" else options,
        remote=_typed(_typed(section, "remote", {}, file), "name", "", file),
        origin=file,
        written=frozenset(section),
    )


def _branch_groups(section: Mapping[str, Any], file: str) -> Iterator[BranchGroup]:
    """The groups that are written down; the one of python-semantic-release's default is not, so it is no group here."""
    for name, group in _typed(section, "branches", {}, file).items():
        if not isinstance(group, dict):
            raise _error(file, f"branches.{name}: must be a table")
        match = _typed(group, "match", _DEFAULT_MATCH, file)
        match = ".*" if match == "*" else match  # a plain wildcard is allowed, too
        try:
            check_match(match)
        except ValueError as slow:
            raise ConfigurationError(
                "RELEASE_RULES",
                f"branches.{name}: match: {quoted(match[:60])} {slow}",
                where=file,
                hint="write a simpler one, or name the branches in release.branches of .stage6.yaml",
            ) from None
        try:
            re.compile(match)
        except (re.error, RecursionError, OverflowError) as wrong:
            raise _error(file, f"branches.{name}: match: {quoted(match)} is no regular expression: {wrong}") from None
        yield BranchGroup(match, _typed(group, "prerelease", False, file))


def _typed(section: Mapping[str, Any], key: str, default: _T, file: str) -> _T:
    """The value of ``key``, of the type of its default in python-semantic-release 10.7 (``RawConfig``)."""
    value = section.get(key, default)
    if not isinstance(value, type(default)):
        kind = {str: "text", bool: "true or false", dict: "a table"}[type(default)]
        raise _error(file, f"{key}: must be {kind}, not {type(value).__name__}")
    return value


def _error(where: str, message: str) -> ConfigurationError:
    return ConfigurationError("RELEASE_RULES", message, hint=_HINT, where=where)
