"""A rollback."""

from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.report.json.encode import SCHEMA
from jetscale_cicd.report.json.live import live_document


def rollback_document(rollback: Rollback) -> dict[str, object]:
    """What was deployed, and what is deployed now."""
    target = rollback.target
    return {
        "schema": SCHEMA,
        "target": target.name,
        "namespace": target.namespace,
        "release": target.release,
        "to": rollback.to,
        "before": live_document(rollback.before),
        "live": live_document(rollback.after),
        "verified": rollback.verified,
    }
