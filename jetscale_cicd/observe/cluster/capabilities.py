"""The version and the APIs of a cluster, as helm takes them from it (``Capabilities.KubeVersion``, ``APIVersions``)."""

from collections.abc import Iterable, Iterator

from jetscale_cicd.model.capabilities import Capabilities
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

_LIST = "as=APIGroupDiscoveryList"
# Kubernetes API concepts, "Aggregated discovery": v2 from 1.30 on, v2beta1 from 1.27 on; before, one list a version.
DISCOVERY = (
    f"application/json;g=apidiscovery.k8s.io;v=v2;{_LIST},"
    f"application/json;g=apidiscovery.k8s.io;v=v2beta1;{_LIST},application/json"
)


def observe_capabilities(api: Kubernetes, target: Target) -> Capabilities:
    """What a chart is told of the cluster of a target.

    Raises:
        CannotTellError: the API server does not say.
    """
    try:
        version = str(api.request("GET", "/version").get("gitVersion", ""))
        found = [each for path in ("/api", "/apis") for each in _api_versions(api, path)]
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    return Capabilities(version, tuple(dict.fromkeys(found)))


def _api_versions(api: Kubernetes, path: str) -> Iterator[str]:
    answer = api.request("GET", path, accept=DISCOVERY)
    if answer.get("kind") == "APIGroupDiscoveryList":
        for group in answer.get("items") or ():
            name = (group.get("metadata") or {}).get("name", "")
            for version in group.get("versions") or ():
                yield from _kinds(f"{name}/{version.get('version')}".lstrip("/"), version.get("resources") or ())
        return
    groups = (each for group in answer.get("groups") or () for each in group.get("versions") or ())
    for version in answer.get("versions") or [str(each.get("groupVersion")) for each in groups]:
        try:
            listed = api.request("GET", f"{path}/{version}")
        except ApiFailure:  # one aggregated API that is down; helm takes those that answer
            continue
        yield from _kinds(version, listed.get("resources") or ())


def _kinds(version: str, resources: Iterable[Object]) -> Iterator[str]:
    """A version, and the kinds in it: those of its resources, and of their parts such as Scale."""
    yield version
    for resource in resources:
        for each in (resource, *(resource.get("subresources") or ())):
            if kind := each.get("kind") or (each.get("responseKind") or {}).get("kind"):
                yield f"{version}/{kind}"
