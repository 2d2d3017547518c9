"""When Helm makes an object of a release, and when it removes it again.

Helm's order (helm 3.22, pkg/action): ``crds/`` of a first install; hooks before, by weight, name and kind, each done
before the next one begins; the objects of the release; where it waits, until they are ready; hooks after. What a hook
with ``hook-succeeded`` made is there until the last hook of its event is done.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from jetscale_cicd.decide.cluster.helm_marks import HOOK_WEIGHT, SUCCEEDED
from jetscale_cicd.decide.cluster.manifests import Manifest, is_of_crds
from jetscale_cicd.decide.fields import annotation, part
from jetscale_cicd.decide.needs.need import User

_WAITED_FOR = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod")
# The order of kinds, for hooks of one weight and name (helm 3.22, pkg/releaseutil/kind_sorter.go); any other is last.
_KINDS = (
    *("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy"),
    *("PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume"),
    *("PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding"),
    *("ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod"),
    *("ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob"),
    *("IngressClass", "Ingress", "APIService"),
)
_RANKS = {kind: rank for rank, kind in enumerate(_KINDS)}
_DONE = ("Job", "Pod")  # as hooks; any other kind Helm creates and goes on


class Phase(IntEnum):
    """The parts of a deploy, in their order."""

    CRDS = 0
    BEFORE = 1
    OBJECTS = 2
    AFTER = 3
    TESTS = 4


class Moment(NamedTuple):
    """When an object is made; those of one moment are made together."""

    phase: Phase
    weight: int = 0
    name: str = ""
    rank: int = 0
    kind: str = ""


class Deploy(NamedTuple):
    """What is to be done: which hooks run depends on it.

    Args:
        install: whether it is the first revision.
        tests: whether the chart's tests run at its end.
        definitions: whether the run applies ``crds/`` before helm, which leaves them out of upgrades.
    """

    install: bool
    tests: bool = False
    definitions: bool = False

    def moments(self, user: User) -> Iterator[Moment]:
        """When an object is made; none where it is not made in this deploy."""
        if is_of_crds(user.template):
            if self.install or (self.definitions and user.kind == "CustomResourceDefinition"):
                yield Moment(Phase.CRDS)
            return
        if not user.events:
            yield Moment(Phase.OBJECTS)
            return
        for event in user.events:
            if (phase := self._phases.get(event)) is not None:
                yield Moment(phase, user.weight, user.name, _RANKS.get(user.kind, len(_RANKS)), user.kind)

    @property
    def _phases(self) -> dict[str, Phase]:
        kind = "install" if self.install else "upgrade"
        tests = dict.fromkeys(("test", "test-success"), Phase.TESTS) if self.tests else {}
        return {f"pre-{kind}": Phase.BEFORE, f"post-{kind}": Phase.AFTER, **tests}


def last_moment(user: User, made: Moment) -> Moment:
    """Until when something is there that an object makes at a moment."""
    gone = bool(user.events) and SUCCEEDED in user.policies and user.kind != "CustomResourceDefinition"
    return Moment(made.phase, 1 << 31) if gone else Moment(Phase.TESTS, 1 << 31)


def user_of(manifest: Manifest, namespace: str) -> User:
    """The object of a manifest as one that needs something.

    Args:
        namespace: of objects that name none.
    """
    document = manifest.document
    return User(
        kind=manifest.kind,
        name=manifest.name,
        namespace=manifest.namespace or namespace,
        events=manifest.events or (("skipped",) if manifest.hook else ()),
        weight=_weight(annotation(document, HOOK_WEIGHT)),
        policies=manifest.delete_policies,
        runs=manifest.kind in _DONE if manifest.hook else _is_waited_for(manifest),
        template=manifest.source,
    )


def _is_waited_for(manifest: Manifest) -> bool:
    spec = part(manifest.document, "spec")
    return manifest.kind in _WAITED_FOR and spec.get("replicas", 1) != 0 and spec.get("paused") is not True


def _weight(written: str) -> int:
    digits = written.removeprefix("-").removeprefix("+")
    return int(written) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0
