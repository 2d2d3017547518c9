"""Schemas of a chart's values that would make helm fetch something, refused where no network is to be used.

Helm follows ``$ref`` to any URL and file, a relative one by way of ``$id``, and helm 4 an unknown ``$schema`` too. A
proxy that refuses does not stop it: Go reaches loopback without one (measured on helm 3.17.3 and 4.3.1).
"""

import io
import json
import tarfile
from collections.abc import Iterator

from jetscale_cicd.errors import PreconditionError

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_STANDARD = ("http://json-schema.org/", "https://json-schema.org/")


def check_schemas(archive: bytes) -> None:
    """Look at the values.schema.json of a chart archive and of every subchart in it.

    Raises:
        PreconditionError: ``SCHEMA_REMOTE``, one refers to something outside itself, or cannot be read.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if member.isfile() and member.name.endswith("/values.schema.json"):
                content = tar.extractfile(member)
                _check(content.read() if content else b"", member.name)


def _check(schema: bytes, where: str) -> None:
    try:
        outside = sorted(_outside(json.loads(schema, object_pairs_hook=_Pairs)))
    except (ValueError, RecursionError):
        outside = ["something that cannot be read here"]
    if outside:
        raise PreconditionError(
            "SCHEMA_REMOTE",
            f"helm would fetch {outside[0]} to check the values, and this command does not use the network",
            where=where,
            hint="copy it into the schema, under definitions",
        )


class _Pairs(tuple[tuple[str, object], ...]):
    """A JSON object with every key that is written, the ones written twice too."""

    __slots__ = ()


def _outside(value: object) -> Iterator[str]:
    """Every reference that leaves the document."""
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
