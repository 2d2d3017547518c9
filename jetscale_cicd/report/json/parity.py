"""Two targets compared."""

from jetscale_cicd.model.parity import Difference, Parity, Side
from jetscale_cicd.report.json.encode import SCHEMA
from jetscale_cicd.report.json.error import error_document


def parity_document(parity: Parity) -> dict[str, object]:
    """Every difference, those that are allowed included."""
    return {
        "schema": SCHEMA,
        "head": parity.head,
        "one": parity.one,
        "other": parity.other,
        "unexpected": len(parity.unexpected),
        "differences": [_difference(each) for each in parity.differences],
        "stale": list(parity.stale),
        "notes": list(parity.notes),
        "unknown": error_document(parity.unknown) if parity.unknown else None,
        "error": error_document(parity.error) if parity.error else None,
    }


def _difference(each: Difference) -> dict[str, object]:
    return {
        "id": each.id,
        "kind": str(each.kind),
        "subject": each.subject,
        "one": _side(each.one),
        "other": _side(each.other),
        "cause": str(each.cause) if each.cause else None,
        "allowed": each.reason or None,
    }


def _side(side: Side | None) -> dict[str, object] | None:
    return {"has": side.has, "where": side.where or None} if side else None
