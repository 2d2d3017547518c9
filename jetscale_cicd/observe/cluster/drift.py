"""Live objects compared with the manifest of their release, by a server-side apply that is not carried out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from jetscale_cicd.decide.cluster.drift import compare, without_nulls
from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests, secrets_in
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.status import Drift
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

# Not helm's manager: as that one, an apply would remove what the manifest leaves out (Helm's own labels).
_MANAGER = "stage6-status"


def find_drift(api: Kubernetes, target: Target, stored: StoredRelease, unseen: list[str]) -> tuple[Drift, ...] | None:
    """How the live objects differ from their release; None where its manifest cannot be read.

    Args:
        unseen: receives a line for each object that could not be compared.
    """
    try:
        manifests = parse_manifests(
            stored.manifest.encode(), f"{target.namespace}/{target.release} revision {stored.number}"
        )
    except ConfigurationError as unreadable:
        unseen.append(unreadable.message)
        return None
    drift: list[Drift] = []
    kinds = _Kinds(api)
    for manifest in manifests:
        try:
            drift += _drift(api, kinds, target, manifest)
        except ApiFailure as failed:
            unseen.append(f"{manifest.kind} {manifest.name}: {failed.message}")
    return tuple(drift)


def _drift(api: Kubernetes, kinds: "_Kinds", target: Target, manifest: Manifest) -> Iterator[Drift]:
    path = kinds.path(manifest, target.namespace)
    live = api.get(path)
    if live is None:
        yield Drift(subject=f"{manifest.kind} {manifest.name}", path="", live="absent", wanted="present")
        return
    both = (manifest, replace(manifest, document=live))
    api.redact.learn(secrets_in(both, api.redact.is_secret_name))  # in clear in a variable of a pod, say
    # Where values come from the environment, it is not known which field holds one of them.
    yield from compare(live, api.apply(path, without_nulls(manifest.document), _MANAGER), masked=bool(target.secrets))


@dataclass
class _Kinds:
    """The paths of kinds, as the API server lists them."""

    api: Kubernetes
    known: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)

    def path(self, manifest: Manifest, namespace: str) -> str:
        """Path of an object.

        Raises:
            ApiFailure: the server does not serve its kind, or the list cannot be read.
        """
        version = manifest.api_version
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self.known:
            served = self.api.request("GET", base).get("resources") or []
            self.known[version] = {
                each["kind"]: (each["name"], bool(each["namespaced"])) for each in served if "/" not in each["name"]
            }
        if manifest.kind not in self.known[version]:
            raise ApiFailure(404, f"the cluster serves no {manifest.kind} of {version}")
        plural, namespaced = self.known[version][manifest.kind]
        within = f"/namespaces/{manifest.namespace or namespace}" if namespaced else ""
        return f"{base}{within}/{plural}/{quote(manifest.name, safe='')}"
