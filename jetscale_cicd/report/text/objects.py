"""The objects of a release, as lines: what is as it is to be folds to counts, so that all of it fits a screen."""

from collections.abc import Iterable

from jetscale_cicd.model.ledger import Ledger, LedgerRow, ObjectState
from jetscale_cicd.report.text.phrases import SHOWN, more

# Objects that are named in one line.
_NAMED = 4
_REMOVED_BY = (
    "what is left over: the next deploy removes it with prune: true, but for what holds data; or kubectl delete"
)


def object_lines(ledger: Ledger) -> list[str]:
    """What is not as it is to be, then how much is, then what is to be known of that."""
    waiting = _folded(ledger.waiting)
    known = _folded(row for row in ledger.rows if row.state.is_green and row.reason)
    left = any(row.state is ObjectState.LEFT_OVER for row in ledger.rows)
    return [
        *(*waiting[:SHOWN], *more(len(waiting))),
        *([_REMOVED_BY] if left else []),
        *_counts(ledger),
        *(*known[:SHOWN], *more(len(known))),
    ]


def _counts(ledger: Ledger) -> list[str]:
    workloads = [row for row in ledger.rows if row.pods is not None]
    others = [row for row in ledger.rows if row.pods is None]
    counts = (_count(workloads, "workload", "ready"), _count(others, "other object", "in place"))
    return ["; ".join(filter(None, counts))] if workloads or others else []


def _count(rows: list[LedgerRow], what: str, state: str) -> str:
    green = sum(row.state.is_green for row in rows)
    of = "" if green == len(rows) else f" of {len(rows):,}"
    return f"{green:,}{of} {what}{'' if len(rows) == 1 else 's'} {state}" if rows else ""


def _folded(rows: Iterable[LedgerRow]) -> list[str]:
    """A line for each row; for those of which the same is to be said, one."""
    same: dict[object, list[LedgerRow]] = {}
    for row in rows:
        same.setdefault(row if row.pods or row.note else (row.state, row.reason), []).append(row)
    return [_line(group) for group in same.values()]


def _line(group: list[LedgerRow]) -> str:
    if len(group) == 1:
        return group[0].line
    rest = f" and {len(group) - _NAMED:,} more" if len(group) > _NAMED else ""
    names = ", ".join(row.subject for row in group[:_NAMED])
    return f"{names}{rest}: {group[0].reason or group[0].state}"
