"""``version`` and ``appVersion`` of Chart.yaml: replace them alone, or compare two files without what is replaced."""

import re
from typing import TYPE_CHECKING, cast

from jetscale_cicd.config.settings import AppVersionRule
from jetscale_cicd.decide.chart.chart_yaml import CHART_KEYS, CODE
from jetscale_cicd.decide.chart.helm_yaml import Mapping, Value, compose, read_mapping
from jetscale_cicd.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

    from yaml.nodes import MappingNode

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_ANCHOR = re.compile(r"(?:!\S*\s+)?&")
_PLAIN_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]*)?")
_VERSIONS = ("version", "appVersion")
_STAMP = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]*")


def follows_version(version: str, app_version: str, rule: AppVersionRule) -> bool:
    """Whether ``appVersion`` is stamped with ``version``, and not the author's own.

    Args:
        version, app_version: as Chart.yaml has them, "" where it has none.
        rule: ``auto`` stamps it where the two are equal.
    """
    return rule == "version" or (rule == "auto" and version == app_version)


def _follows(chart: Mapping, rule: AppVersionRule) -> bool:
    version, app_version = chart.scalar("version"), chart.scalar("appVersion")
    return follows_version(version.text if version else "", app_version.text if app_version else "", rule)


def same_content(old: str, new: str, rule: AppVersionRule) -> bool:
    """Whether two texts of Chart.yaml give the same package, apart from what is stamped.

    Helm writes Chart.yaml anew when it packages: comments, order, quotes and keys that it does not know are not
    compared (measured on 3.17.3 and 4.3.1). A text that cannot be read equals no other.
    """
    if old == new:
        return True
    try:
        before, after = read_mapping(old, "", CODE), read_mapping(new, "", CODE)
        # Removing the version is not a bump: Helm refuses such a chart.
        both_or_neither = ("version" in before.entries) == ("version" in after.entries)
        return both_or_neither and _packaged(before, rule) == _packaged(after, rule)
    except ConfigurationError:
        return False


def same_document(old: str, new: str) -> bool:
    """Whether two texts that Helm writes anew, a Chart.lock or the Chart.yaml of a subchart, hold the same."""
    try:
        return read_mapping(old, "", CODE) == read_mapping(new, "", CODE)
    except ConfigurationError:
        return False


def stamp(text: str, version: str, app_version: str | None, where: str) -> str:
    """Set the top-level ``version`` and ``appVersion``, keeping every other byte.

    Args:
        text: the text of Chart.yaml.
        version, app_version: the values to write; None leaves the author's appVersion.
        where: the file's path, for errors.

    Raises:
        ConfigurationError: CHART_VERSION, there is no version to replace; CHART_YAML, the two keys cannot be changed
            without changing more of the text, or Helm would read another appVersion than the author's.
    """
    before = read_mapping(text, where, CODE)
    before.check_case(CHART_KEYS)
    for value in (version, app_version):
        if value is not None and not _STAMP.fullmatch(value):
            raise before.location.refuse(f"{value!r} cannot be written as a version", "", "CHART_VERSION")
    if not before.string("version"):
        raise before.at("version").refuse(
            "there is no version", "write a placeholder: `version: 0.0.0`", "CHART_VERSION"
        )
    if app_version is None:
        before.string("appVersion")
    else:
        before.scalar("appVersion")
    root = cast("MappingNode", compose(text, where, CODE))  # `before` is a mapping
    written = {"version": version} if app_version is None else {"version": version, "appVersion": app_version}
    spans = {key: _span(text, root, before, key) for key in before.entries if key in written}
    edits = [_replacement(text, spans["version"], version)]
    if app_version is not None:
        edits.append(
            _replacement(text, spans["appVersion"], app_version)
            if "appVersion" in spans
            else _insertion(text, root, spans["version"], app_version)
        )
    stamped = text
    for start, end, new in sorted(edits, reverse=True):  # from the end, so that earlier positions stay valid
        stamped = stamped[:start] + new + stamped[end:]
    _check_stamp(before, stamped, written)
    return stamped


def _packaged(chart: Mapping, rule: AppVersionRule) -> "tuple[str | None, dict[str, Value]]":
    """The author's appVersion, None where it is stamped, and what else Helm reads."""
    known = {key.casefold() for key in CHART_KEYS}
    read = {key: value for key, value in chart.entries.items() if key.casefold() in known and key not in _VERSIONS}
    return None if _follows(chart, rule) else chart.string("appVersion"), read


def _without(chart: Mapping, keys: "Collection[str]") -> "dict[str, Value]":
    return {key: value for key, value in chart.entries.items() if key not in keys}


_Edit = tuple[int, int, str]


def _span(text: str, root: "MappingNode", chart: Mapping, key: str) -> tuple[int, int]:
    """Return the start and the end of the scalar of a top-level key."""
    values = [value for name, value in root.value if name.value == key]
    if len(values) != 1:  # Helm takes the last one, also what a merge key brings
        raise chart.at(key).refuse(f"{key} is written {len(values)} times, not once", f"keep one line `{key}: 0.0.0`")
    (value,) = values
    start, end = value.start_mark.index, value.end_mark.index
    if _ANCHOR.match(text, start) or value.style in {"|", ">"}:
        message = f"{key} is an anchor, an alias or a block scalar, and cannot be replaced alone"
        raise chart.at(key).refuse(message, f"write it as a plain scalar: `{key}: 0.0.0`")
    return start, end


def _replacement(text: str, span: tuple[int, int], value: str) -> _Edit:
    start, end = span
    quote = text[start] if text[start:end] and text[start] in "'\"" else ""
    if not quote and not (text[start:end] and _PLAIN_VERSION.fullmatch(value)):
        quote = '"'
    space = "" if text[start:end] else " "  # `appVersion:` without a value
    return start, end, f"{space}{quote}{value}{quote}"


def _insertion(text: str, root: "MappingNode", version: tuple[int, int], value: str) -> _Edit:
    """Insert ``appVersion`` after the version: on a line of its own, or in flow style within the braces."""
    if root.flow_style:
        return version[1], version[1], f', appVersion: "{value}"'
    indent = " " * root.value[0][0].start_mark.column
    line = f'{indent}appVersion: "{value}"'
    line_break = _LINE_BREAK.search(text, version[1])
    if line_break:
        return line_break.end(), line_break.end(), line + line_break.group()
    any_break = _LINE_BREAK.search(text)
    return len(text), len(text), (any_break.group() if any_break else "\n") + line


def _check_stamp(before: Mapping, stamped: str, written: "dict[str, str]") -> None:
    """Read the result, and refuse it where anything but the written keys differs."""
    try:
        after = read_mapping(stamped, before.location.path, before.location.code)
        right = all(after.string(key) == value for key, value in written.items())
    except ConfigurationError:
        after, right = before, False
    if not right or _without(after, written) != _without(before, written):
        hint = "write version and appVersion as plain scalars, each on its own line"
        raise before.location.refuse("the version cannot be replaced without changing something else", hint)
