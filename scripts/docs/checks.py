"""The page of the preconditions, made from their tables: an anchor for each, and what becomes of an unmet one."""

import textwrap
from collections.abc import Iterator

from jetscale_cicd.model.severity import ADJUSTABLE
from jetscale_cicd.preconditions.check import RunCheck, SurveyCheck, TargetCheck
from jetscale_cicd.preconditions.table import CHECKS, PROCESS_CHECKS, SURVEY_CHECKS
from scripts.docs.check_notes import NOTES, Note

_WIDTH = 116
AnyCheck = RunCheck | TargetCheck | SurveyCheck  # type: ignore[type-arg]


def every_check() -> tuple[AnyCheck, ...]:
    """Every precondition in the order of its table."""
    return (*CHECKS, *SURVEY_CHECKS, *PROCESS_CHECKS)


def checks_table() -> str:
    """A row for each check: what has to hold, and who owns it."""
    rows = ["| check | what has to hold | owner |", "|---|---|---|"]
    rows += [f"| [`{each.id}`](#{each.id}) | {each.what} | {NOTES[each.id].owner} |" for each in every_check()]
    return "\n".join(rows) + "\n"


def checks_page() -> str:
    """A section for each check."""
    return "\n" + "\n".join("\n".join(_section(each)) for each in every_check()) + "\n"


def _section(check: AnyCheck) -> Iterator[str]:
    note = NOTES[check.id]
    yield f"## {check.id}\n"
    yield _paragraph(f"{check.what[0].upper()}{check.what[1:]}. {note.text}")
    yield from (f"- {fact}" for fact in _facts(check, note))
    yield ""


def _facts(check: AnyCheck, note: Note) -> Iterator[str]:
    yield f"Owner: {note.owner}."
    yield from wrapped(f"Remedy: {note.remedy}")
    if isinstance(check, RunCheck):
        yield "Unmet, it stops the run."
    elif check.warns:
        yield "Unmet, it is reported, and stops nothing."
    elif isinstance(check, TargetCheck) and check.of_the_version:
        yield "Unmet for any target, the version is published for none."
    else:
        yield "Unmet, it keeps its target back, and those that need it."
    if check.id in ADJUSTABLE:
        yield f"`checks: {{{check.id}: error | warn | off}}` of a target says otherwise."
    if isinstance(check, SurveyCheck) and check.converges:
        yield "`preflight --wait` waits for it."


def wrapped(text: str, indent: str = "  ") -> Iterator[str]:
    """A text in lines of the documents, of which all but the first are indented."""
    yield "\n".join(
        textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    )


def _paragraph(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"
