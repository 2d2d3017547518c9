"""Live objects compared with the manifest of their release, by a server-side apply that is not carried out."""

from jetscale_cicd.decide.cluster.additions import Resource
from jetscale_cicd.decide.cluster.drift import compare, find_added, without_nulls
from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests, secrets_in
from jetscale_cicd.decide.fields import text
from jetscale_cicd.decide.objects.ledger import is_removed_when_done
from jetscale_cicd.decide.objects.table import is_of_kubernetes
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.status import Differences, Drift, DriftKind
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

# Not helm's manager: as that one, an apply would remove what the manifest leaves out (Helm's own labels).
_MANAGER = "stage6-status"


def find_drift(api: Kubernetes, target: Target, stored: StoredRelease, unseen: list[str]) -> Differences | None:
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
    found: list[Differences] = []
    kinds = Kinds(api)
    for manifest in manifests:
        try:
            found.append(_differences(api, kinds, target, manifest))
        except ApiFailure as failed:
            unseen.append(f"{manifest.kind} {manifest.name}: {failed.message}")
    return Differences(
        drift=tuple(line for each in found for line in each.drift),
        others=tuple(line for each in found for line in each.others),
    )


def _differences(api: Kubernetes, kinds: Kinds, target: Target, manifest: Manifest) -> Differences:
    path = kinds.path(manifest, target.namespace)
    live = api.get(path)
    if live is None and is_removed_when_done(manifest):
        return Differences()
    if live is None:
        gone = Drift(
            subject=f"{manifest.kind} {manifest.name}", path="", live="absent", wanted="present", kind=DriftKind.REMOVED
        )
        return Differences(drift=(gone,))
    both = (manifest, replace(manifest, document=live))
    api.redact.learn(secrets_in(both, api.redact.is_secret_name))  # in clear in a variable of a pod, say
    # Where values come from the environment, it is not known which field holds one of them.
    masked = bool(target.secrets)
    release = without_nulls(manifest.document)
    changed = compare(live, api.apply(path, release, _MANAGER), masked=masked)
    custom = not is_of_kubernetes(manifest.group) or manifest.kind == "CustomResourceDefinition"
    added = find_added(live, release, _kubectl(api, live, manifest), masked=masked, custom=custom)
    return Differences(drift=(*changed, *added.drift), others=added.others)


def _kubectl(api: Kubernetes, live: Object, manifest: Manifest) -> Resource:
    """How kubectl names an object."""
    namespace = text(live, "metadata", "namespace")
    context = ("--context", api.context) if api.context else ()
    kind = manifest.kind.lower()
    return Resource(
        kind=f"{kind}.{manifest.group}" if manifest.group else kind,
        where=(*context, *(("--namespace", namespace) if namespace else ())),
    )
