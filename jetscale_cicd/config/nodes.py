"""The YAML of `.stage6.yaml` as nodes with line and column; without anchors, aliases and tags.

`yaml.compose` recurses in C: 500,000 brackets end the process with a segmentation fault (measured, PyYAML 6.0.3). So
events are read here, with limits. Anchors, aliases and tags are refused, so that no alias expands without bounds, and
every value is written where it is used.
"""

import re
from typing import Any

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import frozen

MAX_FILE_CHARS = 1024 * 1024
MAX_DEPTH = 16

# The characters that YAML 1.1, production [1] c-printable, does not allow. (Its complement, written as in that
# production, takes `re` 3 ms to compile.)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
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
    if bad := _UNPRINTABLE.search(text):
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        message = f"is not YAML: character U+{ord(bad[0]):04X} is not allowed"
        raise ConfigurationError("CONFIG_YAML", message, where=f"{file}:{line}:{column}")
    if not text.strip():
        return None
    import yaml

    loader = yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)
    try:
        return _document(loader, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        message = "is not YAML: " + ", ".join(part for part in (error.context, error.problem) if part)
        hint = _QUOTE if "alias" in message or "anchor" in message else ""
        raise ConfigurationError("CONFIG_YAML", message, hint=hint, where=where) from None
    finally:
        loader.dispose()


def _document(loader: Any, file: str) -> Node | None:  # Any: to the stubs, every event and mark is optional
    import yaml

    loader.get_event()  # start of the stream
    if loader.check_event(yaml.StreamEndEvent):
        return None
    loader.get_event()  # start of the document
    root = _node(loader, file, 0)
    loader.get_event()  # end of the document
    if not loader.check_event(yaml.StreamEndEvent):
        raise _refusal(loader.peek_event(), file, "holds more than one YAML document", "keep one")
    return root


def _node(loader: Any, file: str, depth: int) -> Node:
    import yaml

    event = loader.get_event()
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise _refusal(event, file, "YAML anchors and aliases are not supported", _QUOTE)
    if getattr(event, "tag", None) is not None:
        raise _refusal(event, file, "YAML tags are not supported", "quote text that begins with '!'")
    if depth > MAX_DEPTH:
        raise _refusal(event, file, f"is nested more than {MAX_DEPTH} levels deep", "")
    if isinstance(event, yaml.ScalarEvent):
        tag = loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        return Node(line, column, tag.rpartition(":")[2], text=event.value)
    nodes: list[Node] = []
    while not loader.check_event(yaml.SequenceEndEvent, yaml.MappingEndEvent):
        nodes.append(_node(loader, file, depth + 1))
    loader.get_event()
    if isinstance(event, yaml.SequenceStartEvent):
        return Node(line, column, "sequence", items=tuple(nodes))
    return Node(line, column, "mapping", pairs=tuple(zip(nodes[::2], nodes[1::2], strict=True)))


def _refusal(event: Any, file: str, message: str, hint: str) -> ConfigurationError:
    where = f"{file}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
    return ConfigurationError("CONFIG_YAML", message, hint=hint, where=where)
