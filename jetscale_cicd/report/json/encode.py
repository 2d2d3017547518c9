"""How documents become text."""

import json
from collections.abc import Callable

SCHEMA = 1


def dumps(document: object) -> str:
    """JSON as every command prints it: ASCII, so that no locale can break it."""
    return json.dumps(document, indent=2, ensure_ascii=True)


def masked(value: object, redact: Callable[[str], str]) -> object:
    """The document with secrets masked before encoding, string by string, so that a mask cannot break the JSON."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: masked(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, redact) for item in value]
    return value
