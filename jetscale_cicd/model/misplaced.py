"""Credentials in a record of the configuration, where names, paths and addresses belong."""

from collections.abc import Iterator, Mapping

from jetscale_cicd.model.record import fields
from jetscale_cicd.model.shown import looks_secret

# Shorter ones are no tokens; and there may be thousands of names.
_MIN_CHARS = 20


def misplaced_in(value: object) -> Iterator[str]:
    """Every text in records, mappings and tuples that looks like a credential."""
    if isinstance(value, str):
        if len(value) >= _MIN_CHARS and looks_secret(value):
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from misplaced_in((key, item))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from misplaced_in(item)
    elif hasattr(value, "__record_fields__"):
        for each in fields(value):
            yield from misplaced_in(getattr(value, each.name))
