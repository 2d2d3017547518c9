"""The only sink: results on stdout, progress and errors on stderr, both redacted."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from jetscale_cicd.cli.screen import Screen
from jetscale_cicd.errors import ConfigurationError, Stage6Error
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.report.document import SCHEMA, dumps, error_document
from jetscale_cicd.report.github import annotation, harmless, harmless_json, write_outputs, write_summary
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text import error_text
from jetscale_cicd.tools.redact import Redactor


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's words go.

    Args:
        json: one JSON object on stdout instead of text.
        redact: masks secrets.
        screen: the terminal on stderr, if it is one.
    """

    json: bool
    redact: Redactor
    screen: Screen

    @classmethod
    def for_process(cls, *, json: bool) -> "Output":
        """Both streams of this process, with the secrets of its environment."""
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # it was closed before we started
                setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        return cls(json, Redactor.of_environment(os.environ.items()), Screen(sys.stderr))

    @property
    def paint(self) -> Paint:
        """Colour for stdout."""
        return Paint.for_stream(sys.stdout)

    def result(self, text: str, document: dict[str, object]) -> None:
        """Print the result in the wanted form.

        Raises:
            ConfigurationError: ``OUTPUT_UNWRITABLE``, for another reason than that the reader went away.
        """
        _write(sys.stdout, self._json(document) if self.json else harmless(self.redact(text)))

    def progress(self, line: str) -> None:
        """One line of progress; whether anybody reads it decides nothing."""
        with suppress(Stage6Error):
            shown = Paint.for_stream(sys.stderr)("dim", harmless(plain(self.redact(line))))
            _write(sys.stderr, self.screen.lines(f"{shown}\n"))

    def table(self, rows: Sequence[str]) -> bool:
        """Rows that change in place on a terminal; False where there is none, and nothing was shown."""
        if not self.screen.is_terminal:
            return False
        with suppress(Stage6Error):
            _write(sys.stderr, self.screen.table([harmless(plain(self.redact(row))) for row in rows]))
        return True

    def write_ci_outputs(self, plan: Plan, text: str) -> Stage6Error | None:
        """Outputs and summary for GitHub; an error where they cannot be written, for it must not hide the run's."""
        try:
            write_outputs(plan, os.environ)
            write_summary(self.redact(text), plan, os.environ)
        except Stage6Error as unwritable:
            return unwritable
        return None

    def error(self, error: Stage6Error, *, alone: bool = True, warns: bool = False) -> None:
        """Say what broke; ``alone`` where no result holds the error already, ``warns`` where it stopped nothing."""
        with suppress(Stage6Error):
            shown = harmless(self.redact(error_text(error, Paint.for_stream(sys.stderr), warns=warns)))
            _write(sys.stderr, self.screen.lines(shown))
            if os.environ.get("GITHUB_ACTIONS") == "true":
                _write(sys.stderr, annotation(error, self.redact, warns=warns) + "\n")
        if alone:
            with suppress(Stage6Error):  # the summary cannot be written; the error above is the one that counts
                write_summary(self.redact(error_text(error, Paint(enabled=False))), None, os.environ)
        if self.json and alone:
            with suppress(Stage6Error):
                _write(sys.stdout, self._json({"schema": SCHEMA, "error": error_document(error)}))

    def _json(self, document: dict[str, object]) -> str:
        """Redact before encoding, string by string, so that a mask cannot break the JSON."""
        return harmless_json(dumps(_each_string(document, self.redact))) + "\n"


def _write(stream: TextIO, text: str) -> None:
    """Write and flush; a reader that went away is not our failure, and must not become the run's status."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as full:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter fails on its own last flush
        name = "stdout" if stream is sys.stdout else "stderr"
        raise ConfigurationError(
            "OUTPUT_UNWRITABLE", f"{name} cannot be written: {full.strerror}", where=name, hint="free disk space"
        ) from None


def _each_string(value: object, redact: Redactor) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _each_string(item, redact) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_string(item, redact) for item in value]
    return value
