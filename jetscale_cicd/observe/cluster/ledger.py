"""The objects of a release as a cluster has them: a list for each kind and namespace, whatever their number."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import quote

from jetscale_cicd.decide.cluster.definitions import DEFINITION, PackagedDefinition
from jetscale_cicd.decide.cluster.manifests import Manifest, parse_manifests
from jetscale_cicd.decide.cluster.revision_record import record_of
from jetscale_cicd.decide.cluster.revisions import is_rollback
from jetscale_cicd.decide.objects.history import Attempt, HookRun, left_by, leftover_rows, missed_hooks, missed_rows
from jetscale_cicd.decide.objects.job import is_removed_when_done
from jetscale_cicd.decide.objects.ledger import hook_rows, packaged_rows, release_ledger
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.decide.objects.table import has_status, place_of
from jetscale_cicd.model.ledger import Ledger
from jetscale_cicd.model.record import field, frozen, replace
from jetscale_cicd.model.revision import RevisionState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.definitions import definitions_of, seen_definitions
from jetscale_cicd.observe.cluster.helm_release import failed_revisions
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes, Object

# What shows why an object is not ready, whatever kinds the release has.
_BESIDE = {
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Event": "/api/v1/namespaces/{}/events",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
}
# Kubernetes API concepts, "The resourceVersion parameter": any that the server has cached, without a read from etcd.
_CACHED = {"resourceVersion": "0"}
# Where a kind may not be listed, so many are asked for by name.
_MOST_BY_NAME = 50
# It is synced where its Secret is there, too.
_SYNCED = ("external-secrets.io", "ExternalSecret")
_SECRETS = "/api/v1/namespaces/{}/secrets"
# The place in a snapshot, and what is there; None where this run may not see it.
Listed = tuple[str, tuple[Object, ...] | None]
Question = Callable[[], Listed]
Definitions = Callable[[], tuple[Object, ...] | None]


@frozen(kw_only=True)
class ReleaseObjects:
    """What is looked at of a release, again and again.

    Args:
        manifests: of the release, hooks aside.
        hooks: of the release.
        since: when the deploy began (RFC 3339, the server's clock).
        required: objects that a target requires, whoever makes them.
        left: objects that failed revisions had and the release has no more, by the number of the revision.
        missed: hooks that never succeeded, and that no upgrade runs.
        proven: the revision is not known to be unverified.
        definitions: those that came with the package.
        brought_back: it is a rollback, which takes no definition back.
    """

    api: Kubernetes
    kinds: Kinds
    target: Target
    manifests: tuple[Manifest, ...]
    hooks: tuple[Manifest, ...] = ()
    since: str = ""
    required: tuple[Manifest, ...] = ()
    left: Mapping[int, Sequence[Manifest]] = field(default_factory=dict)
    missed: tuple[HookRun, ...] = ()
    proven: bool = False
    definitions: tuple[PackagedDefinition, ...] = ()
    brought_back: bool = False

    @classmethod
    def of(cls, api: Kubernetes, target: Target, stored: StoredRelease, since: str = "") -> "ReleaseObjects":
        """Those of a revision.

        Raises:
            ConfigurationError: ``MANIFESTS``, its manifest cannot be read.
        """
        manifests, runs = _parsed(target, stored)
        hooks = tuple(each.manifest for each in runs)
        record = record_of(stored.revision)
        proven = record is None or record.state is not RevisionState.UNVERIFIED
        return cls(
            api=api, kinds=Kinds(api), target=target, manifests=manifests, hooks=hooks, since=since, proven=proven
        )

    @classmethod
    def none(cls, api: Kubernetes, target: Target) -> "ReleaseObjects":
        """Of a release that is not there: no object, and what is seen beside."""
        return cls(api=api, kinds=Kinds(api), target=target, manifests=())

    def with_history(self, stored: StoredRelease) -> "ReleaseObjects":
        """The same, and what revisions that failed left.

        Args:
            stored: the revision whose objects these are.

        Raises:
            CannotTellError: they cannot be read.
        """
        found = failed_revisions(self.api, self.target, stored.number)
        if not found:
            return self
        attempts = [Attempt(each.number, each.revision.first, *_parsed(self.target, each)) for each in found]
        left = left_by(attempts, (*self.manifests, *self.hooks), self.target.namespace)
        return replace(self, left=left, missed=missed_hooks(attempts, _parsed(self.target, stored)[1]))

    def with_definitions(self, stored: StoredRelease) -> "ReleaseObjects":
        """The same, and the definitions of its package, unless the target ignores those.

        Args:
            stored: the revision whose objects these are.

        Raises:
            ConfigurationError: ``MANIFESTS``, they cannot be read.
        """
        if self.target.crds == "ignore":
            return self
        return replace(self, definitions=definitions_of(self.target, stored), brought_back=is_rollback(stored.revision))

    def ledger(self, *, fresh: bool = True) -> Ledger:
        """Every object, and each hook of this deploy that is there.

        Args:
            fresh: as it is now; else as the API server has it cached, which costs it less.

        Raises:
            ApiFailure: the API server does not answer.
        """
        return self.judge(self.see(fresh=fresh))

    def judge(self, around: Snapshot) -> Ledger:
        """Every object, and each hook of this deploy that is there, by what was seen."""
        hooks = hook_rows(self.hooks, around) if self.since else missed_rows(self.missed, around)
        rows = release_ledger(self.manifests, around).rows
        required = release_ledger(self.required, around, owned=False).rows
        packaged = packaged_rows(self.definitions, around, brought_back=self.brought_back)
        moved = {(each.kind, each.name) for each in packaged}  # from the templates, and not left over
        left = (each for each in leftover_rows(self.left, around) if (each.kind, each.name) not in moved)
        return Ledger((*hooks, *packaged, *rows, *required, *left))

    def see(self, *, fresh: bool = True, definitions: Definitions | None = None) -> Snapshot:
        """Everything that its objects are judged by.

        Args:
            fresh: as it is now; else as the API server has it cached, which costs it less.
            definitions: gives those that came with the package; None reads each of them, with all of its schemas.

        Raises:
            ApiFailure: the API server does not answer.
        """
        objects: dict[str, tuple[Object, ...]] = {place_of(each.group, each.kind): () for each in self._all}
        objects |= {DEFINITION: ()} if self.definitions else {}
        unseen = set()
        for place, things in each_beside(lambda ask: ask(), self._questions({} if fresh else _CACHED, definitions)):
            if things is None:
                unseen.add(place)
            else:
                objects[place] = (*objects.get(place, ()), *things)
        return Snapshot(
            release=self.target.release,
            namespace=self.target.namespace,
            objects={place: things for place, things in objects.items() if place not in unseen},
            now=self.api.clock.now().timestamp(),
            since=self.since,
            hooks=frozenset((each.kind, each.name) for each in self.hooks),
            proven=self.proven,
        )

    def see_definitions(self) -> tuple[Object, ...] | None:
        """The definitions that came with the package, as far as they are there; None where this run may not read them.

        Raises:
            ApiFailure: the API server does not answer.
        """
        return seen_definitions(self.api, self.definitions)

    @property
    def _all(self) -> tuple[Manifest, ...]:
        left = (each for manifests in self.left.values() for each in manifests)
        hooks = self.hooks if self.since else (each.manifest for each in self.missed)
        return (*self.manifests, *self.required, *hooks, *left)

    def _questions(self, query: dict[str, str], definitions: Definitions | None) -> Iterator[Question]:
        """One for each kind and namespace; none for a kind that is not served."""
        namespace = self.target.namespace
        served = self.kinds.served(self._all)
        asked: dict[tuple[str, str], list[Manifest]] = {}
        for each in self._all:
            if resource := served.get((each.api_version, each.kind)):
                within = each.namespace or namespace if resource.namespaced else ""
                asked.setdefault((place_of(each.group, each.kind), within), []).append(each)
        if self.definitions:
            yield lambda: (DEFINITION, definitions() if definitions else self.see_definitions())
        for (place, _), those in asked.items():
            yield partial(self._ask, place, those, query)
        for place, path in _BESIDE.items():
            if (place, namespace) not in asked:
                yield partial(self._list, place, path.format(quote(namespace, safe="")), query)
        for within in {each.namespace or namespace for each in self.manifests if is_removed_when_done(each)} - {
            namespace
        }:
            yield partial(self._list, "Event", _BESIDE["Event"].format(quote(within, safe="")), query)
        synced = {each.namespace or namespace for each in self._all if (each.group, each.kind) == _SYNCED}
        for within in synced:
            if ("Secret", within) not in asked:
                yield partial(self._list, "Secret", _SECRETS.format(quote(within, safe="")), query, METADATA_ONLY)

    def _ask(self, place: str, manifests: Sequence[Manifest], query: Mapping[str, str]) -> Listed:
        """The objects of a kind that the release has, with what a list leaves out of each."""
        first = manifests[0]
        accept = "application/json" if has_status(first.group, first.kind) else METADATA_ONLY
        path = self.kinds.collection(first, self.target.namespace)
        _, listed = self._list(place, path, query, accept)
        if listed is None and len(manifests) <= _MOST_BY_NAME and all(each.name for each in manifests):
            listed = self._by_name(path, manifests)
        named = {"kind": first.kind, "apiVersion": first.api_version}
        return place, None if listed is None else tuple({**each, **named} for each in listed)

    def _list(self, place: str, path: str, query: Mapping[str, str], accept: str = "application/json") -> Listed:
        """The objects of a collection; None where this run may not list it."""
        try:
            return place, tuple(self.api.items(path, accept=accept, **query))
        except ApiFailure as failed:
            if failed.status not in (403, 404):
                raise
            return place, None if failed.status == 403 else ()

    def _by_name(self, path: str, manifests: Iterable[Manifest]) -> tuple[Object, ...] | None:
        """Those of the release, one by one: a role often names what it lets be read. None where one may not."""
        found: list[Object] = []
        for each in manifests:
            try:
                thing = self.api.get(f"{path}/{quote(each.name, safe='')}")
            except ApiFailure as failed:
                if failed.status != 403:
                    raise
                return None
            found += [thing] if thing else []
        return tuple(found)


def _parsed(target: Target, stored: StoredRelease) -> tuple[tuple[Manifest, ...], tuple[HookRun, ...]]:
    """The objects of a revision, and its hooks with how they went."""
    where = f"{target.namespace}/{target.release} revision {stored.number}"
    hooks = []
    for each in stored.hooks_as_run:
        parsed = parse_manifests(each.manifest.encode(), where)
        hooks += [HookRun(manifest=one, events=each.events, phase=each.phase) for one in parsed[:1]]
    return parse_manifests(stored.manifest.encode(), where), tuple(hooks)
