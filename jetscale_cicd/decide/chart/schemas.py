"""JSON Schemas of chart values with references that helm would follow out of the chart: refused.

Helm follows ``$ref`` to any URL and file, a relative one through ``$id``, and helm 4 also an unknown ``$schema``. So
the schema of a subchart may ask any server that this machine reaches, or read `/dev/zero`; and what a release does
would depend on a file that is no part of it. (A proxy that refuses is not enough: Go connects to loopback without one.
Measured on helm 3.17.3 and 4.3.1.)
"""

from collections.abc import Iterable, Iterator

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.decide.chart.packed import PackedFile
from jetscale_cicd.errors import ConfigurationError

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_STANDARD = ("http://json-schema.org/", "https://json-schema.org/")
_SHOWN = 200


def check_schemas(files: Iterable[PackedFile]) -> None:
    """Check the values.schema.json of a chart and of every subchart in it.

    Raises:
        ConfigurationError: ``SCHEMA_REMOTE``, one refers to another document, or cannot be read.
    """
    for name, content in files:
        if name.endswith("/values.schema.json"):
            _check(content, name)


def _check(schema: bytes, where: str) -> None:
    try:
        outside = sorted(_outside(read_json(schema, pairs=_Pairs)))
    except JsonRefused as refused:
        outside, why = ["a reference"], f" (the schema cannot be read here: {refused})"
    else:
        why = ""
    if outside:
        raise ConfigurationError(
            "SCHEMA_REMOTE",
            f"helm would follow {outside[0][:_SHOWN]} out of the chart to check the values{why}",
            where=where,
            hint="take a version of the subchart without such references, or mend a copy of it in charts/"
            if "/charts/" in where
            else "copy what it refers to into the schema, under definitions, and refer to it by #/definitions/NAME",
        )


class _Pairs(tuple[tuple[str, object], ...]):
    """A JSON object with all its keys, including duplicates."""

    __slots__ = ()


def _outside(value: object) -> Iterator[str]:
    """Every reference to another document."""
    if isinstance(value, list):
        for item in value:
            yield from _outside(item)
    elif isinstance(value, _Pairs):
        for key, item in value:
            if isinstance(item, str):
                local = item.startswith("#") if key in _REFERENCES else key != "$schema" or item.startswith(_STANDARD)
                if not local:
                    yield item
            else:
                yield from _outside(item)
