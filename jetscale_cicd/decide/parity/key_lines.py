"""Where each key of a values file is written."""

from typing import Any

from jetscale_cicd.config.bounded_yaml import scalar
from jetscale_cicd.config.yaml_events import YamlSource, bounded_events
from jetscale_cicd.config.yaml_scalars import key_text
from jetscale_cicd.decide.parity.paths import Path


def key_lines(content: bytes, where: str) -> dict[Path, int]:
    """The line of every key outside of lists; what an alias or a merge key brings is not among them.

    Raises:
        ConfigurationError: ``VALUES``, it is no YAML.
    """
    source = YamlSource(where, "VALUES")
    lines: dict[Path, int] = {}
    frames: list[_Frame] = []
    for event in bounded_events(content.decode("utf-8-sig", "replace"), source):
        kind = type(event).__name__
        top = frames[-1] if frames else None
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            path = () if top is None else top.below
            frames.append(_Frame(path if kind == "MappingStartEvent" else None))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            frames.pop()
            if frames:
                frames[-1].key = None
        elif kind in ("ScalarEvent", "AliasEvent") and top:
            if top.path is not None and top.key is None:
                top.key = _key(event, source)
                if path := top.below:
                    lines[path] = event.start_mark.line + 1
            else:
                top.key = None
    return lines


class _Frame:
    """A mapping, by its path, or something within a list, which has none; with the key whose value comes next."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.key: str | None = None

    @property
    def below(self) -> Path | None:
        return None if self.path is None or self.key is None else (*self.path, self.key)


def _key(event: Any, source: YamlSource) -> str:
    """A key as Helm has it; one that is an alias is none of a file that Helm takes."""
    return "" if type(event).__name__ == "AliasEvent" else key_text(scalar(event, source)) or ""
