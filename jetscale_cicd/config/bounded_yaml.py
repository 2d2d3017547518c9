"""Untrusted YAML as data: what Helm and Kubernetes make of it, within bounds; errors with their location.

Both turn YAML into JSON (``config/yaml_scalars.py``): keys are strings, of two equal keys the last one stays, and a
merge key overrides what stands before it (measured with helm 3.17.3 and 4.3.1).
"""

import math
from typing import Any, NamedTuple

from jetscale_cicd.config.yaml_events import YamlSource, bounded_events, is_merge
from jetscale_cicd.config.yaml_scalars import NotOfItsTagError, Value, key_text, plain, tagged
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.shown import quoted

# The API server refuses a Secret above 1 MiB, and Helm keeps chart and values of a release in one.
MAX_BYTES = 1 << 20
_NOTHING = object()


def load_mapping(content: bytes, where: str, code: str) -> dict[str, object]:
    """Read one document that is a mapping, or empty; empty documents may follow.

    Args:
        content: the bytes of the file.
        where: its path, for the error.
        code: the error code.

    Raises:
        ConfigurationError: too large, not UTF-8, not YAML, not one mapping, or aliases that expand too far.
    """
    if len(content) > MAX_BYTES:
        raise ConfigurationError(
            code,
            f"the file has {len(content):,} bytes; a release record holds at most {MAX_BYTES:,}",
            where=where,
            hint="check that it is the right file",
        )
    first, *others = load_documents(content, where, code) or ({},)
    if any(others):  # of values, helm 3 takes the first document, and helm 4 merges all
        raise ConfigurationError(
            code,
            f"only one document is allowed, there are {1 + len(others)}",
            where=where,
            hint="remove the --- between them",
        )
    return first


class Document(NamedTuple):
    """One document of a stream: its mapping, and the text between its beginning and its first value."""

    value: dict[str, object]
    head: str


def load_documents(content: bytes, where: str, code: str) -> tuple[dict[str, object], ...]:
    """Read a stream of documents, each a mapping or empty, of any size; bounds and errors as above."""
    return tuple(document.value for document in load_stream(content, where, code))


def load_stream(content: bytes, where: str, code: str) -> tuple[Document, ...]:
    """The same with the comments that begin each document."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = content.count(b"\n", 0, bad.start) + 1
        raise ConfigurationError(
            code, f"byte 0x{content[bad.start]:02x} is not UTF-8", where=f"{where}:{line}", hint="save it as UTF-8"
        ) from None
    source = YamlSource(where, code)
    documents: list[Document] = []
    builder = _Builder(source)
    start = begin = 0
    for event in bounded_events(text, source):
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            builder = _Builder(source)
            start, begin = event.start_mark.index, -1
        elif kind == "DocumentEndEvent":
            documents.append(Document(_mapping(builder.root, source), text[start : max(begin, start)]))
        else:
            begin = event.start_mark.index if begin < 0 else begin
            builder.take(kind, event)
    return tuple(documents)


def _mapping(document: object, source: YamlSource) -> dict[str, object]:
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(
            source.code,
            f"the top level must be a mapping, and is a {_kind(document)}",
            where=f"{source.where}:1:1",
            hint="write key: value",
        )
    return document


class _Frame:
    """A mapping or a list that has begun."""

    __slots__ = ("anchor", "key", "keys", "value")

    def __init__(self, value: dict[str, object] | list[object], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: object = _NOTHING
        self.keys: dict[str, tuple[type, object]] = {}


class _Written(NamedTuple):
    """A value, with its event and whether it is an alias."""

    value: object
    event: Any
    is_alias: bool = False


class _Builder:
    """Builds the value of one document from its events."""

    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self.root: object = None
        self.frames: list[_Frame] = []
        self.anchors: dict[str, object] = {}

    def take(self, kind: str, event: Any) -> None:
        """Take one event within a document."""
        if kind == "ScalarEvent":
            if self._expects_key() and is_merge(event):
                self.frames[-1].key = None
                return
            value = scalar(event, self.source)
            self._anchor(event.anchor, value)
            self._put(_Written(value, event))
        elif kind == "AliasEvent":
            self._put(_Written(self.anchors[event.anchor], event, is_alias=True))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            if self._expects_key():
                raise self.source.refuse("a key is not a string", event)
            self.frames.append(_Frame({} if kind == "MappingStartEvent" else [], event.anchor))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            ended = self.frames.pop()
            self._anchor(ended.anchor, ended.value)
            self._put(_Written(ended.value, event))

    def _anchor(self, anchor: str | None, value: object) -> None:
        if anchor:
            self.anchors[anchor] = value

    def _expects_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].value, dict) and self.frames[-1].key is _NOTHING

    def _put(self, written: _Written) -> None:
        if not self.frames:
            self.root = written.value
            return
        frame = self.frames[-1]
        if isinstance(frame.value, list):
            frame.value.append(_json(written, self.source))
        elif frame.key is _NOTHING:
            frame.key = self._key(frame, written)
        else:
            if frame.key is None:
                self._merge(frame.value, written)
            else:
                frame.value[str(frame.key)] = _json(written, self.source)
            frame.key = _NOTHING

    def _key(self, frame: _Frame, written: _Written) -> str:
        value: Any = written.value
        name = None if isinstance(value, dict | list) else key_text(value)
        if name is None:
            raise self.source.refuse("a key is not a string", written.event)
        if frame.keys.setdefault(name, (type(value), value)) != (type(value), value):
            message = f"two different keys are one to Helm, {quoted(name)}, which takes the value of either"
            raise self.source.refuse(message, written.event, "remove one of them")
        return name

    def _merge(self, into: dict[str, object], written: _Written) -> None:
        """Of several mappings the first has precedence; a list of them may not be an alias (measured)."""
        several = written.value if isinstance(written.value, list) and not written.is_alias else [written.value]
        for each in reversed(several):
            if not isinstance(each, dict):
                raise self.source.refuse("the merge key << needs a mapping, or a list of mappings", written.event)
            into.update(each)


def scalar(event: Any, source: YamlSource) -> Value:
    """The value of a scalar event.

    Raises:
        ConfigurationError: its tag cannot be applied to it.
    """
    if event.tag is None:
        return plain(event.value) if event.implicit[0] else str(event.value)
    try:
        return tagged(event.tag, event.value)
    except NotOfItsTagError as wrong:
        raise source.refuse(f"not YAML: {wrong}", event, "remove the tag, or correct the value") from None


def _json(written: _Written, source: YamlSource) -> object:
    """The value, which JSON has to have."""
    if isinstance(written.value, float) and not math.isfinite(written.value):
        message = f"{quoted(written.event.value)} is no number that Helm and Kubernetes can keep"
        raise source.refuse(message, written.event, "put it in quotes")
    return written.value


def _kind(document: object) -> str:
    return {list: "list", str: "string", int: "number", float: "number", bool: "boolean"}.get(
        type(document), type(document).__name__
    )
