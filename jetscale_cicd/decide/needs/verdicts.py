"""Whether one need is met when it has to be, and why not."""

from enum import StrEnum

from jetscale_cicd.decide.needs.hooks import Deploy, Moment, Phase
from jetscale_cicd.decide.needs.inventory import Inventory, Present, Sight
from jetscale_cicd.decide.needs.made import Release, is_between, needed_at, needed_before
from jetscale_cicd.decide.needs.need import OF_THE_CORE, Need, Thing, Use
from jetscale_cicd.decide.needs.pods import DEFAULT_ACCOUNT, ROOT_CA
from jetscale_cicd.model.record import frozen

# What the Ingress controller of GKE serves (kubernetes/ingress-gce).
_GKE = "networking.gke.io"
DOCKER_TYPES = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")


class Verdict(StrEnum):
    """What became of a need."""

    MET = "met"
    MISSING = "missing"
    KEY_MISSING = "key missing"
    WRONG_TYPE = "wrong type"
    TOO_LATE = "made too late"
    GONE = "made by a hook, and removed by then"
    REMOVED = "removed by this upgrade"
    LEAVING = "being deleted"
    OPERATED = "an operator may make it"
    UNSEEN = "unseen"
    NOT_SERVED = "not served"


@frozen(kw_only=True)
class Circumstances:
    """What needs are judged by.

    Args:
        release: what it makes itself.
        inventory: what the cluster has.
        deploy: which hooks run depends on it, and whether ``crds/`` is applied.
        leaving: what the upgrade removes, because the live revision has it and this one does not (``removed_by``).
        provided: what the run itself makes before it deploys: the target's login for a registry.
        lived_without: Secrets that the live revision pulls its images with, too (``logins_of``).
    """

    release: Release
    inventory: Inventory
    deploy: Deploy
    leaving: frozenset[Thing] = frozenset()
    provided: frozenset[Thing] = frozenset()
    lived_without: frozenset[Thing] = frozenset()

    def verdict(self, need: Need) -> Verdict:
        """Whether a need is met."""
        if need.optional or not any(self.deploy.moments(need.user)):
            return Verdict.MET
        if need.use is Use.KIND:
            return self._of_kind(need)
        if is_always_there(need.thing) or need.thing in self.provided:
            return Verdict.MET
        if self.release.in_time(need, self.deploy):
            return self._of_type(need, {made.product.type for made in self.release.things[need.thing]})
        if need.unless and self.inventory.sight(need.unless) is Sight.PRESENT:
            return Verdict.MET
        return self._on_cluster(need)

    def _of_kind(self, need: Need) -> Verdict:
        kind = (need.api_version, need.thing.kind)
        makers = self.release.kinds.get(kind, ())
        moments = needed_before(need, self.deploy)
        if all(any(is_between(maker, moment, self.deploy) for maker in makers) for moment in moments):
            return Verdict.MET
        served = self.inventory.serves(*kind)
        return {Sight.PRESENT: Verdict.MET, Sight.UNSEEN: Verdict.UNSEEN, Sight.ABSENT: Verdict.NOT_SERVED}[served]

    def _on_cluster(self, need: Need) -> Verdict:
        thing, present = need.thing, self.inventory.things.get(need.thing)
        if present and not present.leaving and (_has_key(present, need.key) or self.release.adds(thing, need.key)):
            return Verdict.REMOVED if self._is_removed(need) else self._of_type(need, {present.type})
        sight = self.inventory.sight(thing)
        if self._is_served_by_legacy(need):
            return Verdict.MET
        if sight is Sight.UNSEEN or (present and present.keys is None and need.key and not present.leaving):
            return Verdict.UNSEEN
        if self.release.later(need, self.deploy):
            return Verdict.GONE if self._is_gone(need) else Verdict.TOO_LATE
        if present and present.leaving:
            return Verdict.LEAVING
        if need.key and (sight is Sight.PRESENT or self._is_made(thing)):
            return Verdict.KEY_MISSING
        if need.unless and self.inventory.sight(need.unless) is Sight.UNSEEN:
            return Verdict.UNSEEN
        return Verdict.OPERATED if self.release.operators_of(thing) else Verdict.MISSING

    def _is_served_by_legacy(self, need: Need) -> bool:
        """Whether a controller answers other Ingresses of that class, which need not be an object."""
        if need.thing.kind != "IngressClass":
            return False
        if _is_of_gke(need) and any(each.group == _GKE for each in self.inventory.resources or ()):
            return True
        classes = {route.class_name for route in self.inventory.routes if route.answered}
        return need.use in (Use.LEGACY_CLASS, Use.INGRESS_CLASS) and need.thing.name in classes

    def _is_removed(self, need: Need) -> bool:
        """Whether the upgrade removes it before it is waited for: after its hooks before, with its other objects.

        Helm leaves what says so itself (helm 3.22, pkg/kube/client.go: the annotation of the object, as it is there).
        """
        present = self.inventory.things.get(need.thing)
        if need.thing not in self.leaving or (present and present.kept):
            return False
        return any(moment.phase >= Phase.OBJECTS for moment in needed_at(need, self.deploy))

    def _is_made(self, thing: Thing) -> bool:
        return any(any(self.deploy.moments(made.by)) for made in self.release.things.get(thing, ()))

    def _is_gone(self, need: Need) -> bool:
        first = min(needed_at(need, self.deploy), default=Moment(min(Phase)))
        made = (each for made in self.release.things.get(need.thing, ()) for each in self.deploy.moments(made.by))
        return all(each < first for each in made)

    @staticmethod
    def _of_type(need: Need, types: set[str]) -> Verdict:
        known = types - {""}
        wrong = need.use is Use.PULL and known and not known.intersection(DOCKER_TYPES)
        return Verdict.WRONG_TYPE if wrong else Verdict.MET


def _is_of_gke(need: Need) -> bool:
    """Whether the controller of GKE answers it, which has no IngressClass, and does not read ``ingressClassName``."""
    return need.thing.name in ("gce", "gce-internal") if need.use is Use.LEGACY_CLASS else not need.thing.name


def is_always_there(thing: Thing) -> bool:
    """Whether Kubernetes itself makes it in every namespace."""
    return (thing.group, thing.kind, thing.name) in (
        (OF_THE_CORE, "ServiceAccount", DEFAULT_ACCOUNT),
        (OF_THE_CORE, "ConfigMap", ROOT_CA),
    )


def _has_key(present: Present, key: str) -> bool:
    return not key or (present.keys is not None and key in present.keys)
