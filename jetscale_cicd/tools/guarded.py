"""A program that does not outlive this process, and whose words are heard as they come."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jetscale_cicd.tools.redact import Redactor

# Waits for the end of its input beside the program, and interrupts it then. (A command in the background has no input
# of its own in a shell without job control, so it gets the pipe under another number.)
_WAITS = 'exec 3<&0; (read -r _ <&3; kill -s INT $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'
GUARD = ("sh", "-c", _WAITS, "sh")


@dataclass
class Lines:
    """What a program says: kept, and announced line by line as it comes."""

    redact: Redactor
    announce: Callable[[str], None]
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)

    @property
    def options(self) -> dict[str, object]:
        """For ``sh``: both streams, a line at a time, as bytes."""
        return {
            "_out": lambda line: self._take(self.out, line),
            "_err": lambda line: self._take(self.err, line),
            "_out_bufsize": 1,
            "_err_bufsize": 1,
            "_encoding": "utf-8",
            "_decode_errors": "surrogateescape",
        }

    def _take(self, kept: bytearray, line: str | bytes) -> None:
        content = line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line
        kept += content
        if said := content.decode("utf-8", "replace").rstrip():
            self.announce(f"  | {self.redact(said)}")


@contextmanager
def guard() -> Iterator[dict[str, object]]:
    """A pipe whose other end closes when this process dies, even by SIGKILL."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        try:
            yield {"_in": pipe}
        finally:
            os.close(writing)
