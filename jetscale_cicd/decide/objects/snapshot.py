"""Objects of one release as Kubernetes shows them at one moment, and how they belong together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from jetscale_cicd.decide.cluster.helm_marks import HOOK, RELEASE_NAME, RELEASE_NAMESPACE
from jetscale_cicd.decide.cluster.operator_events import without_values
from jetscale_cicd.decide.cluster.secret_pipes import GROUP
from jetscale_cicd.decide.fields import Object, annotation, condition_of, part, parts, text, whole
from jetscale_cicd.model.record import field, frozen

_REVISION = "deployment.kubernetes.io/revision"
_LONGEST_EVENT = 300


@frozen(kw_only=True)
class Snapshot:
    """What a cluster has at one moment, as far as one release is concerned.

    Args:
        release, namespace: of the Helm release.
        objects: kind to the objects of that kind; a kind that this run may not list has no entry.
        now: the server's clock, in seconds since 1970.
        since: when the deploy began (RFC 3339, the server's clock): older hooks are of another deploy.
        hooks: kind and name of the release's hooks; None takes every hook of the namespace for one.
        proven: the release was verified before, so what is rightly gone since then needs no proof.
    """

    release: str
    namespace: str
    objects: Mapping[str, tuple[Object, ...]] = field(default_factory=dict, repr=False)
    now: float = 0.0
    since: str = ""
    hooks: frozenset[tuple[str, str]] | None = None
    proven: bool = False

    def of(self, kind: str) -> tuple[Object, ...]:
        """All objects of a kind."""
        return self.objects.get(kind, ())

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object by its name.

        Args:
            namespace: where it is; "" is that of the release, and of a kind without namespaces the cluster.
        """
        found = self._by_name[kind].get((namespace or self.namespace, name))
        return found or self._by_name[kind].get(("", name))

    def is_ours(self, thing: Object) -> bool:
        """Whether Helm's annotations name this release."""
        names = annotation(thing, RELEASE_NAME), annotation(thing, RELEASE_NAMESPACE)
        return names[0] == self.release and names[1] in ("", self.namespace)

    def is_hook(self, kind: str, thing: Object) -> bool:
        """Whether an object is a hook of this deploy; the object itself does not name its release."""
        ours = self.hooks is None or (kind, name_of(thing)) in self.hooks
        return ours and bool(annotation(thing, HOOK)) and born(thing) >= self.since

    def owned_by(self, owner: Object, kind: str) -> tuple[Object, ...]:
        """The objects of a kind that an object owns."""
        uid = text(owner, "metadata", "uid")
        return tuple(self._by_owner[kind].get(uid, ())) if uid else ()

    def newest_set(self, deployment: Object) -> Object | None:
        """The newest ReplicaSet of a Deployment."""
        return max(self.owned_by(deployment, "ReplicaSet"), key=_revision, default=None)

    def pods_of(self, kind: str, workload: Object) -> tuple[Object, ...]:
        """Pods of a workload that are not being deleted; of a Deployment those of its newest ReplicaSet."""
        if kind == "Pod":
            return (workload,)
        owner = self.newest_set(workload) if kind == "Deployment" else workload
        return tuple(pod for pod in self.owned_by(owner, "Pod") if not is_leaving(pod)) if owner else ()

    def events_of(self, *objects: Object) -> tuple[Object, ...]:
        """Events about these objects, newest last."""
        uids = dict.fromkeys(text(each, "metadata", "uid") for each in objects)
        return tuple(sorted((event for uid in uids for event in self._by_subject.get(uid, ())), key=_when))

    def events_about(self, kind: str, name: str, namespace: str) -> tuple[Object, ...]:
        """Events about every object that had this name, also those that are gone, newest last."""
        wanted = {"kind": kind, "name": name, "namespace": namespace}
        events = (each for each in self.of("Event") if wanted.items() <= part(each, "involvedObject").items())
        return tuple(sorted(events, key=_when))

    @cached_property
    def _by_name(self) -> Mapping[str, Mapping[tuple[str, str], Object]]:
        found: dict[str, dict[tuple[str, str], Object]] = defaultdict(dict)
        for kind, things in self.objects.items():
            found[kind] = {(text(each, "metadata", "namespace"), name_of(each)): each for each in things}
        return found

    @cached_property
    def _by_owner(self) -> Mapping[str, Mapping[str, list[Object]]]:
        found: dict[str, dict[str, list[Object]]] = defaultdict(lambda: defaultdict(list))
        for kind, things in self.objects.items():
            for each in things:
                for owner in parts(each, "metadata", "ownerReferences"):
                    found[kind][text(owner, "uid")].append(each)
        return found

    @cached_property
    def _by_subject(self) -> Mapping[str, list[Object]]:
        found: dict[str, list[Object]] = defaultdict(list)
        for event in self.of("Event"):
            if uid := text(event, "involvedObject", "uid"):
                found[uid].append(event)
        return found


def name_of(thing: Object) -> str:
    """The name of an object."""
    return text(thing, "metadata", "name")


def born(thing: Object) -> str:
    """When an object was made, RFC 3339, by the server's clock."""
    return text(thing, "metadata", "creationTimestamp")


def is_leaving(thing: Object) -> bool:
    """Whether an object is being deleted."""
    return bool(text(thing, "metadata", "deletionTimestamp"))


def condition(thing: object, kind: str) -> str:
    """``True``, ``False`` or ``Unknown``, as an object's status has it; "" where it has none of that kind."""
    return text(condition_of(thing, kind), "status")


def count(thing: object, *path: str, default: int = 0) -> int:
    """A number of an object; the API leaves a zero out."""
    found = whole(thing, *path)
    return default if found is None else found


def is_observed(thing: Object, *, says: bool = True) -> bool:
    """Whether the controller has dealt with the newest generation of an object.

    Args:
        says: every controller of its kind says so; otherwise one that says nothing is taken to have dealt with it.
    """
    observed = whole(thing, "status", "observedGeneration")
    return (observed is None and not says) or (observed or 0) >= count(thing, "metadata", "generation")


def event_line(event: Object) -> str:
    """An event on one line."""
    times = count(event, "count") or count(event, "series", "count", default=1)
    again = f" ({times} times)" if times > 1 else ""
    return f"{text(event, 'type')} {text(event, 'reason')}: {event_message(event)}{again}"


def event_message(event: Object) -> str:
    """What an event says, on one line; of External Secrets Operator without what it read in a vault."""
    message = " ".join(text(event, "message").split())
    is_of_vault = GROUP in text(event, "involvedObject", "apiVersion")
    return (without_values(message) if is_of_vault else message)[:_LONGEST_EVENT]


def event_lines(events: Iterable[Object], most: int = 5) -> tuple[str, ...]:
    """The newest events, a line each, newest last."""
    return tuple(map(event_line, tuple(events)[-most:]))


def warnings(events: Iterable[Object], *reasons: str) -> Iterator[Object]:
    """Events that warn, of these reasons where some are given."""
    for event in events:
        if text(event, "type") == "Warning" and (not reasons or text(event, "reason") in reasons):
            yield event


def _revision(replica_set: Object) -> int:
    number = annotation(replica_set, _REVISION)
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 12 else 0


def _when(event: Object) -> str:
    return (
        text(event, "series", "lastObservedTime")
        or text(event, "lastTimestamp")
        or text(event, "eventTime")
        or born(event)
    )
