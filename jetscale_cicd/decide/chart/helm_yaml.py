"""YAML as Helm reads it: typed, with the location of every value.

Helm reads YAML through JSON into fixed types, which has consequences (measured with helm 3.17.3 and 4.3.1): an unquoted
``1.10`` becomes ``1.1`` and ``y`` becomes ``true``, and keys match whatever their case (``Version: 1`` counts). A
value that Helm would read otherwise than it is written is refused here, with its location.
"""

import re
from typing import TYPE_CHECKING

from jetscale_cicd.config.yaml_events import YamlSource, bounded_events
from jetscale_cicd.config.yaml_scalars import TAG, kind_of, plain
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import field, frozen

if TYPE_CHECKING:
    from yaml.error import Mark
    from yaml.nodes import MappingNode, Node

# Far above any real Chart.yaml (the largest carry a changelog in an annotation), and two seconds of parsing.
_MAX_FILE_CHARS = 256 * 1024
_MAX_DEPTH = 40
_MAX_VALUES = 20_000

_KINDS = ("str", "bool", "int", "float", "null", "timestamp", "binary", "merge")
# Numbers that Helm keeps as they are written; it rounds fractions to 32 bits (12345.6789 becomes 12345.679, measured).
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})|-?(?:0|[1-9][0-9]{0,2})\.[0-9]{0,2}[1-9]")


@frozen
class YamlLocation:
    """Where a value is written, and the code of an error about it."""

    code: str
    path: str
    line: int
    column: int

    def refuse(self, message: str, hint: str = "", code: str = "") -> ConfigurationError:
        """Return the error to raise."""
        where = f"{self.path}:{self.line}:{self.column}"
        return ConfigurationError(code or self.code, message, hint=hint, where=where)


@frozen
class Scalar:
    """A scalar; ``kind`` is the short tag that Helm gives it."""

    kind: str
    text: str
    location: YamlLocation = field(compare=False)

    def string(self, what: str) -> str:
        """Return the string that Helm reads.

        Raises:
            ConfigurationError: Helm would read another string than the one that is written.
        """
        number = self.kind in {"int", "float"} and _PLAIN_NUMBER.fullmatch(self.text)
        if not (number or self.kind in {"str", "timestamp", "null"}):  # a date stays as it is written
            message = f"{what} is not a string: Helm reads {self.text!r} as another type"
            raise self.location.refuse(message, "put it in quotes")
        return self.written(what)

    def written(self, what: str) -> str:
        """Return the text as it is written, whatever type Helm reads.

        Raises:
            ConfigurationError: it has unprintable characters, which Helm drops, or replaces by a space.
        """
        if not self.text.isprintable():
            message = f"{what} has unprintable characters"
            raise self.location.refuse(message, "write it on one line, without them")
        return "" if self.kind == "null" else self.text


@frozen
class Sequence:
    """A list."""

    items: "tuple[Value, ...]"
    location: YamlLocation = field(compare=False)


@frozen
class Mapping:
    """A mapping; its keys are strings."""

    entries: "dict[str, Value]"
    location: YamlLocation = field(compare=False)

    def string(self, key: str) -> str:
        """Return the string at ``key``; "" where there is none, as in Helm."""
        value = self.scalar(key)
        return "" if value is None else value.string(key)

    def scalar(self, key: str) -> Scalar | None:
        """Return the scalar at ``key``; None where there is none."""
        value = self.entries.get(key)
        if value is None or isinstance(value, Scalar):
            return value
        raise value.location.refuse(f"{key} is not a string")

    def at(self, key: str) -> YamlLocation:
        """Return the location of the value at ``key``, or that of the mapping."""
        value = self.entries.get(key)
        return self.location if value is None else value.location

    def items(self, key: str) -> "tuple[Value, ...]":
        """Return the list at ``key``; () where there is none."""
        value = self.entries.get(key)
        if value is None or (isinstance(value, Scalar) and value.kind == "null"):
            return ()
        if not isinstance(value, Sequence):
            raise value.location.refuse(f"{key} is not a list")
        return value.items

    def check_case(self, keys: tuple[str, ...]) -> None:
        """Refuse a key that Helm reads as one of ``keys`` although its case differs."""
        known = {key.casefold(): key for key in keys}
        for key in self.entries:
            meant = known.get(key.casefold(), key)
            if meant != key:
                raise self.location.refuse(f"the key {key!r} is read by Helm as {meant}", f"spell it {meant}")


