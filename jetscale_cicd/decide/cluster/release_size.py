"""How large the Secret is going to be in which Helm keeps a release, against what Kubernetes takes.

Helm (pkg/storage/driver) writes the whole chart but for its subcharts, the values and the manifests as JSON, gzips that
at the best level, and writes it in base64. Kubernetes counts that text (core/validation, MaxSecretSize).
"""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence

from jetscale_cicd.config.bounded_yaml import load_mapping
from jetscale_cicd.decide.chart.merged_values import merged
from jetscale_cicd.decide.chart.packed import PackedFile, loaded_files
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen

LIMIT = 1 << 20
_NEARLY = 0.85
_MOST_DEEP = 5
_LARGEST = 3
# Helm reads these into fields of the chart, and takes every other file as it is.
_FIELDS = ("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "requirements.yaml", "requirements.lock")
# What is kept of every release besides, about as long.
_TIME = "2026-01-01T00:00:00.123456789Z"
_AROUND = {
    "name": "release",
    "info": {
        "first_deployed": _TIME,
        "last_deployed": _TIME,
        "deleted": "",
        "description": "x" * 80,
        "status": "deployed",
    },
    "version": 1,
    "namespace": "namespace",
}
# As encoding/json writes them.
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@frozen(kw_only=True)
class SizeReview:
    """What the size of a release means.

    Args:
        size: bytes of the Secret's data, estimated.
        refused: it is more than Kubernetes takes.
        notes: it is nearly so much.
    """

    size: int
    refused: tuple[Stage6Error, ...] = ()
    notes: tuple[str, ...] = ()


def review_size(archive: bytes, config: Mapping[str, object], rendered: bytes, where: str) -> SizeReview:
    """The size of a release, and what it means.

    Args:
        archive: the package of the chart.
        config: the values that are given, merged.
        rendered: what the chart renders to, with hooks and ``crds/``.
        where: namespace and name of the release.

    Raises:
        Stage6Error: the archive cannot be read.
    """
    files = loaded_files(archive)
    size = _packed_size(_content(files, config, rendered))
    said = f"the release takes {size / 1024:,.0f} of the {LIMIT // 1024:,} KiB that a Secret may have"
    largest = sorted(_kept(files), key=lambda each: len(each.content), reverse=True)[:_LARGEST]
    named = ", ".join(f"{each.name} ({len(each.content) / 1024:,.0f} KiB)" for each in largest)
    hint = f"leave out of the chart what it does not need (.helmignore); the largest of its files: {named}"
    if size > LIMIT:
        return SizeReview(size=size, refused=(PreconditionError("RELEASE_TOO_LARGE", said, where=where, hint=hint),))
    return SizeReview(size=size, notes=(f"{said}: {hint}",) if size > _NEARLY * LIMIT else ())


def _packed_size(content: object) -> int:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for char, escaped in _ESCAPED.items():
        text = text.replace(char, escaped)
    raw = text.encode("utf-8", "replace")
    return min(-(-_gzipped(raw, strategy) // 3) * 4 for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED))


def _gzipped(content: bytes, strategy: int) -> int:
    """Bytes of it when it is gzipped.

    Go's own way is none of zlib's: it is like the filtered strategy for what is nearly random, as secrets and base64
    are, and like the default one for text. The better of the two is within 3 % of what helm writes, and within 6 % of
    a file of hexadecimal digits (measured).
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16, zlib.DEF_MEM_LEVEL, strategy)
    return len(packer.compress(content)) + len(packer.flush())


def _content(files: Sequence[PackedFile], config: Mapping[str, object], rendered: bytes) -> object:
    chart: dict[str, object] = {"metadata": _file(files, "Chart.yaml"), "lock": _file(files, "Chart.lock")}
    chart["templates"] = [_raw(each) for each in files if each.name.startswith("templates/")]
    chart["values"] = _values(files)
    chart["schema"] = b64encode(_file(files, "values.schema.json").encode()).decode()
    chart["files"] = [_raw(each) for each in _others(files)]
    return {**_AROUND, "chart": chart, "config": config, "manifest": _objects(rendered)}


def _objects(rendered: bytes) -> str:
    """What is kept as manifest and hooks: ``crds/`` is not."""
    documents = rendered.decode("utf-8", "replace").split("\n---\n")
    return "\n---\n".join(each for each in documents if "/crds/" not in each.partition("\n")[0])


def _raw(file: PackedFile) -> dict[str, str]:
    return {"name": file.name, "data": b64encode(file.content).decode()}


def _kept(files: Sequence[PackedFile]) -> Iterator[PackedFile]:
    """Every file but those of subcharts, which Helm does not keep."""
    return (each for each in files if not each.name.startswith("charts/"))


def _others(files: Sequence[PackedFile]) -> Iterator[PackedFile]:
    return (each for each in _kept(files) if each.name not in _FIELDS and not each.name.startswith("templates/"))


def _file(files: Sequence[PackedFile], name: str) -> str:
    return next((each.content.decode("utf-8", "replace") for each in files if each.name == name), "")


def _values(files: Sequence[PackedFile], depth: int = _MOST_DEEP) -> dict[str, object]:
    """Values of a chart, and under its name those of each subchart, as Helm merges them into the chart."""
    found: dict[str, object] = {}
    for name, inside in _subcharts(files).items() if depth else ():
        found[name] = _values(inside, depth - 1)
    try:
        return merged((found, load_mapping(_file(files, "values.yaml").encode(), "values.yaml", "VALUES")))
    except ConfigurationError:  # helm has rendered it, so its size counts, whatever is read here
        return {**found, "values": _file(files, "values.yaml")}


def _subcharts(files: Sequence[PackedFile]) -> dict[str, list[PackedFile]]:
    found: dict[str, list[PackedFile]] = {}
    for name, content in files:
        parts = name.split("/")
        if parts[0] != "charts" or len(parts) < len(("charts", "name")):
            continue
        if len(parts) == len(("charts", "archive")) and name.endswith(".tgz"):
            found[parts[1]] = list(loaded_files(content))
        elif len(parts) > len(("charts", "name")):
            found.setdefault(parts[1], []).append(PackedFile("/".join(parts[2:]), content))
    return found
