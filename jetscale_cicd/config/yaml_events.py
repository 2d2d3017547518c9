"""The events of untrusted YAML: one scanner for every reader, bounded in depth and aliases; errors say where.

The scanner is libyaml, of which Helm's is a translation to Go: both allow a tab after a value, for one, which the
scanner in Python that PyYAML falls back to does not. libyaml 0.2.5 reads a little more than Helm: a ``?`` inside
plain text within brackets, and an escaped slash; these Helm refuses itself, when it renders.

Events and no nodes, because to compose nodes recurses in C: 500,000 brackets end the process (measured, PyYAML 6.0.3).
"""

import re
from collections.abc import Iterator
from typing import Any

from jetscale_cicd.config.yaml_scalars import TAG
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import frozen

MAX_DEPTH = 100
# Half a second's work; the values of large charts have some thousand, and the largest CRDs ten thousand.
MAX_NODES = 50_000
MAX_DOCUMENTS = 10_000
QUOTE = "quote text that begins with '*' or '&'"
# The characters that YAML 1.1, production [1] c-printable, does not allow. (Its complement, written as in that
# production, takes `re` 3 ms to compile.)
_UNPRINTABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"


@frozen
class YamlSource:
    """What is read, and how much of it.

    Args:
        where: the path of the file, for errors.
        code: the code of an error.
        max_depth: levels.
        max_nodes: values of one document, with all aliases expanded.
    """

    where: str
    code: str
    max_depth: int = MAX_DEPTH
    max_nodes: int = MAX_NODES

    def refuse(self, message: str, event: Any, hint: str = "") -> ConfigurationError:
        """The error to raise, with the location of an event or a mark."""
        return ConfigurationError(self.code, message, where=self.at(event), hint=hint)

    def at(self, event: Any) -> str:
        """``file:line:column`` of an event or a mark; the file alone where there is none."""
        mark = getattr(event, "start_mark", event)
        return f"{self.where}:{mark.line + 1}:{mark.column + 1}" if mark else self.where


def bounded_events(text: str, source: YamlSource) -> Iterator[Any]:  # Any: to the stubs, every mark is optional
    """PyYAML's events of a stream of documents.

    Raises:
        ConfigurationError: it is not YAML, is too deep, or has an alias that is in its own anchor or expands too far.
    """
    import yaml

    _check_characters(text, source)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from _bounded(yaml.parse(text, Loader=loader), source)
    except yaml.YAMLError as bad:
        mark = getattr(bad, "problem_mark", None) or getattr(bad, "context_mark", None)
        problem = getattr(bad, "problem", None) or getattr(bad, "reason", None) or "unreadable"
        is_alias = any(word in str(getattr(bad, "context", "")) for word in ("alias", "anchor"))
        hint = QUOTE if is_alias else "check indentation and quoting there"
        raise source.refuse(f"not YAML: {problem}", mark, hint) from None
    except (ValueError, OverflowError):  # the scanner in Python: "\UFFFFFFFF", %YAML with thousands of digits
        raise source.refuse("not YAML: a number or an escape out of range", None) from None


def is_merge(event: Any) -> bool:
    """Whether a key is the merge key."""
    return bool(event.value == "<<" and (event.tag == f"{TAG}merge" or (event.tag is None and event.implicit[0])))


def _check_characters(text: str, source: YamlSource) -> None:
    # What Python prints is among the others, and to compile the expression takes half a millisecond.
    if not text.replace("\n", "").isprintable() and (bad := re.search(_UNPRINTABLE, text)):
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        raise ConfigurationError(
            source.code,
            f"not YAML: character U+{ord(bad[0]):04X} is not allowed",
            where=f"{source.where}:{line}:{column}",
        )


class _Bounds:
    """Checks the depth, and the number of nodes with all aliases expanded, as the events of a document go by."""

    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self.sizes: dict[str, int] = {}
        self.frames: list[tuple[str | None, int]] = [(None, 0)]

    def check(self, kind: str, event: Any) -> None:
        """Take one event within a document."""
        size = 0
        if kind == "ScalarEvent":
            size = 1
            if event.anchor:
                self.sizes[event.anchor] = size
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.frames.append((event.anchor, 1))
        elif kind == "AliasEvent":
            size = self._aliased(event)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            anchor, size = self.frames.pop()
            if anchor:
                self.sizes[anchor] = size
        anchor, total = self.frames[-1]
        self.frames[-1] = (anchor, total + size)
        self._check_limits(total + size, event)

    def _aliased(self, event: Any) -> int:
        if any(anchor == event.anchor for anchor, _ in self.frames):
            raise self.source.refuse(f"alias *{event.anchor} is inside its own anchor", event)
        if event.anchor not in self.sizes:
            raise self.source.refuse(f"not YAML: found undefined alias *{event.anchor}", event, QUOTE)
        return self.sizes[event.anchor]

    def _check_limits(self, nodes: int, event: Any) -> None:
        source = self.source
        if len(self.frames) - 1 > source.max_depth:
            message = f"nested deeper than {source.max_depth} levels"
            raise source.refuse(message, event, "check that it is the right file")
        if nodes > source.max_nodes:
            message = f"more than {source.max_nodes:,} nodes once its aliases are expanded"
            raise source.refuse(message, event, "write it with fewer aliases")


def _bounded(events: Iterator[Any], source: YamlSource) -> Iterator[Any]:
    bounds, documents = _Bounds(source), 0
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > MAX_DOCUMENTS:
                raise source.refuse(f"more than {MAX_DOCUMENTS:,} documents", event, "check that it is the right file")
            if (event.version or (1, 1)) != (1, 1):
                raise source.refuse("not YAML 1.1, which is what Helm reads", event, "remove the %YAML directive")
            bounds = _Bounds(source)  # anchors and limits are those of one document
        else:
            bounds.check(kind, event)
        yield event
