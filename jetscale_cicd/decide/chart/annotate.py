"""The origin of a packaged chart, as annotations in its Chart.yaml; helm copies them to the OCI manifest."""

import json
from collections.abc import Mapping as Entries
from typing import TYPE_CHECKING, cast

from jetscale_cicd.decide.chart.chart_yaml import CODE
from jetscale_cicd.decide.chart.helm_yaml import Mapping, Scalar, compose, read_mapping
from jetscale_cicd.errors import ConfigurationError

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

# OCI image spec 1.1, "Pre-Defined Annotation Keys".
REVISION, SOURCE = "org.opencontainers.image.revision", "org.opencontainers.image.source"
_KEY = "annotations"


def annotate(text: str, ours: Entries[str, str], where: str) -> str | None:
    """Add annotations that the chart does not have itself, keeping every other byte.

    Args:
        text: the text of Chart.yaml, with a top-level ``version``.
        ours: annotations to add.
        where: the file's path, for errors.

    Returns:
        The text with them; None where that would change something else, as where an anchor or a tag is used.

    Raises:
        ConfigurationError: CHART_YAML, Helm could not read the text.
    """
    before = read_mapping(text, where, CODE)
    theirs = before.entries.get(_KEY)
    missing = {key: value for key, value in ours.items() if not (isinstance(theirs, Mapping) and key in theirs.entries)}
    if not missing:
        return text
    root = cast("MappingNode", compose(text, where, CODE))
    node = next((value for key, value in root.value if key.value == _KEY), None)
    if node is None:
        added = _beside_version(text, root, missing)
    elif isinstance(theirs, Mapping):
        added = _inside(text, cast("MappingNode", node), missing)
    else:  # null: empty, or a `~`
        start, end = node.start_mark.index, node.end_mark.index
        added = f"{text[:start]}{'' if text[start:end] else ' '}{json.dumps(dict(missing))}{text[end:]}"
    return added if _only_added(before, added, missing) else None


def _beside_version(text: str, root: "MappingNode", missing: Entries[str, str]) -> str:
    """The key ``annotations``, on the line before ``version``; JSON is YAML in flow style and in block style."""
    key = next(key for key, _ in root.value if key.value == "version")
    start = key.start_mark.index
    if root.flow_style:
        return f"{text[:start]}{_KEY}: {json.dumps(dict(missing))}, {text[start:]}"
    return f"{text[:start]}{_KEY}: {json.dumps(dict(missing))}\n{' ' * key.start_mark.column}{text[start:]}"


def _inside(text: str, node: "MappingNode", missing: Entries[str, str]) -> str:
    """The entries at the beginning of the existing mapping."""
    pairs = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in missing.items()]
    if node.flow_style:
        start = node.start_mark.index + 1
        return text[:start] + ", ".join(pairs) + (", " if node.value else "") + text[start:]
    first: Node = node.value[0][0]
    start, indent = first.start_mark.index, " " * first.start_mark.column
    return text[:start] + "".join(f"{pair}\n{indent}" for pair in pairs) + text[start:]


def _only_added(before: Mapping, text: str, missing: Entries[str, str]) -> bool:
    try:
        after = read_mapping(text, before.location.path, before.location.code)
    except ConfigurationError:
        return False
    old, new = before.entries.get(_KEY), after.entries.get(_KEY)
    if not isinstance(new, Mapping):
        return False
    kept = old.entries if isinstance(old, Mapping) else {}
    added = {key: value.text for key, value in new.entries.items() if key not in kept and isinstance(value, Scalar)}
    same = {key: value for key, value in new.entries.items() if key in kept} == kept
    rest = {key: value for key, value in after.entries.items() if key != _KEY}
    return same and added == dict(missing) and rest == {k: v for k, v in before.entries.items() if k != _KEY}
