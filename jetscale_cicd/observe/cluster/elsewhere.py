"""Other namespaces of a cluster that have a release of a target's name."""

from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes, Object

_UNINSTALLED = "uninstalled"


def other_namespaces(api: Kubernetes, target: Target) -> tuple[str, ...] | None:
    """The namespaces that have one, in Helm's own storage; None where this run may not list it.

    Read are the labels that Helm gives the Secret of each revision (helm, pkg/storage/driver/secrets.go). What was
    uninstalled and kept for its history is no release.

    Raises:
        CannotTellError: the cluster does not answer.
    """
    selector = f"owner=helm,name={target.release}"
    try:
        found = api.items("/api/v1/secrets", accept=METADATA_ONLY, labelSelector=selector)
    except ApiFailure as failed:
        if failed.status == 403:
            return None
        raise cannot_tell(failed, target) from None
    newest: dict[str, tuple[int, str]] = {}
    for each in found:
        namespace, revision = each.get("metadata", {}).get("namespace", ""), _revision(each)
        newest[namespace] = max(revision, newest.get(namespace, revision))
    there = {namespace for namespace, (_, status) in newest.items() if status != _UNINSTALLED}
    return tuple(sorted(there - {"", target.namespace}))


def _revision(secret: Object) -> tuple[int, str]:
    labels = secret.get("metadata", {}).get("labels", {})
    number = str(labels.get("version", ""))
    return int(number) if number.isdecimal() else 0, str(labels.get("status", ""))
