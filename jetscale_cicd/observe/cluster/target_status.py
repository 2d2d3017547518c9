"""The state of a target: its release, its workloads, and whether its objects are what the release says."""

from jetscale_cicd.decide.cluster.diagnose import diagnose
from jetscale_cicd.decide.cluster.workloads import workload_rows
from jetscale_cicd.model.diagnosis import Diagnosis, FailedAt, WorkloadRow
from jetscale_cicd.model.live import Deployed, LiveState
from jetscale_cicd.model.status import TargetStatus
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.drift import find_drift
from jetscale_cicd.observe.cluster.helm_release import read_revision
from jetscale_cicd.observe.cluster.workloads import NO_HOOKS, see_workloads
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
    drift = find_drift(api, target, stored, unseen)
    rows, fault = _health(api, target, unseen)
    return TargetStatus(
        target=target,
        live=live,
        context=api.context,
        drift=drift,
        unseen=tuple(unseen),
        workloads=rows,
        fault=fault,
    )


def _health(
    api: Kubernetes, target: Target, unseen: list[str]
) -> tuple[tuple[WorkloadRow, ...] | None, Diagnosis | None]:
    """The rollouts of the workloads, and what is wrong with those that are not complete."""
    try:
        snapshot = see_workloads(api, target, NO_HOOKS)
    except ApiFailure as failed:
        unseen.append(f"workloads: {failed.message}")
        return None, None
    rows = tuple(row for row in workload_rows(snapshot) if row.kind != "Job")
    waiting = any(not row.complete for row in rows) or any(snapshot.failed_jobs())
    return rows, diagnose(snapshot, "not ready", FailedAt.WAIT) if waiting else None
