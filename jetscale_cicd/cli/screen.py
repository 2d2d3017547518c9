"""A terminal on which a table stays in its place while lines scroll above it."""

import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

_UP_AND_CLEAR = "\x1b[{}A\x1b[J"


@dataclass
class Screen:
    """The error stream of a command; anything else than a terminal gets lines alone."""

    stream: TextIO
    height: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_terminal(self) -> bool:
        """Whether a table can be shown in place."""
        return self.stream.isatty()

    def lines(self, text: str) -> str:
        """What has to be written so that ``text`` takes the place of a table that is shown."""
        with self.lock:
            return self._cleared() + text

    def table(self, rows: Sequence[str]) -> str:
        """What has to be written so that these rows take the place of those before; no rows leave those as they are."""
        with self.lock:
            if not rows:
                self.height = 0
                return ""
            width = shutil.get_terminal_size().columns - 1
            cleared, self.height = self._cleared(), len(rows)
            return cleared + "".join(f"{row[:width]}\n" for row in rows)

    def _cleared(self) -> str:
        height, self.height = self.height, 0
        return _UP_AND_CLEAR.format(height) if height else ""
