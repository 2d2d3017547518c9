"""Live objects compared with the manifest of their release, by a server-side apply that is not carried out."""

from collections.abc import Iterator

from jetscale_cicd.decide.cluster.drift import compare, without_nulls
from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests, secrets_in
from jetscale_cicd.decide.objects.job import is_removed_when_done
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.status import Drift
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.kinds import Kinds
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
    kinds = Kinds(api)
    for manifest in manifests:
        try:
            drift += _drift(api, kinds, target, manifest)
        except ApiFailure as failed:
            unseen.append(f"{manifest.kind} {manifest.name}: {failed.message}")
    return tuple(drift)


def _drift(api: Kubernetes, kinds: Kinds, target: Target, manifest: Manifest) -> Iterator[Drift]:
    path = kinds.path(manifest, target.namespace)
    live = api.get(path)
    if live is None and is_removed_when_done(manifest):
        return
    if live is None:
        yield Drift(subject=f"{manifest.kind} {manifest.name}", path="", live="absent", wanted="present")
        return
    both = (manifest, replace(manifest, document=live))
    api.redact.learn(secrets_in(both, api.redact.is_secret_name))  # in clear in a variable of a pod, say
    # Where values come from the environment, it is not known which field holds one of them.
    yield from compare(live, api.apply(path, without_nulls(manifest.document), _MANAGER), masked=bool(target.secrets))
