"""JSON Schemas of chart values with references that helm would follow out of the chart, or without end: refused.

Helm follows ``$ref`` to any URL and file, a relative one through ``$id``, and helm 4 also an unknown ``$schema``. So
the schema of a subchart may ask any server that this machine reaches, or read `/dev/zero`; and what a release does
would depend on a file that is no part of it. (A proxy that refuses is not enough: Go connects to loopback without one.
Measured on helm 3.17.3 and 4.3.1.)

A chain of references takes helm more than linear time: 10,000 of them less than a second, 20,000 three, 50,000 half a
minute (measured on helm 3.22.0 and 4.3.1; CVE-2025-32387 is of that kind).
"""

from collections.abc import Iterable, Iterator

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.decide.chart.packed import PackedFile
from jetscale_cicd.errors import ConfigurationError

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_STANDARD = ("http://json-schema.org/", "https://json-schema.org/")
_SHOWN = 200
# In all schemas of a chart and its subcharts.
_MAX_REFERENCES = 10_000
# Of a reference its text, and whether it stays in the document.
_Reference = tuple[str, bool]


def check_schemas(files: Iterable[PackedFile]) -> None:
    """Check the values.schema.json of a chart and of every subchart in it.

    Raises:
        ConfigurationError: ``SCHEMA_REMOTE``, one refers to another document; ``SCHEMA_UNREADABLE``, it cannot be
            read here; ``SCHEMA_LIMIT``, they have more references than helm can follow in a reasonable time.
    """
    count = 0
    for name, content in files:
        if name.endswith("/values.schema.json"):
            references = list(_references(_read(content, name)))
            _check_local(references, name)
            count += len(references)
            if count > _MAX_REFERENCES:
                raise ConfigurationError(
                    "SCHEMA_LIMIT",
                    f"with it the schemas of the chart and its subcharts have more than {_MAX_REFERENCES:,} references",
                    where=name,
                    hint=_hint(name, "write what is referred to once in its place, or leave parts of the schema out"),
                )


def _read(schema: bytes, where: str) -> object:
    try:
        return read_json(schema, pairs=_Pairs)
    except JsonRefused as refused:
        raise ConfigurationError(
            "SCHEMA_UNREADABLE",
            f"what it refers to cannot be found out, for the schema cannot be read: {refused}",
            where=where,
            hint=_hint(where, "make it JSON within that limit, or remove it"),
        ) from None


def _check_local(references: Iterable[_Reference], where: str) -> None:
    outside = sorted(text for text, local in references if not local)
    if outside:
        raise ConfigurationError(
            "SCHEMA_REMOTE",
            f"helm would follow {outside[0][:_SHOWN]} out of the chart to check the values",
            where=where,
            hint=_hint(
                where,
                "copy what it refers to into the schema, under definitions, and refer to it by #/definitions/NAME",
            ),
        )


def _hint(where: str, ours: str) -> str:
    """What to do: with a schema of this chart, or with one of a subchart, which somebody else may write."""
    return "take another version of the subchart, or mend a copy of it in charts/" if "/charts/" in where else ours


class _Pairs(tuple[tuple[str, object], ...]):
    """A JSON object with all its keys, including duplicates."""

    __slots__ = ()


def _references(value: object) -> Iterator[_Reference]:
    """Every reference."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, _Pairs):
        for key, item in value:
            if not isinstance(item, str):
                yield from _references(item)
            elif key in _REFERENCES:
                yield item, item.startswith("#")
            elif key == "$schema":
                yield item, item.startswith(_STANDARD)
