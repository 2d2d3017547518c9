"""A preflight as JUnit XML: a suite for the run and for each target, a case for each precondition."""

from collections import Counter
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.report.face import Redact
from jetscale_cicd.report.paint import plain

_RUN = "every target"


def preflight_junit(preflight: Preflight, redact: Redact) -> str:
    """The document; what a CI shows of a case that failed is its message and its remedy."""
    root = Element("testsuites", name="jetscale-cicd preflight")
    names = [None, *(decided.target.name for decided in preflight.plan.targets)]
    for name in names:
        rows = [row for row in preflight.rows if row.target == name]
        if rows:
            _suite(root, name or _RUN, rows, redact)
    return _document(root)


def error_junit(error: Stage6Error, redact: Redact) -> str:
    """The document of a preflight that could not be made."""
    root = Element("testsuites", name="jetscale-cicd preflight")
    suite = SubElement(root, "testsuite", name=_RUN, tests="1", failures="0", errors="1", skipped="0")
    _fault(SubElement(suite, "testcase", classname="preflight", name="preflight"), "error", error, redact)
    return _document(root)


def _suite(root: Element, name: str, rows: Sequence[Precondition], redact: Redact) -> None:
    states = [row.state for row in rows]
    suite = SubElement(
        root,
        "testsuite",
        name=redact(name),
        tests=str(len(rows)),
        failures=str(states.count(PreconditionState.UNMET)),
        errors=str(states.count(PreconditionState.CANNOT_TELL)),
        skipped=str(states.count(PreconditionState.SKIPPED)),
    )
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row.id] += 1
        case = SubElement(suite, "testcase", classname=f"preflight.{redact(name)}", name=_name(row.id, seen[row.id]))
        if row.state is PreconditionState.SKIPPED:
            SubElement(case, "skipped", message=_text(row.why, redact))
        elif row.error and row.state is PreconditionState.WARNING:
            SubElement(case, "system-out").text = _text(_all_of(row.error), redact)
        elif row.error:
            kind = "failure" if row.state is PreconditionState.UNMET else "error"
            _fault(case, kind, row.error, redact)


def _name(check: str, number: int) -> str:
    """The same for each run of a check, so that a CI shows its history; further findings are numbered."""
    return check if number == 1 else f"{check} {number}"


def _fault(case: Element, kind: str, error: Stage6Error, redact: Redact) -> None:
    SubElement(case, kind, message=_text(error.message, redact), type=error.code).text = _text(_all_of(error), redact)


def _all_of(error: Stage6Error) -> str:
    parts = (f"{error.code}: {error.message}", error.where, *error.details, f"next: {error.hint}" if error.hint else "")
    return "\n".join(filter(None, parts))


def _text(text: str, redact: Redact) -> str:
    return plain(redact(text))


def _document(root: Element) -> str:
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"
