"""The only sink: results on stdout, progress and errors on stderr, both redacted."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import TextIO

from jetscale_cicd.cli.error_stream import redacted
from jetscale_cicd.cli.screen import Screen
from jetscale_cicd.errors import ConfigurationError, Stage6Error
from jetscale_cicd.model.record import frozen
from jetscale_cicd.report.ci.table import CiOutputs, open_outputs
from jetscale_cicd.report.face import DEFAULT, FACES, MORE_FACES, Face, Medium, is_for_people, open_face
from jetscale_cicd.report.harmless import harmless
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.results import CommandResult, PlanResult, UnplannedResult, errors_of, plan_of, warnings_of
from jetscale_cicd.report.text.error import error_text
from jetscale_cicd.report.verdict import verdict
from jetscale_cicd.tools.redact import Redactor


@frozen
class Output:
    """Where a command writes.

    Args:
        form: name of the face on stdout.
        redact: masks secrets.
        screen: the terminal on stderr, if it is one.
    """

    form: str
    redact: Redactor
    screen: Screen

    @classmethod
    def for_process(cls, form: str) -> "Output":
        """Both streams of this process, with the secrets of its environment; an unknown form is the default one."""
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # it was closed before we started
                setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        redact = Redactor.of_environment(os.environ.items())
        sys.stderr = redacted(sys.stderr, redact)
        return cls(form if form in (*FACES, *MORE_FACES) else DEFAULT, redact, Screen(sys.stderr))

    @property
    def face(self) -> Face:
        """The face on stdout, imported where there is a result to show."""
        return open_face(self.form)

    @cached_property
    def ci(self) -> CiOutputs:
        """What the CI takes; it remembers what it was given."""
        return open_outputs(os.environ)

    @property
    def medium(self) -> Medium:
        """Where results are read."""
        return Medium(self.redact, Paint.for_stream(sys.stdout))

    def begin(self, result: PlanResult) -> None:
        """Show a plan, and give it to the CI, before anything of it is done: nobody knows how the run will end."""
        if is_for_people(self.face):
            _write(sys.stdout, self.face.beginning(result.plan, self.medium))
        else:
            self.progress(verdict(result.plan))
        with suppress(Stage6Error):  # it is tried again at the end, and reported then
            self.ci.write_outputs(result.plan)
            self.ci.write_summary(result.plan, lambda: self._summary(result))

    def show(self, result: CommandResult) -> int:
        """Show a result on stdout and to the CI, then its warnings and its errors.

        Returns:
            The exit status: that of the first error, or 0.

        Raises:
            ConfigurationError: ``OUTPUT_UNWRITABLE``, for another reason than that the reader went away.
        """
        self._result(result)
        errors = [*errors_of(result), self._write_ci_outputs(result)]
        for warning in warnings_of(result):
            self._error(warning, warns=True)
        for error in filter(None, errors):
            self._error(error)
        if is_for_people(self.face):
            _write(sys.stdout, self.face.closing(result, self.medium))
        return next((error.exit_status for error in errors if error), 0)

    def fail(self, error: Stage6Error) -> int:
        """Show the error of a command that has no result.

        Returns:
            The exit status.
        """
        self._error(error)
        with suppress(Stage6Error):  # the summary cannot be written; the error above is the one that counts
            self.ci.write_summary(None, lambda: self.redact(error_text(error, Paint(enabled=False))))
        if self.face.errors_on_stdout:
            with suppress(Stage6Error):
                self._result(error)
        return error.exit_status

    def progress(self, line: str) -> None:
        """One line of progress; a stderr that cannot be written changes nothing else."""
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

    def line(self, text: str) -> bool:
        """Lines of a result that goes on, on stdout; False where nobody reads them any more."""
        return _write(sys.stdout, f"{harmless(self.redact(text))}\n")

    @property
    def is_dialogue(self) -> bool:
        """Whether a question would be seen, and could be answered."""
        return self.screen.is_terminal and sys.stdin is not None and sys.stdin.isatty()

    def ask(self, question: str) -> bool:
        """Ask on stderr; the end of the input is no."""
        _write(sys.stderr, self.screen.lines(harmless(self.redact(question))))
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _result(self, result: CommandResult) -> None:
        _write(sys.stdout, self.face.render(result, self.medium))

    def _write_ci_outputs(self, result: CommandResult) -> Stage6Error | None:
        """Outputs and summary; why they cannot be written is returned, for it must not hide the error of the run."""
        plan = plan_of(result)
        unplanned = isinstance(result, UnplannedResult)
        if plan is None and not unplanned:
            return None
        # A step that runs in spite of the error must not take the version of a plan that is not carried out.
        refused = isinstance(result, PlanResult) and result.refused is not None
        try:
            if plan and not refused:
                self.ci.write_outputs(plan)
            self.ci.write_summary(None if refused else plan, lambda: self._summary(result))
        except Stage6Error as unwritable:
            return unwritable
        return None

    def _summary(self, result: CommandResult) -> str:
        """What a summary holds, whatever form stdout has."""
        from jetscale_cicd.report.text.face import text_of

        shown = result.error if isinstance(result, UnplannedResult) else result
        return self.redact(text_of(shown, Paint(enabled=False)))

    def _error(self, error: Stage6Error, *, warns: bool = False) -> None:
        with suppress(Stage6Error):
            shown = harmless(self.redact(error_text(error, Paint.for_stream(sys.stderr), warns=warns)))
            _write(sys.stderr, self.screen.lines(shown))
            _write(sys.stderr, self.ci.annotation(error, self.redact, warns=warns) or "")


def _write(stream: TextIO, text: str) -> bool:
    """Write and flush; a reader that went away is not our failure, and must not become the run's status.

    Returns:
        Whether the reader is there.
    """
    try:
        stream.write(text)
        stream.flush()
        return True
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    except OSError as full:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter fails on its own last flush
        name = "stdout" if stream is sys.stdout else "stderr"
        raise ConfigurationError(
            "OUTPUT_UNWRITABLE", f"{name} cannot be written: {full.strerror}", where=name, hint="free disk space"
        ) from None
