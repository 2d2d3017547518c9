"""Explained paths."""

from collections.abc import Iterable

from jetscale_cicd.model.plan import Reason
from jetscale_cicd.report.json.encode import SCHEMA
from jetscale_cicd.report.json.plan import reason_document


def explanation_document(reasons: Iterable[Reason]) -> dict[str, object]:
    """Every scope that each path belongs to."""
    return {"schema": SCHEMA, "paths": [reason_document(reason) | {"counts": reason.counts} for reason in reasons]}
