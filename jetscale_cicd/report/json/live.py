"""What is deployed on a target."""

from jetscale_cicd.model.live import LiveState, NotDeployed, NotObserved


def live_document(live: LiveState) -> dict[str, object]:
    """Present with its record, absent, or not observed."""
    match live:
        case NotDeployed():
            return {"state": "absent"}
        case NotObserved(why=why):
            return {"state": "unknown", "why": why}
    revision = live.revision
    return {
        "state": "present",
        "version": live.version,
        "commit": live.commit or None,
        "digest": live.digest or None,
        "values": live.values_digest or None,
        "revision": revision.number if revision else None,
        "status": revision.status if revision else None,
        "description": (revision.description or None) if revision else None,
        "rollback_to": revision.rollback_to if revision else None,
        "holder": (revision.holder or None) if revision else None,
    }
