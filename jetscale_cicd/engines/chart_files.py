"""The files of a chart archive that say what its rendering depends on, those of packed subcharts too."""

from collections.abc import Iterator
from pathlib import Path

from jetscale_cicd.decide.chart.packed import read_archive
from jetscale_cicd.errors import CannotTellError

_MAX_DEPTH = 5


def rendered_files(archive: Path) -> dict[str, bytes]:
    """Chart.yaml and templates by their paths; {} of what is no archive, which helm refuses by itself."""
    return dict(_files(archive.read_bytes(), "", _MAX_DEPTH))


def _files(content: bytes, prefix: str, depth: int) -> Iterator[tuple[str, bytes]]:
    try:
        files = read_archive(content)
    except CannotTellError:
        return
    for name, inside in files:
        if name.endswith(".tgz") and "/charts/" in name:
            yield from _files(inside, f"{prefix}{name}!/", depth - 1) if depth else ()
        elif _is_rendered(name):
            yield prefix + name, inside


def _is_rendered(name: str) -> bool:
    return "/templates/" in name or name.endswith("/Chart.yaml")
