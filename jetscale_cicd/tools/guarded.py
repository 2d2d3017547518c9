"""A program that does not outlive this process, and whose output is announced line by line."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.tools.limits import MAX_OUTPUT_BYTES
from jetscale_cicd.tools.redact import Redactor

# A background process waits for the end of the pipe, and then ends the program: by SIGTERM, for what a script starts in
# the background ignores SIGINT; helm marks its release for either. (A shell without job control gives a background
# command no standard input, so the pipe gets another file descriptor.)
_WATCH_PIPE = 'exec 3<&0; (read -r _ <&3; kill -s TERM $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'
GUARD = ("sh", "-c", _WATCH_PIPE, "sh")
# How a line of its output begins where it is announced.
OUTPUT = "  | "


@frozen
class Lines:
    """The output of a program: kept, and announced line by line."""

    redact: Redactor
    announce: Callable[[str], None]
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)

    @property
    def options(self) -> dict[str, object]:
        """Options for ``sh``: both streams, line by line, as bytes."""
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
        if len(kept) < MAX_OUTPUT_BYTES:
            kept += content
        if text := content.decode("utf-8", "replace").rstrip():
            self.announce(f"{OUTPUT}{self.redact(text)}")


@contextmanager
def guard() -> Iterator[dict[str, object]]:
    """A pipe whose other end closes when this process dies, even by SIGKILL."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        try:
            yield {"_in": pipe}
        finally:
            os.close(writing)
