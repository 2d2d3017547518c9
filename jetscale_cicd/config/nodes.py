"""The YAML of `.stage6.yaml` as nodes with line and column; without anchors, aliases and tags.

They are refused, so that every value is written where it is used, and is what it looks like.
"""

from collections.abc import Iterator
from typing import Any

from jetscale_cicd.config.yaml_events import YamlSource, bounded_events, is_merge
from jetscale_cicd.config.yaml_scalars import kind_of, plain
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import frozen, replace

MAX_FILE_CHARS = 1024 * 1024
MAX_DEPTH = 16
# Some hundred targets, each with some dozen keys.
MAX_NODES = 20_000
_QUOTE = "quote text that begins with '*' or '&'; repeat a shared value wherever it is used"


@frozen
class Node:
    """One value and its location: the text and YAML's type of a scalar, or the items, or the pairs."""

    line: int
    column: int
    kind: str
    text: str = ""
    items: "tuple[Node, ...]" = ()
    pairs: "tuple[tuple[Node, Node], ...]" = ()


def compose(text: str, file: str) -> Node | None:
    """The one document of a file; None where it holds none.

    Raises:
        ConfigurationError: ``CONFIG_YAML``, with the location of the first thing that is not allowed.
    """
    if len(text) > MAX_FILE_CHARS:
        raise ConfigurationError("CONFIG_YAML", f"is larger than {MAX_FILE_CHARS} characters", where=file)
    if not text.strip():
        return None
    source = YamlSource(file, "CONFIG_YAML", max_depth=MAX_DEPTH, max_nodes=MAX_NODES)
    events = bounded_events(text, source)
    root: Node | None = None
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            if root:
                raise _refusal("holds more than one YAML document", source.at(event), "keep one")
            root = _node(next(events), events, source)
    return root


def _node(event: Any, events: Iterator[Any], source: YamlSource) -> Node:
    kind = type(event).__name__
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if kind == "AliasEvent" or event.anchor is not None:
        raise _refusal("YAML anchors and aliases are not supported", source.at(event), _QUOTE)
    if event.tag is not None:
        raise _refusal("YAML tags are not supported", source.at(event), "quote text that begins with '!'")
    if kind == "ScalarEvent":
        value = plain(event.value) if event.implicit[0] else event.value
        return Node(line, column, "merge" if is_merge(event) else kind_of(value), text=event.value)
    nodes: list[Node] = []
    while type(event := next(events)).__name__ not in ("SequenceEndEvent", "MappingEndEvent"):
        nodes.append(_node(event, events, source))
    if kind == "SequenceStartEvent":
        return Node(line, column, "sequence", items=tuple(nodes))
    return Node(line, column, "mapping", pairs=tuple(zip(nodes[::2], nodes[1::2], strict=True)))


def _refusal(message: str, where: str, hint: str) -> ConfigurationError:
    return ConfigurationError("CONFIG_YAML", message, where=where, hint=hint)


def unquoted_off(node: Node) -> Node:
    """The mapping with each unquoted ``off``, which YAML 1.1 reads as a boolean, as the word that it is."""
    pairs = tuple(
        (key, replace(value, kind="str") if value.kind == "bool" and value.text.lower() == "off" else value)
        for key, value in node.pairs
    )
    return replace(node, pairs=pairs)
