"""JSON Schemas of chart values with references that helm would fetch: refused where the network is not to be used.

Helm follows ``$ref`` to any URL and file, a relative one through ``$id``, and helm 4 also an unknown ``$schema``. A
proxy that refuses is not enough: Go connects to loopback without one (measured on helm 3.17.3 and 4.3.1).
"""

from collections.abc import Iterator

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.decide.chart.packed import read_archive
from jetscale_cicd.errors import PreconditionError

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_STANDARD = ("http://json-schema.org/", "https://json-schema.org/")


def check_schemas(archive: bytes) -> None:
    """Check the values.schema.json of a chart archive and of every subchart in it.

    Raises:
        PreconditionError: ``SCHEMA_REMOTE``, one refers to another document, or cannot be read.
        CannotTellError: ``ARCHIVE_UNREADABLE``.
    """
    for name, content in read_archive(archive):
        if name.endswith("/values.schema.json"):
            _check(content, name)


def _check(schema: bytes, where: str) -> None:
    try:
        outside = sorted(_outside(read_json(schema, pairs=_Pairs)))
    except JsonRefused:
        outside = ["a reference (the schema cannot be read here)"]
    if outside:
        raise PreconditionError(
            "SCHEMA_REMOTE",
            f"helm would fetch {outside[0]} to check the values, and this command does not use the network",
            where=where,
            hint="copy the referenced schema into this one, under definitions",
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
