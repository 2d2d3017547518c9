"""The namespace of a target: there, missing, or being deleted."""

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes


def check_namespace(api: Kubernetes, target: Target) -> bool:
    """Refuse a target whose namespace does not exist, or is being deleted; False where this run may not read it.

    Raises:
        PreconditionError: ``NAMESPACE_MISSING`` or ``NAMESPACE_TERMINATING``.
        CannotTellError: the cluster does not answer.
    """
    try:
        found = api.get(f"/api/v1/namespaces/{target.namespace}")
    except ApiFailure as failed:
        if failed.status == 403:  # the lock step reports a missing namespace, too
            return False
        raise cannot_tell(failed, target) from None
    if found is None:
        raise namespace_missing(target)
    if (found.get("status") or {}).get("phase") == "Terminating":
        raise namespace_terminating(target)
    return True


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
