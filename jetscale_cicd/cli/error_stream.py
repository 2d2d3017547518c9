"""stderr, redacted: whatever writes there, a traceback, a warning or the log of a library, passes the redactor."""

from collections.abc import Callable
from typing import Any, TextIO, cast


class RedactedStream:
    """A text stream that masks secrets in what is written to it; all else is the stream's own."""

    def __init__(self, stream: TextIO, redact: Callable[[str], str]) -> None:
        self.stream = stream
        self.redact = redact

    def write(self, text: str) -> int:
        """Write the text with secrets masked."""
        self.stream.write(self.redact(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Everything else."""
        return getattr(self.stream, name)


def redacted(stream: TextIO, redact: Callable[[str], str]) -> TextIO:
    """A stream, redacted once, whatever redacted it before."""
    inner = stream.stream if isinstance(stream, RedactedStream) else stream
    return cast(TextIO, RedactedStream(inner, redact))
