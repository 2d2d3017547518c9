"""The pipes through which a namespace gets its secrets: what External Secrets Operator has, and what it did."""

from jetscale_cicd.decide.cluster.secret_pipes import STORE_KINDS, Pipes
from jetscale_cicd.decide.fields import parts, text
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes, Object

_API = "/apis/external-secrets.io"
# Of these two the fields that are read are the same, the newer first.
_VERSIONS = ("v1", "v1beta1")
# The label of its chart; its webhook and its certificate controller have names of their own.
_OPERATOR = "app.kubernetes.io/name=external-secrets"
# Events about an object without a namespace are here.
_NOWHERE = "default"


def read_pipes(api: Kubernetes, target: Target) -> Pipes:
    """What a cluster shows of them, in as many calls whatever the number of objects; secrets by their names alone.

    Raises:
        CannotTellError: the cluster does not answer.
    """
    try:
        return _read(api, target.namespace)
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None


def _read(api: Kubernetes, namespace: str) -> Pipes:
    group = api.get(_API) or {}
    served = tuple(text(each, "version") for each in parts(group, "versions"))
    version = next((each for each in _VERSIONS if each in served), "")
    kinds = parts(api.get(f"{_API}/{version}"), "resources") if version else ()
    if not any(text(each, "name") == "externalsecrets" for each in kinds):
        return Pipes(namespace=namespace, now=api.clock.now().timestamp(), served=served, readable=False)
    within = f"{_API}/{version}/namespaces/{namespace}"
    wanted = _list(api, f"{within}/externalsecrets")
    stores = {
        "SecretStore": _list(api, f"{within}/secretstores"),
        "ClusterSecretStore": _list(api, f"{_API}/{version}/clustersecretstores"),
    }
    events = [_events(api, namespace, "ExternalSecret")]
    events += (_events(api, namespace if kind == "SecretStore" else _NOWHERE, kind) for kind in STORE_KINDS)
    secrets = _list(api, f"/api/v1/namespaces/{namespace}/secrets", accept=METADATA_ONLY)
    return Pipes(
        namespace=namespace,
        now=api.clock.now().timestamp(),
        served=served,
        external_secrets=wanted,
        stores=stores,
        events=tuple(event for each in events for event in each),
        secrets=None if secrets is None else frozenset(text(each, "metadata", "name") for each in secrets),
        operators=_list(api, "/apis/apps/v1/deployments", labelSelector=_OPERATOR),
    )


def _events(api: Kubernetes, namespace: str, kind: str) -> tuple[Object, ...]:
    """Events about objects of a kind; without the right to list them, a cause is told by the conditions alone."""
    return _list(api, f"/api/v1/namespaces/{namespace}/events", fieldSelector=f"involvedObject.kind={kind}") or ()


def _list(
    api: Kubernetes, path: str, *, accept: str = "application/json", **query: str | int
) -> tuple[Object, ...] | None:
    """All objects of a collection; none where its kind is not served, None where this run may not list it."""
    try:
        return tuple(api.items(path, accept=accept, **query))
    except ApiFailure as failed:
        if failed.status not in (403, 404):
            raise
        return None if failed.status == 403 else ()
