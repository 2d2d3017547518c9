"""The line of a values file that says a name."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from jetscale_cicd.config.yaml_events import YamlSource, bounded_events
from jetscale_cicd.errors import ConfigurationError

_CODE = "VALUES"


def find_in_values(files: Mapping[str, bytes], text: str) -> str:
    """``file:line`` of the value that is exactly this text, in the file that wins; "" where none is.

    A key of a mapping is no value. A file that is not YAML says nothing.

    Args:
        files: content by path, in Helm's order: the last one wins.
    """
    return lines_of_values(files).get(text, "") if text else ""


def lines_of_values(files: Mapping[str, bytes]) -> Mapping[str, str]:
    """The same for every value of the files."""
    found: dict[str, str] = {}
    for path, content in files.items():
        with suppress(ConfigurationError, UnicodeDecodeError):
            pairs = list(_values(content.decode("utf-8-sig"), path))
            found |= {value: f"{path}:{line}" for value, line in reversed(pairs)}  # the first one in a file
    return found


def _values(content: str, path: str) -> Iterator[tuple[str, int]]:
    """Scalars that are values, with their lines."""
    frames: list[list[bool]] = []  # for each open collection: whether it is a mapping, whether a key is next
    for event in bounded_events(content, YamlSource(path, _CODE)):
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            frames.pop()
        if kind in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent"):
            is_key = bool(frames) and all(frames[-1])
            if frames:
                frames[-1][1] = not frames[-1][1]
            if kind == "ScalarEvent" and not is_key:
                yield event.value, event.start_mark.line + 1
            elif kind.endswith("StartEvent"):
                frames.append([kind == "MappingStartEvent", True])
