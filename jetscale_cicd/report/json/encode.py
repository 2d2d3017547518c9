"""How documents become text."""

import json

SCHEMA = 1


def dumps(document: object) -> str:
    """JSON as every command prints it: ASCII, so that no locale can break it."""
    return json.dumps(document, indent=2, ensure_ascii=True)
