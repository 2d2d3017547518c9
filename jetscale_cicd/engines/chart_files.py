"""The files of a chart archive that say what its rendering depends on, those of packed subcharts too."""

from pathlib import Path

from jetscale_cicd.decide.chart.packed import nested_files


def rendered_files(archive: Path) -> dict[str, bytes]:
    """Chart.yaml and templates by their paths.

    Raises:
        Stage6Error: as ``read_archive``.
    """
    return {name: content for name, content in nested_files(archive.read_bytes()) if _is_rendered(name)}


def _is_rendered(name: str) -> bool:
    return "/templates/" in name or name.endswith("/Chart.yaml")
