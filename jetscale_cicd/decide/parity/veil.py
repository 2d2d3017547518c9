"""What may be shown of a field of an object: a short value that cannot be secret, and of all else what kind it is."""

import json
from collections.abc import Callable

from jetscale_cicd.decide.parity.paths import Path
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.shown import described, looks_secret

MASKED = "(masked)"
_MOST_CHARS = 60


@frozen
class Veil:
    """Shows values.

    Args:
        hide: masks known secrets in a text.
        is_secret_name: whether a variable of this name holds a credential.
    """

    hide: Callable[[str], str] = str
    is_secret_name: Callable[[str], bool] = lambda _: False

    def text(self, text: str) -> str:
        """A text of one line; a longer one is described."""
        if looks_secret(text):
            return MASKED
        hidden = self.hide(text)
        return hidden if len(hidden) <= 4 * _MOST_CHARS and hidden.isprintable() else described(text)

    def field(self, path: Path, value: object, *, secret: bool) -> str:
        """A field by its path.

        Args:
            secret: it is within a Secret.
        """
        if isinstance(value, dict):
            return "a mapping"
        if isinstance(value, list):
            return "1 item" if len(value) == 1 else f"{len(value):,} items"
        if secret or any(self.is_secret_name(part) for part in path):
            return MASKED
        if not isinstance(value, str):
            return json.dumps(value)
        return self.text(value) if len(value) <= _MOST_CHARS else described(value)
