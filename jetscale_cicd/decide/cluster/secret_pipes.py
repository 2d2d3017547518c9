"""What is seen of the pipes through which a namespace gets its secrets, and whether the operator works."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from jetscale_cicd.decide.cluster.external_secrets import SyncState, sync_state
from jetscale_cicd.decide.cluster.operator_events import events_by_object, signs_of_life
from jetscale_cicd.decide.fields import Object, named, text, whole
from jetscale_cicd.model.record import field, frozen

GROUP = "external-secrets.io"
STORE_KINDS = ("SecretStore", "ClusterSecretStore")
# The operator validates a store every five minutes, unless it is told otherwise.
_RECENT = 900.0


@frozen(kw_only=True)
class Pipes:
    """What a cluster shows of External Secrets Operator and of what it does for a namespace.

    Of what this run may not list, None is seen, which is not nothing.

    Args:
        namespace: the target's.
        now: of the server's clock, in seconds since 1970.
        served: versions of the API ``external-secrets.io``.
        readable: whether a version of it is served that can be read here.
        external_secrets: of the namespace.
        stores: of each kind.
        events: about all of these, as far as this run may list them.
        secrets: names of the Secrets of the namespace.
        operators: Deployments of the operator, of all namespaces.
    """

    namespace: str
    now: float
    served: tuple[str, ...] = ()
    readable: bool = True
    external_secrets: tuple[Object, ...] | None = field(default=(), repr=False)
    stores: Mapping[str, tuple[Object, ...] | None] = field(default_factory=dict, repr=False)
    events: tuple[Object, ...] = field(default=(), repr=False)
    secrets: frozenset[str] | None = frozenset()
    operators: tuple[Object, ...] | None = field(default=(), repr=False)

    def external_secret(self, name: str) -> Object | None:
        """An ExternalSecret that was seen."""
        return self._by_name.get(name)

    def state(self, thing: Object) -> SyncState:
        """What an ExternalSecret is."""
        return sync_state(thing, self.about(thing), self.secrets, self.now)

    def about(self, thing: Object) -> tuple[Object, ...]:
        """Events about an object."""
        return self._by_object.get(text(thing, "metadata", "uid"), ())

    @cached_property
    def _by_name(self) -> dict[str, Object]:
        return {text(each, "metadata", "name"): each for each in self.external_secrets or ()}

    @cached_property
    def _by_object(self) -> dict[str, tuple[Object, ...]]:
        return events_by_object(self.events)

    def store(self, kind: str, name: str) -> Object | None:
        """A store that was seen."""
        return named(self.stores.get(kind) or (), name)

    @property
    def last_sign(self) -> float:
        """When the operator is known to have worked last, in seconds since 1970; 0 where nothing shows it."""
        stores = (each for kind in self.stores.values() for each in kind or ())
        return signs_of_life(self.events, (*(self.external_secrets or ()), *stores))

    @property
    def proven(self) -> bool:
        """Whether something shows that the operator works."""
        return any(map(available, self.operators or ())) or self._acted_recently

    @property
    def _acted_recently(self) -> bool:
        return self.last_sign >= self.now - _RECENT

    def stopped(self, names: Iterable[str]) -> str:
        """Why the operator does not work; "" where it does, as far as can be seen.

        What is overdue proves it where the operator did nothing at all since then: one that works and leaves out one
        object has another trouble.

        Args:
            names: the ExternalSecrets that it should deal with; others may be of an operator that is gone.
        """
        running = [each for each in self.operators or () if available(each)]
        if self.operators and not running:
            return f"{_places(self.operators)}: no pod of it is available"
        things = filter(None, map(self.external_secret, names))
        due = [state.due for state in map(self.state, things) if state.due is not None]
        if not due or self.last_sign > max(due) or (running and self._acted_recently):
            return ""
        though = f", though {_places(running)} has available pods" if running else ""
        return f"{len(due)} of the required ExternalSecrets are overdue, and it did nothing since{though}"


def available(deployment: Object) -> bool:
    """Whether a Deployment has a pod that is available; one that is scaled to 0 has the condition, too."""
    return (whole(deployment, "status", "availableReplicas") or 0) > 0


def _places(deployments: Iterable[Object]) -> str:
    names = (f"{text(each, 'metadata', 'namespace')}/{text(each, 'metadata', 'name')}" for each in deployments)
    return f"Deployment {', '.join(names)}"
