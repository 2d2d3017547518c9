"""The only sink: results on stdout, progress and errors on stderr, both redacted."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.report.document import SCHEMA, dumps, error_document
from jetscale_cicd.report.github import annotation, harmless, harmless_json, write_summary
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text import error_text
from jetscale_cicd.tools.redact import Redactor


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's words go.

    Args:
        json: one JSON object on stdout instead of text.
        redact: masks secrets.
    """

    json: bool
    redact: Redactor

    @classmethod
    def for_process(cls, *, json: bool) -> "Output":
        """Both streams of this process, with the secrets of its environment."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        return cls(json, Redactor.of_environment(os.environ.items()))

    @property
    def paint(self) -> Paint:
        """Colour for stdout."""
        return Paint.for_stream(sys.stdout)

    def result(self, text: str, document: dict[str, object]) -> None:
        """Print the result in the wanted form."""
        sys.stdout.write(self._json(document) if self.json else harmless(self.redact(text)))
        sys.stdout.flush()

    def progress(self, line: str) -> None:
        """One line of progress."""
        sys.stderr.write(Paint.for_stream(sys.stderr)("dim", harmless(plain(self.redact(line)))) + "\n")
        sys.stderr.flush()

    def error(self, error: Stage6Error, *, alone: bool = True) -> None:
        """Say what broke; ``alone`` where no result holds the error already."""
        sys.stderr.write(harmless(self.redact(error_text(error, Paint.for_stream(sys.stderr)))))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            sys.stderr.write(annotation(error, self.redact) + "\n")
        sys.stderr.flush()
        if alone:
            with suppress(Stage6Error):  # the summary cannot be written; the error above is the one that counts
                write_summary(self.redact(error_text(error, Paint(enabled=False))), None, os.environ)
        if self.json and alone:
            sys.stdout.write(self._json({"schema": SCHEMA, "error": error_document(error)}))
            sys.stdout.flush()

    def _json(self, document: dict[str, object]) -> str:
        """Redact before encoding, string by string, so that a mask cannot break the JSON."""
        return harmless_json(dumps(_each_string(document, self.redact))) + "\n"


def _each_string(value: object, redact: Redactor) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _each_string(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_string(item, redact) for item in value]
    return value
