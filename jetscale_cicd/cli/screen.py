"""A terminal on which a table stays in its place while lines scroll above it."""

import os
import threading
from collections.abc import Sequence
from typing import TextIO

_UP_AND_CLEAR = "\x1b[{}A\x1b[J"
_USUAL = (80, 24)
_ROOM = 2  # lines of a terminal that are left for a message above the table, and for the cursor


class Screen:
    """The error stream of a command; what is no terminal gets lines and no table."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.height = 0
        self.lock = threading.Lock()

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
            import shutil

            width, height = shutil.get_terminal_size(self._size())
            if len(rows) > height - _ROOM:  # what has scrolled away cannot be replaced any more
                kept = max(height - _ROOM - 1, 0)
                rows = [*rows[:kept], f"  … and {len(rows) - kept:,} more"]
            cleared, self.height = self._cleared(), len(rows)
            return cleared + "".join(f"{row[: width - 1]}\n" for row in rows)

    def _size(self) -> tuple[int, int]:
        """Of this stream's terminal: stdout may be none, or another one."""
        try:
            columns, lines = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            return _USUAL
        return (columns, lines) if columns and lines else _USUAL  # a terminal whose size was never set reports 0

    def _cleared(self) -> str:
        height, self.height = self.height, 0
        return _UP_AND_CLEAR.format(height) if height else ""
