"""Where a repository stands: what is released, what is published, what is live, what the next run would do."""

from dataclasses import dataclass

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.diagnosis import Diagnosis, WorkloadRow
from jetscale_cicd.model.live import LiveState
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.release import RegistryAnswer
from jetscale_cicd.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One place where a live object is not what its release says.

    Args:
        subject: kind and name of the object.
        path: of the field, dotted; "" where the object itself is gone.
        live, wanted: what is there and what the release says, as JSON; masked where they may be secret.
    """

    subject: str
    path: str
    live: str
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStatus:
    """What a target runs.

    Args:
        live: by the record of its release.
        context: of the kubeconfig, where a cluster was looked at.
        drift: how its objects differ from that release; None where nobody looked.
        unseen: why something could not be looked at, a line each.
        workloads: how far each of them is; None where nobody looked.
        fault: what keeps those from being ready that are not.
    """

    target: Target
    live: LiveState
    context: str = ""
    drift: tuple[Drift, ...] | None = None
    unseen: tuple[str, ...] = ()
    workloads: tuple[WorkloadRow, ...] | None = None
    fault: Diagnosis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """At a glance.

    Args:
        plan: of the next run.
        reference: where the latest release is published.
        published: the registry's answer for it, None where there is no release.
        targets: what each of them runs.
        blocker: why the next run would refuse.
    """

    plan: Plan
    reference: str = ""
    published: RegistryAnswer | None = None
    targets: tuple[TargetStatus, ...] = ()
    blocker: Stage6Error | None = None
