"""Colour on a terminal and nowhere else, and text that cannot move the cursor."""

import os
from collections.abc import Mapping
from typing import TextIO

from jetscale_cicd.model.record import frozen

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@frozen
class Paint:
    """Puts colour around text, or leaves it alone."""

    enabled: bool

    @classmethod
    def for_stream(cls, stream: TextIO, env: Mapping[str, str] = os.environ) -> "Paint":
        """Colour where ``stream`` is a terminal and ``NO_COLOR`` is unset (https://no-color.org)."""
        return cls(enabled=stream.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb")

    def __call__(self, style: str, text: str) -> str:
        """``text`` in a style."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.enabled else text


def plain(text: str) -> str:
    r"""Foreign text with control characters spelled out; newlines and tabs stay."""
    return "".join(char if char in "\n\t" or char.isprintable() else f"\\x{ord(char):02x}" for char in text)
