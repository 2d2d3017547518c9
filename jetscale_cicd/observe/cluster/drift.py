"""Live objects compared with the manifest of their release, by a server-side apply that is not carried out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from jetscale_cicd.decide.cluster.additions import Resource
from jetscale_cicd.decide.cluster.drift import compare, find_added, without_nulls
from jetscale_cicd.decide.cluster.manifests import Key, Manifest, parse_manifests, secrets_in
from jetscale_cicd.decide.cluster.visible import Visible, public_words
from jetscale_cicd.decide.fields import text
from jetscale_cicd.decide.objects.job import is_removed_when_done
from jetscale_cicd.decide.objects.table import is_of_kubernetes
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.status import Differences, Drift, DriftKind
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

# Not helm's manager: as that one, an apply would remove what the manifest leaves out (Helm's own labels).
_MANAGER = "stage6-status"
# Of HTTP: none came, or `kubectl proxy` got none.
_NO_ANSWER = (0, 502)


@frozen
class Seen:
    """An object of a release: its manifest, what is there, if anything, and what an apply would make of that."""

    manifest: Manifest
    live: Object | None
    wanted: Object


Mark = Callable[[Manifest], str | None]


def find_drift(api: Kubernetes, target: Target, stored: StoredRelease, unseen: list[str]) -> Differences | None:
    """How the live objects differ from their release; None where its manifest cannot be read.

    Args:
        unseen: receives a line for each object that could not be compared.
    """
    return DriftReader(api, target, stored).read(unseen)


@dataclass
class DriftReader:
    """Reads how the objects of one revision differ, again and again.

    Args:
        seen: what each object was when it was read last, with its mark then.
    """

    api: Kubernetes
    target: Target
    stored: StoredRelease
    seen: dict[Key, tuple[str | None, Seen]] = field(default_factory=dict)

    def read(self, unseen: list[str], mark: Mark = lambda _: None) -> Differences | None:
        """How the live objects differ from their release; None where its manifest cannot be read.

        Args:
            unseen: receives a line for each object that could not be compared.
            mark: what changes with an object; one whose mark is as before is not read again. None where that is not
                known.
        """
        try:
            answers = each_beside(lambda manifest: self._see(manifest, mark(manifest)), self._manifests)
        except ConfigurationError as unreadable:
            unseen.append(unreadable.message)
            return None
        except ApiFailure as failed:  # it answers nothing else either, each time after as many attempts
            unseen.append(f"the objects of the release: {failed.message}")
            return None
        unseen += [each for each in answers if isinstance(each, str)]
        seen = [each for each in answers if isinstance(each, Seen)]
        # Of all objects first: what is secret in one of them may be in clear in another, in a variable of a pod, say.
        objects = (replace(each.manifest, document=each.live) for each in seen if each.live)
        redact = self.api.redact
        redact.learn(secrets_in((*self._manifests, *objects), redact.is_secret_name))
        found = [_differences(each, _kubectl(self.api, each), self._visible) for each in seen]
        return Differences(
            drift=tuple(line for each in found for line in each.drift),
            others=tuple(line for each in found for line in each.others),
        )

    def _see(self, manifest: Manifest, mark: str | None) -> Seen | str:
        """An object, or why it could not be seen.

        Raises:
            ApiFailure: the API server does not answer.
        """
        before, seen = self.seen.get(manifest.key, (None, None))
        if seen is not None and mark is not None and mark == before:
            return seen
        try:
            path = self._kinds.path(manifest, self.target.namespace)
            live = self.api.get(path)
            wanted = self.api.apply(path, without_nulls(manifest.document), _MANAGER) if live else {}
        except ApiFailure as failed:
            if failed.status in _NO_ANSWER:
                raise
            return f"{manifest.kind} {manifest.name}: {failed.message}"
        seen = Seen(manifest, live, wanted)
        self.seen[manifest.key] = mark, seen
        return seen

    @cached_property
    def _manifests(self) -> tuple[Manifest, ...]:
        where = f"{self.target.namespace}/{self.target.release} revision {self.stored.number}"
        return parse_manifests(self.stored.manifest.encode(), where)

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self.api)

    @cached_property
    def _visible(self) -> Visible:
        secrets = self.target.secrets
        return Visible(
            redact=self.api.redact,
            is_secret_name=self.api.redact.is_secret_name,
            public=public_words(self.stored.content, secrets) if secrets else None,
        )


def _differences(seen: Seen, resource: Resource, visible: Visible) -> Differences:
    manifest = seen.manifest
    if seen.live is None and is_removed_when_done(manifest):
        return Differences()
    if seen.live is None:
        gone = Drift(
            subject=f"{manifest.kind} {manifest.name}", path="", live="absent", wanted="present", kind=DriftKind.REMOVED
        )
        return Differences(drift=(gone,))
    changed = compare(seen.live, seen.wanted, visible, custom=not is_of_kubernetes(manifest.group))
    added = find_added(seen.live, without_nulls(manifest.document), resource, visible)
    return Differences(drift=(*changed, *added.drift), others=added.others)


def _kubectl(api: Kubernetes, seen: Seen) -> Resource:
    """How kubectl names an object."""
    namespace = text(seen.live, "metadata", "namespace")
    context = ("--context", api.context) if api.context else ()
    kind, group = seen.manifest.kind.lower(), seen.manifest.group
    return Resource(
        kind=f"{kind}.{group}" if group else kind,
        where=(*context, *(("--namespace", namespace) if namespace else ())),
    )
