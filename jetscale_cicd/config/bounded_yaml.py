"""Untrusted YAML: one document, bounded in size, depth and aliases; errors with their location."""

from collections.abc import Iterable
from typing import Any

from jetscale_cicd.errors import ConfigurationError

# The API server refuses a Secret above 1 MiB, and Helm keeps chart and values of a release in one.
MAX_BYTES = 1 << 20
MAX_DEPTH = 100
MAX_NODES = 200_000
# PyYAML raises these for a date such as 2024-13-45, and for `!!bool maybe`, `!!timestamp soon`, `!!int ""`.
_BAD_SCALAR = (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError)
_QUOTE = "a value does not have the type of its tag: quote it"


def load_mapping(content: bytes, where: str, code: str) -> dict[str, object]:
    """Read one document that is a mapping, or empty.

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
    documents = load_documents(content, where, code)
    if len(documents) > 1:
        raise ConfigurationError(
            code,
            f"only one document is allowed, there are {len(documents)}",
            where=where,
            hint="remove the --- between them",
        )
    return documents[0] if documents else {}


def load_documents(content: bytes, where: str, code: str) -> tuple[dict[str, object], ...]:
    """Read a stream of documents, each a mapping or empty, of any size; bounds and errors as above."""
    import yaml

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = content.count(b"\n", 0, bad.start) + 1
        raise ConfigurationError(
            code, f"byte 0x{content[bad.start]:02x} is not UTF-8", where=f"{where}:{line}", hint="save it as UTF-8"
        ) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _bound(yaml.parse(text, Loader=loader), where, code)
        documents = list(yaml.load_all(text, Loader=loader))
    except yaml.YAMLError as bad_yaml:
        raise _not_yaml(bad_yaml, where, code) from None
    except _BAD_SCALAR as bad:
        raise ConfigurationError(
            code, f"not YAML: {str(bad) or type(bad).__name__}", where=where, hint=_QUOTE
        ) from None
    for document in documents:
        if document is not None and not isinstance(document, dict):
            raise ConfigurationError(
                code,
                f"the top level must be a mapping, and is a {_kind(document)}",
                where=f"{where}:1:1",
                hint="write key: value",
            )
    return tuple(document or {} for document in documents)


def _bound(events: Iterable[Any], where: str, code: str) -> None:
    """Check the depth, and the number of nodes with all aliases expanded, in one pass over the events."""
    sizes: dict[str, int] = {}
    frames: list[tuple[str | None, int]] = [(None, 0)]
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            sizes, frames = {}, [(None, 0)]  # anchors and limits are those of one document
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            frames.append((event.anchor, 1))
        elif kind in ("MappingEndEvent", "SequenceEndEvent", "ScalarEvent", "AliasEvent"):
            if kind == "AliasEvent":
                if any(anchor == event.anchor for anchor, _ in frames):
                    raise ConfigurationError(
                        code, f"alias *{event.anchor} is inside its own anchor", where=_location(where, event)
                    )
                size = sizes.get(event.anchor, 1)
            elif kind == "ScalarEvent":
                size = 1
                sizes.update({event.anchor: 1} if event.anchor else {})
            else:
                anchor, size = frames.pop()
                sizes.update({anchor: size} if anchor else {})
            frames[-1] = (frames[-1][0], frames[-1][1] + size)
        if len(frames) > MAX_DEPTH:
            raise ConfigurationError(
                code,
                f"nested deeper than {MAX_DEPTH} levels",
                where=_location(where, event),
                hint="check that it is the right file",
            )
        if frames[-1][1] > MAX_NODES:
            raise ConfigurationError(
                code,
                f"more than {MAX_NODES:,} nodes once its aliases are expanded",
                where=_location(where, event),
                hint="write the values without anchors",
            )


def _location(where: str, event: Any) -> str:
    return f"{where}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"


def _not_yaml(bad: Exception, where: str, code: str) -> ConfigurationError:
    mark = getattr(bad, "problem_mark", None)
    location = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
    problem = getattr(bad, "problem", None) or getattr(bad, "reason", None) or "unreadable"
    return ConfigurationError(code, f"not YAML: {problem}", where=location, hint="check indentation and quoting there")


def _kind(document: object) -> str:
    return {list: "list", str: "string", int: "number", float: "number", bool: "boolean"}.get(
        type(document), type(document).__name__
    )
