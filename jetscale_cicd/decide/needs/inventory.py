"""What a cluster has of what a release needs, as far as it was let be seen. No value of a Secret is in it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.routes import Route
from jetscale_cicd.model.record import field, frozen


class Sight(StrEnum):
    """Whether something is on the cluster; what this run may not see is never absent."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSEEN = "unseen"


class Resource(NamedTuple):
    """A kind as the API server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """ "" is the core."""
        return self.api_version.rpartition("/")[0]


class Place(NamedTuple):
    """The objects of one kind in one namespace; "" is the cluster."""

    group: str
    kind: str
    namespace: str


# A claim of a class that only volumes of people are of needs no StorageClass: both lists together show what there is.
STORAGE, VOLUMES = Place("storage.k8s.io", "StorageClass", ""), Place("", "PersistentVolume", "")


@frozen(kw_only=True)
class Present:
    """One object on the cluster.

    Args:
        keys: of a Secret or a ConfigMap, and whether each is empty; None where they were not read.
        type: of a Secret.
        helm: whether its label says that Helm manages it.
        release: name and namespace of the release that Helm's annotations name; "" where there is none.
        controller: the object that owns it, as ``Kind name``; "" where there is none.
        hook: whether it was made as a hook of some release.
        kept: whether Helm leaves it where it is once its release has it no more.
        leaving: whether it is being deleted.
    """

    keys: Mapping[str, bool] | None = field(default=None, hash=False)
    type: str = ""
    helm: bool = False
    release: tuple[str, str] = ("", "")
    controller: str = ""
    hook: bool = False
    kept: bool = False
    leaving: bool = False


@frozen(kw_only=True)
class Inventory:
    """What was seen of a cluster.

    Args:
        resources: every kind that it serves; None where it did not say.
        unlisted: API versions of which it did not say the kinds.
        things: what is there, the default of a kind also under the name "".
        listed: of these, whatever is not in ``things`` is not there.
        absent: asked for by name, and not there.
        why_unseen: what the API server answered, by what was asked.
        new_namespaces: that do not exist yet, so that nothing is in them.
        routes: of the Ingresses and HTTPRoutes on the cluster.
        routes_of: the kinds and namespaces whose routes were seen; the namespace "" stands for all.
    """

    resources: tuple[Resource, ...] | None = None
    unlisted: frozenset[str] = frozenset()
    things: Mapping[Thing, Present] = field(default_factory=dict, hash=False)
    listed: frozenset[Place] = frozenset()
    absent: frozenset[Thing] = frozenset()
    why_unseen: Mapping[Place, str] = field(default_factory=dict, hash=False)
    new_namespaces: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    routes_of: frozenset[Place] = frozenset()

    def sight(self, thing: Thing) -> Sight:
        """Whether something is there."""
        if thing in self.things:
            return Sight.PRESENT
        place = Place(thing.group, thing.kind, thing.namespace)
        listed = place in self.listed and (place != STORAGE or not thing.name or VOLUMES in self.listed)
        absent = thing in self.absent or listed or thing.namespace in self.new_namespaces
        return Sight.ABSENT if absent or self._is_not_served(thing) else Sight.UNSEEN

    def _is_not_served(self, thing: Thing) -> bool:
        if self.resources is None or any(each.rpartition("/")[0] == thing.group for each in self.unlisted):
            return False
        return self.resource(thing) is None

    def serves(self, api_version: str, kind: str) -> Sight:
        """Whether the cluster serves a kind in a version."""
        if any((each.api_version, each.kind) == (api_version, kind) for each in self.resources or ()):
            return Sight.PRESENT
        return Sight.UNSEEN if self.resources is None or api_version in self.unlisted else Sight.ABSENT

    def resource(self, thing: Thing) -> Resource | None:
        """The kind of a thing in the version that the cluster prefers; None where it serves none, or did not say."""
        found = (each for each in self.resources or () if (each.group, each.kind) == (thing.group, thing.kind))
        return next(found, None)

    def located(self, thing: Thing) -> Thing:
        """The same thing, without a namespace where its kind has none."""
        resource = self.resource(thing)
        return thing._replace(namespace="") if resource and not resource.namespaced else thing

    def names(self, thing: Thing) -> tuple[str, ...]:
        """Names of what is there of the kind, in the namespace, of a thing."""
        return tuple(sorted(each.name for each in self.things if each[:3] == thing[:3] and each.name))
