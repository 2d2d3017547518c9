"""Whether the namespace of a deploy exists; checked before anything is published."""

from typing import Protocol

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes


class Surroundings(Protocol):
    """What the check needs from the context."""

    def kubernetes(self, target: Target, /) -> "Kubernetes | NotObserved": ...


def missing_namespace(context: Surroundings, plan: Plan) -> PreconditionError | None:
    """Why a plan could only fail; None where all its namespaces exist, or may not be read.

    Raises:
        CannotTellError: the cluster does not answer.
    """
    for decided in plan.targets:
        target = decided.target
        api = (
            context.kubernetes(target) if target.engine == "helm" and decided.decision is not Decision.NOTHING else None
        )
        if isinstance(api, Kubernetes) and (unmet := _unmet(api, target)):
            return unmet
    return None


def _unmet(api: Kubernetes, target: Target) -> PreconditionError | None:
    try:
        found = api.get(f"/api/v1/namespaces/{target.namespace}")
    except ApiFailure as failed:
        if failed.status == 403:  # a run without that right finds out when it takes the lock
            return None
        raise cannot_tell(failed, target) from None
    if found is None:
        return namespace_missing(target)
    terminating = (found.get("status") or {}).get("phase") == "Terminating"
    return namespace_terminating(target) if terminating else None


def namespace_terminating(target: Target) -> PreconditionError:
    """The error for a namespace that is being deleted."""
    return PreconditionError(
        "NAMESPACE_TERMINATING",
        f"namespace {target.namespace} is being deleted",
        where=f"target {target.name}",
        hint=f"what delays that? kubectl describe namespace {target.namespace}; once it is deleted, create it again",
    )


def namespace_missing(target: Target) -> PreconditionError:
    """The error for a namespace that does not exist."""
    return PreconditionError(
        "NAMESPACE_MISSING",
        f"there is no namespace {target.namespace} on this cluster",
        where=f"target {target.name}",
        hint=f"is this the right context? Otherwise: kubectl create namespace {target.namespace}",
    )
