"""A preflight as a Markdown table, for the summary of a job or a comment."""

import re
from collections.abc import Iterator

from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.report.face import Redact
from jetscale_cicd.report.paint import plain

_MARKS = {
    PreconditionState.MET: "✅",
    PreconditionState.UNMET: "❌",
    PreconditionState.WARNING: "⚠️",
    PreconditionState.CANNOT_TELL: "❓",
    PreconditionState.SKIPPED: "·",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#!~@])")


def preflight_markdown(preflight: Preflight, redact: Redact) -> str:
    """A table of every precondition, and below it what to do about those that do not hold."""
    plan = preflight.plan
    version = f", version {escaped(str(plan.deploy.version))}" if plan.deploy else ""
    held = "checked in part" if preflight.partial else "ready"
    title = f"Preflight: {'not ready' if preflight.error else held}"
    lines = [f"### {title}", "", f"Commit `{plan.head[:12]}`{version}", "", "| | check | target | result |"]
    lines += ["|---|---|---|---|", *(_row(row, redact) for row in preflight.rows)]
    return "\n".join([*lines, *_remedies(preflight, redact)]) + "\n"


def _row(row: Precondition, redact: Redact) -> str:
    result = row.error.message if row.error else row.why or row.what
    code = f"`{row.error.code}` " if row.error else ""
    return (
        f"| {_MARKS[row.state]} | `{row.id}` | {escaped(redact(row.target or ''))} | {code}{escaped(redact(result))} |"
    )


def _remedies(preflight: Preflight, redact: Redact) -> Iterator[str]:
    rows = [row for row in preflight.rows if row.error and row.error.hint]
    if rows:
        yield from ("", "#### What to do", "")
    for row in rows:
        if row.error:
            target = f" {escaped(redact(row.target))}" if row.target else ""
            yield f"- **{row.error.code}**{target}: {escaped(redact(row.error.hint))}"


def escaped(text: str) -> str:
    """Foreign text on one line in which Markdown finds nothing of its own, and no name is mentioned."""
    return _SPECIAL.sub(r"\\\1", " ".join(plain(text).split())).replace("\\@", "@\u200b")
