"""A preflight on one page: for the run and for each target what holds, what does not, and what to do about it."""

from collections.abc import Iterator, Sequence

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.report.paint import Paint, plain

_MARKS = {
    PreconditionState.MET: ("green", "✓"),
    PreconditionState.UNMET: ("red", "✗"),
    PreconditionState.WARNING: ("yellow", "!"),
    PreconditionState.CANNOT_TELL: ("red", "?"),
    PreconditionState.SKIPPED: ("dim", "-"),
}


def preflight_text(preflight: Preflight, paint: Paint) -> str:
    """Every precondition, those of the run first, then those of each target."""
    plan = preflight.plan
    lines = [f"preflight of {plan.head[:12]}" + (f": version {plan.deploy.version}" if plan.deploy else "")]
    lines += [f"  {paint('yellow', '!')} {plain(note)}" for note in plan.notes]
    lines += _group("every target", [row for row in preflight.rows if row.target is None], paint)
    for decided in plan.targets:
        target = decided.target
        rows = [row for row in preflight.rows if row.target == target.name]
        lines += _group(f"{target.name} ({target.namespace}/{target.release})", rows, paint)
    return "\n".join([*lines, "", *verdict_lines(preflight, paint)]) + "\n"


def _group(title: str, rows: Sequence[Precondition], paint: Paint) -> list[str]:
    if not rows:
        return []
    width = max(len(row.id) for row in rows)
    return ["", paint("bold", plain(title)), *(line for row in rows for line in _row(row, width, paint))]


def _row(row: Precondition, width: int, paint: Paint) -> Iterator[str]:
    mark, name = paint(*_MARKS[row.state]), row.id.ljust(width)
    if row.error is None:
        why = f"not checked: {row.why}" if row.state is PreconditionState.SKIPPED else row.why or row.what
        yield f"  {mark} {name}  {plain(why)}"
        return
    where = f" ({row.error.where})" if row.error.where else ""
    yield f"  {mark} {name}  {row.error.code}: {plain(row.error.message + where)}"
    yield from (f"      {plain(detail)}" for detail in row.error.details)
    if row.error.hint:
        yield paint("cyan", f"      next: {plain(row.error.hint)}")


def verdict_lines(preflight: Preflight, paint: Paint) -> list[str]:
    """How many of them hold, in numbers; and for how long it was waited."""
    counts = [
        (preflight.count(PreconditionState.MET), "met"),
        (preflight.count(PreconditionState.UNMET), "unmet"),
        (preflight.count(PreconditionState.CANNOT_TELL), "cannot tell"),
        (preflight.count(PreconditionState.WARNING), "to know"),
        (preflight.count(PreconditionState.SKIPPED), "not checked"),
    ]
    waited = f", after {preflight.waited:.0f} s" if preflight.waited >= 1 else ""
    return [paint("dim", ", ".join(f"{count} {what}" for count, what in counts if count) + waited)]


def preflight_closing(preflight: Preflight, paint: Paint) -> str:
    """The verdict, a line for each result: to which targets a run could deploy now, and to which not, and why."""
    verdicts: dict[tuple[str, ...], list[str]] = {}
    for decided in preflight.plan.targets:
        codes = dict.fromkeys(row.error.code for row in preflight.failing(decided.target.name) if row.error)
        verdicts.setdefault(tuple(codes), []).append(decided.target.name)
    return "".join(_verdict(", ".join(names), codes, preflight, paint) for codes, names in verdicts.items())


def unplanned_closing(error: Stage6Error, paint: Paint) -> str:
    """The verdict where no plan could be made."""
    return f"{paint('red', paint('bold', 'NOT READY'))}  {error.code}: nothing else could be checked\n"


def _verdict(names: str, codes: tuple[str, ...], preflight: Preflight, paint: Paint) -> str:
    if codes:
        return f"{paint('red', paint('bold', 'NOT READY'))}  {names}: {', '.join(codes)}\n"
    if preflight.partial:
        return (
            f"{paint('green', paint('bold', 'CHECKED'))}  {names}: what was asked for holds; the rest was not checked\n"
        )
    return f"{paint('green', paint('bold', 'READY'))}  {names} could be deployed now\n"
