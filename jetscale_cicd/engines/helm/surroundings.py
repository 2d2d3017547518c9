"""What a run makes around a release, where its target says so: the namespace, and the Secret for pulling images."""

from jetscale_cicd.decide.cluster.deploy_record import LABEL
from jetscale_cicd.decide.cluster.pull_secret import MANAGED, foreign, is_up_to_date, pull_secret
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.namespace import namespace_terminating
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes


def make_namespace(api: Kubernetes, target: Target) -> bool:
    """Make the namespace of a target, where it is missing; whether this run made it.

    Raises:
        PreconditionError: ``NAMESPACE_FORBIDDEN`` or ``NAMESPACE_TERMINATING``.
        CannotTellError: the cluster does not answer.
    """
    path, there = "/api/v1/namespaces", None
    try:
        there = _is_there(api, target)
        if there:
            return False
        labels = {**MANAGED, f"{LABEL}/target": target.name}
        metadata = {"name": target.namespace, "labels": labels}
        api.create(path, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    except ApiFailure as failed:
        if failed.conflict:  # another run made it meanwhile
            return False
        if failed.namespace_terminating:
            raise namespace_terminating(target) from None
        if failed.status != 403:
            raise cannot_tell(failed, target) from None
        if there is None:  # the lock finds out whether it is there
            return False
        raise PreconditionError(
            "NAMESPACE_FORBIDDEN",
            f"this run may not make namespace {target.namespace}: {failed.message}",
            where=f"target {target.name}",
            hint=f"let it create namespaces, or have it made: kubectl create namespace {target.namespace}",
        ) from None
    return True


def _is_there(api: Kubernetes, target: Target) -> bool | None:
    """Whether the namespace is there; None where this run may not read it."""
    try:
        found = api.get(f"/api/v1/namespaces/{target.namespace}")
    except ApiFailure as failed:
        if failed.status == 403:
            return None
        raise
    if found and (found.get("status") or {}).get("phase") == "Terminating":
        raise namespace_terminating(target)
    return found is not None


def keep_pull_secret(api: Kubernetes, target: Target, config: bytes) -> str:
    """Make the Secret for pulling images, or bring it up to date; what was done, "" where nothing had to be.

    Raises:
        PreconditionError: ``PULL_SECRET_FOREIGN``, one of the name is of another type, or somebody else keeps it;
            ``PULL_SECRET_FORBIDDEN``.
        CannotTellError: the cluster does not answer.
    """
    if target.image_pull_secret is None:
        return ""
    name = target.image_pull_secret.name
    collection = f"/api/v1/namespaces/{target.namespace}/secrets"
    wanted = pull_secret(name, target.namespace, config)
    try:
        found = api.get(f"{collection}/{name}")
        if found is None:
            api.create(collection, wanted)
            return f"Secret {name} for pulling images is made"
        if refused := foreign(found, target):
            raise refused
        if is_up_to_date(found, config):
            return ""
        api.replace(f"{collection}/{name}", {**found, "data": wanted["data"]})
    except ApiFailure as failed:
        if failed.status != 403:
            raise cannot_tell(failed, target) from None
        raise PreconditionError(
            "PULL_SECRET_FORBIDDEN",
            f"this run may not make or change Secret {name}: {failed.message}",
            where=f"namespace {target.namespace}",
            hint="grant get, create and update of it (docs/deploy.md), or have it made, and take image_pull_secret out",
        ) from None
    return f"Secret {name} for pulling images is brought up to date"
