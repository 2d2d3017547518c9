"""The Lease that locks a release: who holds it, and until when."""

from datetime import datetime, timedelta

from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

# The server's clock is read in whole seconds, and a renewal takes a while to arrive.
MARGIN = timedelta(seconds=2)


def leases_path(target: Target) -> str:
    """Where the Leases of a target's namespace are."""
    return f"/apis/coordination.k8s.io/v1/namespaces/{target.namespace}/leases"


def lease_name(target: Target) -> str:
    """The Lease of a target's release."""
    return f"stage6-{target.release}"


def holder_of(lease: Object) -> str:
    """The holder, also of a Lease that has expired; "" where there is none."""
    return str((lease.get("spec") or {}).get("holderIdentity") or "")


def end_of(lease: Object) -> datetime | None:
    """When it ends unless it is renewed; None where its times cannot be read."""
    spec = lease.get("spec") or {}
    try:
        lasts = timedelta(seconds=int(spec["leaseDurationSeconds"]))
        return datetime.fromisoformat(spec["renewTime"]) + lasts + MARGIN
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def is_free(lease: Object, now: datetime) -> bool:
    """Whether it has no holder, or has expired; one whose times cannot be read is held."""
    end = end_of(lease)
    return not holder_of(lease) or (end is not None and now > end)


def lock_holder(api: Kubernetes, target: Target) -> str:
    """The holder of the lock of a target's release; "" where there is none, or this run may not read it."""
    try:
        lease = api.get(f"{leases_path(target)}/{lease_name(target)}")
    except ApiFailure:  # only for people; the lock itself is read again before anything is changed
        return ""
    return holder_of(lease) if lease and not is_free(lease, api.clock.now()) else ""
