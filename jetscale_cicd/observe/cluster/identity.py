"""Which cluster a context leads to, by what no name in a kubeconfig can change."""

from collections.abc import Mapping

from jetscale_cicd.model.cluster_identity import ClusterIdentity
from jetscale_cicd.observe.cluster.api_errors import not_read
from jetscale_cicd.tools.certificates import der_certificates, fingerprint
from jetscale_cicd.tools.kubeconfig_view import view_kubeconfig
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes
from jetscale_cicd.tools.process import Processes

_KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def read_identity(
    processes: Processes,
    env: Mapping[str, str],
    api: Kubernetes,
    context: str,
    *,
    of_address: bool = True,
    of_cluster: bool = True,
) -> ClusterIdentity:
    """The identity of the cluster of a context.

    Args:
        env: the environment that kubectl gets.
        of_address: read server and authorities, for which kubectl is started.
        of_cluster: read the UID, for which the API server is asked once.

    Raises:
        CannotTellError: ``KUBECONFIG_UNREADABLE``, or the cluster does not answer.
    """
    server, authorities = "", tuple[str, ...]()
    if of_address:
        view = view_kubeconfig(processes, env, context)
        server = view.server.rstrip("/")
        authorities = tuple(sorted(set(map(fingerprint, der_certificates(view.authority)))))
    return ClusterIdentity(server=server, authorities=authorities, uid=_uid(api) if of_cluster else None)


def _uid(api: Kubernetes) -> str | None:
    try:
        found = api.get(_KUBE_SYSTEM)
    except ApiFailure as failed:
        if failed.status == 403:
            return None
        raise not_read(failed, "namespace kube-system", "which cluster it is") from None
    uid: str | None = (found or {}).get("metadata", {}).get("uid")
    return uid
