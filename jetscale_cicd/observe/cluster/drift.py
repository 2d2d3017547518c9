"""Live objects compared with the manifest of their release, by a server-side apply that is not carried out."""

from jetscale_cicd.decide.cluster.additions import Resource
from jetscale_cicd.decide.cluster.drift import compare, find_added, without_nulls
from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests, secrets_in
from jetscale_cicd.decide.cluster.visible import Visible, public_words
from jetscale_cicd.decide.fields import text
from jetscale_cicd.decide.objects.ledger import is_removed_when_done
from jetscale_cicd.decide.objects.table import is_of_kubernetes
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import field, frozen, replace
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
    seen: list[Seen] = []
    kinds = Kinds(api)
    for manifest in manifests:
        try:
            seen.append(_see(api, kinds, target, manifest))
        except ApiFailure as failed:
            unseen.append(f"{manifest.kind} {manifest.name}: {failed.message}")
    # Of all objects first: what is secret in one of them may be in clear in another, in a variable of a pod, say.
    objects = (*manifests, *(replace(each.manifest, document=each.live) for each in seen if each.live))
    api.redact.learn(secrets_in(objects, api.redact.is_secret_name))
    visible = Visible(
        redact=api.redact,
        is_secret_name=api.redact.is_secret_name,
        public=public_words(stored.content, target.secrets) if target.secrets else None,
    )
    found = [_differences(each, _kubectl(api, each), visible) for each in seen]
    return Differences(
        drift=tuple(line for each in found for line in each.drift),
        others=tuple(line for each in found for line in each.others),
    )


@frozen
class Seen:
    """An object of a release: its manifest, what is there, if anything, and what an apply would make of that."""

    manifest: Manifest
    live: Object | None
    wanted: Object = field(default_factory=dict)


def _see(api: Kubernetes, kinds: Kinds, target: Target, manifest: Manifest) -> Seen:
    path = kinds.path(manifest, target.namespace)
    live = api.get(path)
    return Seen(manifest, live, api.apply(path, without_nulls(manifest.document), _MANAGER) if live else {})


def _differences(seen: Seen, resource: Resource, visible: Visible) -> Differences:
    manifest = seen.manifest
    if seen.live is None and is_removed_when_done(manifest):
        return Differences()
    if seen.live is None:
        gone = Drift(
            subject=f"{manifest.kind} {manifest.name}", path="", live="absent", wanted="present", kind=DriftKind.REMOVED
        )
        return Differences(drift=(gone,))
    custom = not is_of_kubernetes(manifest.group) or manifest.kind == "CustomResourceDefinition"
    added = find_added(seen.live, without_nulls(manifest.document), resource, visible, custom=custom)
    return Differences(drift=(*compare(seen.live, seen.wanted, visible), *added.drift), others=added.others)


def _kubectl(api: Kubernetes, seen: Seen) -> Resource:
    """How kubectl names an object."""
    namespace = text(seen.live, "metadata", "namespace")
    context = ("--context", api.context) if api.context else ()
    kind, group = seen.manifest.kind.lower(), seen.manifest.group
    return Resource(
        kind=f"{kind}.{group}" if group else kind,
        where=(*context, *(("--namespace", namespace) if namespace else ())),
    )
