"""A line in `.stage6.yaml` that accepts a package (``chart.adopted``), added without touching any other byte."""

import json
import re
from typing import TYPE_CHECKING, TypeGuard

from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

_PLAIN_KEY = re.compile(r"(?=.[^0-9.]*+[0-9.])[A-Za-z][A-Za-z0-9._/-]*")
_NO_CONTENT = re.compile(r"[ \t]*(?:#.*)?")


def with_adopted(text: str, tag: str, digest: str, file: str) -> str:
    """The text of the file, with the digest of a release's package accepted; an earlier one of it is replaced.

    Args:
        text: the file, "" where there is none.
        file: its name, for errors.

    Raises:
        ConfigurationError: ``CONFIG_UNEDITABLE``, or the text is no usable configuration.
    """
    before = read_settings(text, file)
    if before.chart.adopted.get(tag) == digest:
        return text
    added = _added(text, tag, digest)
    try:
        after = read_settings(added, file)
    except ConfigurationError:
        after = None
    wanted = replace(before, chart=replace(before.chart, adopted={**before.chart.adopted, tag: digest}))
    if after != wanted:
        raise ConfigurationError(
            "CONFIG_UNEDITABLE",
            "the key cannot be added without changing something else",
            where=file,
            hint=f"write it yourself, in the section chart: adopted: {json.dumps({tag: digest})}",
        )
    return added


def _added(text: str, tag: str, digest: str) -> str:
    import yaml

    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    key = tag if _PLAIN_KEY.fullmatch(tag) else json.dumps(tag)
    entry, flow = f"{key}: {digest}", json.dumps({tag: digest})
    chart = _value(root, "chart")
    adopted = _value(chart, "adopted")
    old = _value(adopted, tag)
    if old is not None:
        return text[: old.start_mark.index] + digest + text[old.end_mark.index :]
    if _is_block(adopted):
        return _append(text, adopted, [entry], newline)
    if _is_flow(adopted):
        return _prepend(text, adopted, flow[1:-1])
    if _is_block(chart):
        return _append(text, chart, ["adopted:", f"  {entry}"], newline)
    if _is_flow(chart):
        return _prepend(text, chart, f'"adopted": {flow}')
    if _is_flow(root):
        return _prepend(text, root, f'"chart": {{"adopted": {flow}}}')
    lines = ["chart:", "  adopted:", f"    {entry}"]
    if _is_block(root):
        return _append(text, root, lines, newline)
    return text + ("" if not text or text.endswith("\n") else newline) + newline.join([*lines, ""])


def _value(node: "Node | None", key: str) -> "Node | None":
    """The value of a key; None where there is no mapping, or no such key."""
    pairs = node.value if _is_mapping(node) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _is_mapping(node: "Node | None") -> "TypeGuard[MappingNode]":
    from yaml.nodes import MappingNode

    return isinstance(node, MappingNode)


def _is_block(node: "Node | None") -> "TypeGuard[MappingNode]":
    return _is_mapping(node) and not node.flow_style


def _is_flow(node: "Node | None") -> "TypeGuard[MappingNode]":
    return _is_mapping(node) and bool(node.flow_style)


def _prepend(text: str, mapping: "MappingNode", entry: str) -> str:
    """The text with an entry at the beginning of a mapping in braces."""
    start = mapping.start_mark.index + 1
    return f"{text[:start]}{entry}{', ' if mapping.value else ''}{text[start:]}"


def _append(text: str, mapping: "MappingNode", lines: list[str], newline: str) -> str:
    """The text with lines at the end of a block mapping, before the comments that belong to what follows it."""
    kept = text[: mapping.end_mark.index].splitlines(keepends=True)
    while _NO_CONTENT.fullmatch(kept[-1].rstrip("\r\n")):
        kept.pop()
    head = "".join(kept)
    rest = text[len(head) :]
    indent = " " * mapping.value[0][0].start_mark.column
    added = "".join(f"{indent}{line}{newline}" for line in lines)
    return head + ("" if head.endswith(("\n", "\r")) else newline) + added + rest