Value = Scalar | Sequence | Mapping


def read_mapping(text: str, where: str, code: str) -> Mapping:
    """Read one YAML document that is a mapping, within bounds on size, depth and repetition.

    Raises:
        ConfigurationError: ``code``.
    """
    reader = _Reader(code, where)
    root = reader.read(compose(text, where, code))
    if not isinstance(root, Mapping):
        raise root.location.refuse("the file is not a mapping")
    return root


def compose(text: str, where: str, code: str) -> "Node":
    """Return the YAML nodes, with their positions; the tag of a scalar is the one that Helm gives it."""
    import yaml

    if len(text) > _MAX_FILE_CHARS:
        raise YamlLocation(code, where, 1, 1).refuse(f"the file is longer than {_MAX_FILE_CHARS} characters")
    source = YamlSource(where, code, max_depth=_MAX_DEPTH, max_nodes=_MAX_VALUES)
    starts = 0
    for event in bounded_events(text, source):
        starts += type(event).__name__ == "DocumentStartEvent"
        if starts > 1:
            raise source.refuse("the file has more than one document", event, "keep one")
    # libyaml does not count a byte order mark in its positions.
    base: type = yaml.SafeLoader if text.startswith("\ufeff") else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node: Node | None = yaml.compose(text, Loader=type("HelmLoader", (base,), {"resolve": _resolve}))
    except yaml.MarkedYAMLError as error:  # the scanner in Python refuses more
        raise _location(error.problem_mark, where, code).refuse(f"not YAML: {error.problem}") from error
    if node is None:
        raise YamlLocation(code, where, 1, 1).refuse("the file is empty")
    return node


def _resolve(_loader: object, kind: type, value: str | None, implicit: tuple[bool, bool]) -> str:
    """The tag of a node that has none, as ``yaml.resolver.Resolver.resolve``."""
    if kind.__name__ == "ScalarNode" and value is not None:
        if not implicit[0]:
            return f"{TAG}str"
        return f"{TAG}merge" if value == "<<" else TAG + kind_of(plain(value))
    return TAG + {"SequenceNode": "seq"}.get(kind.__name__, "map")


def _location(mark: "Mark | None", where: str, code: str) -> YamlLocation:
    return YamlLocation(code, where, mark.line + 1, mark.column + 1) if mark else YamlLocation(code, where, 1, 1)


class _Reader:
    """Turns nodes into values, and counts them: aliases of aliases can expand a few lines to millions of values."""

    def __init__(self, code: str, where: str) -> None:
        self.code = code
        self.where = where
        self.remaining = _MAX_VALUES

    def read(self, node: "Node", depth: int = 0) -> Value:
        """Read a node and all below it."""
        import yaml

        location = _location(node.start_mark, self.where, self.code)
        self.remaining -= 1
        if self.remaining < 0 or depth > _MAX_DEPTH:
            raise location.refuse(f"more than {_MAX_VALUES} values or {_MAX_DEPTH} levels", "use fewer aliases")
        if isinstance(node, yaml.MappingNode):
            return Mapping(self._entries(node, depth), location)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.read(item, depth + 1) for item in node.value), location)
        return Scalar(_kind(node.tag), node.value, location)

    def _entries(self, node: "MappingNode", depth: int) -> "dict[str, Value]":
        """The entries as Helm keeps them: of two equal keys the last one, and what a merge key brings at its place."""
        entries: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = self.read(key_node, depth + 1)
            if not isinstance(key, Scalar) or key.kind == "null":
                raise key.location.refuse("a key is not a string")
            value = self.read(value_node, depth + 1)
            if key.kind == "merge":
                for merged in reversed(value.items if isinstance(value, Sequence) else (value,)):
                    if not isinstance(merged, Mapping):
                        raise value.location.refuse("the merge key << needs a mapping, or a list of mappings")
                    entries.update(merged.entries)
            else:
                entries[key.string("a key")] = value
        return entries


def _kind(tag: str) -> str:
    """The short tag; to Helm a scalar with an unknown tag is a string."""
    kind = tag.removeprefix(TAG)
    return kind if kind in _KINDS else "str"
