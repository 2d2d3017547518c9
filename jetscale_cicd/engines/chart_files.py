"""The files of a chart archive that say what its rendering depends on, those of packed subcharts too."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Helm refuses more of a chart (chartutil, MaxDecompressedChartSize); what is left out here is not looked at, no more.
_MAX_BYTES = 100 << 20
_MAX_DEPTH = 5


def rendered_files(archive: Path) -> dict[str, bytes]:
    """Chart.yaml and templates by their paths; {} of what is no archive, which helm refuses by itself."""
    return dict(_files(archive.read_bytes(), "", _MAX_DEPTH))


def _files(content: bytes, prefix: str, depth: int) -> Iterator[tuple[str, bytes]]:
    total = 0
    with suppress(tarfile.TarError, OSError, EOFError), tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        for member in tar:
            total += member.size
            if total > _MAX_BYTES:
                return
            packed = member.name.endswith(".tgz") and "/charts/" in member.name
            if not member.isfile() or not (packed or _is_rendered(member.name)):
                continue
            read = tar.extractfile(member)
            if read and packed and depth:
                yield from _files(read.read(), f"{prefix}{member.name}!/", depth - 1)
            elif read:
                yield prefix + member.name, read.read()


def _is_rendered(name: str) -> bool:
    return "/templates/" in name or name.endswith("/Chart.yaml")
