"""How a status that changes is shown: in place on a terminal, as lines elsewhere, and as one document a line."""

import sys
import time

from jetscale_cicd.cli.output import Output
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.report.face import FaceForPeople, Medium, is_for_people
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.results import StatusResult

Rows = tuple[tuple[str, str], ...]


@frozen
class Watching:
    """What was shown, and shows what changed since.

    Args:
        rows: that people were shown last.
        document: that programs were shown last.
    """

    output: Output
    rows: Rows = ()
    document: str = ""

    def show(self, result: StatusResult) -> "Watching | None":
        """Show a status, as far as it changed; None where nobody reads any more."""
        face = self.output.face
        return self._for_people(face, result) if is_for_people(face) else self._for_programs(result)

    def _for_programs(self, result: StatusResult) -> "Watching | None":
        # Of a document that is indented, a line ends between two of its parts, never within a text.
        lines = self.output.face.render(result, self.output.medium).splitlines()
        document = " ".join(map(str.strip, lines))
        is_read = document == self.document or self.output.line(document)
        return replace(self, document=document) if is_read else None

    def _for_people(self, face: FaceForPeople, result: StatusResult) -> "Watching | None":
        medium, now = Medium(self.output.redact, Paint(enabled=False)), time.strftime("%H:%M:%S")
        rows, whole = face.rows(result, medium), face.render(result, medium).splitlines()
        is_read = True
        if sys.stdout.isatty() and self.output.screen.is_terminal:
            # Anew where nothing changed, too: a line of progress may have taken its place.
            self.output.table([f"as of {now}, seen again each second (Ctrl-C ends it)", *whole])
        elif not self.rows:
            is_read = self.output.line("\n".join(whole))
        else:
            is_read = all(self.output.line(f"{now} {line}") for line in _changes(self.rows, rows))
        return replace(self, rows=rows) if is_read else None


def _changes(before: Rows, now: Rows) -> list[str]:
    """What is new; where nothing is, what is no more."""
    new = [f"{name}: {line}" for name, line in now if (name, line) not in before]
    return new or [f"{name}: no more: {line}" for name, line in before if (name, line) not in now]
