"""The state of a target: its release, its workloads, and whether its objects are what the release says."""

from jetscale_cicd.decide.objects.first_cause import in_order_of_cause
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.ledger import Ledger
from jetscale_cicd.model.live import Deployed, LiveState
from jetscale_cicd.model.status import TargetStatus
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.drift import find_drift
from jetscale_cicd.observe.cluster.helm_release import read_revision
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes


def see_target(api: Kubernetes, target: Target, live: LiveState) -> TargetStatus:
    """What a target runs, and whether its objects are what its release says.

    Raises:
        CannotTellError: the release cannot be read.
    """
    revision = live.revision if isinstance(live, Deployed) else None
    stored = read_revision(api, target, revision.number) if revision else None
    if stored is None:
        return TargetStatus(target=target, live=live, context=api.context)
    unseen: list[str] = []
    differences = find_drift(api, target, stored, unseen)
    ledger = _ledger(api, target, stored, unseen)
    faults = in_order_of_cause(ledger.faults()) if ledger else ()
    return TargetStatus(
        target=target,
        live=live,
        context=api.context,
        differences=differences,
        unseen=tuple(unseen),
        ledger=ledger,
        fault=next(iter(faults), None),
    )


def _ledger(api: Kubernetes, target: Target, stored: StoredRelease, unseen: list[str]) -> Ledger | None:
    try:
        return ReleaseObjects.of(api, target, stored).with_history(stored).ledger()
    except ApiFailure as failed:
        unseen.append(f"the objects of the release: {failed.message}")
    except ConfigurationError:  # which the comparison of its fields reports
        pass
    return None
