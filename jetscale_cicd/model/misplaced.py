"""Credentials in a record of the configuration, where names, paths and addresses belong."""

from collections.abc import Iterator, Mapping

from jetscale_cicd.model.credential import credentials_of
from jetscale_cicd.model.record import fields

# Shorter ones are no tokens; and there may be thousands of names.
_MIN_CHARS = 20


def misplaced_in(value: object) -> Iterator[str]:
    """Every credential in the texts of records, mappings and tuples."""
    if isinstance(value, str):
        if len(value) >= _MIN_CHARS:
            yield from credentials_of(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from misplaced_in((key, item))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from misplaced_in(item)
    elif hasattr(value, "__record_fields__"):
        for each in fields(value):
            yield from misplaced_in(getattr(value, each.name))
