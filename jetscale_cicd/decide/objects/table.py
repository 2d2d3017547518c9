"""The kinds that have a rule of their own, and what else has to be seen to judge an object of them."""

from collections.abc import Callable

from jetscale_cicd.decide.fields import Object
from jetscale_cicd.decide.objects import (
    autoscaler,
    certificate,
    claim,
    conditions,
    cron_job,
    daemon_set,
    definition,
    deployment,
    external_secret,
    ingress,
    job,
    pod,
    replica_set,
    route,
    service,
    stateful_set,
)
from jetscale_cicd.decide.objects.judgement import Judgement, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot
from jetscale_cicd.model.record import frozen

Judge = Callable[[Object, Snapshot], Judgement]


@frozen
class Rule:
    """How objects of a kind are judged.

    Args:
        judge: what one was seen to be.
        beside: kinds that have to be seen, too: without them nothing can be told.
    """

    judge: Judge
    beside: tuple[str, ...] = ()


def _is_there(_: Object, __: Snapshot) -> Judgement:
    return ready()


_RULES: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): Rule(deployment.judge, ("ReplicaSet", "Pod")),
    ("apps", "StatefulSet"): Rule(stateful_set.judge, ("Pod",)),
    ("apps", "DaemonSet"): Rule(daemon_set.judge, ("Pod",)),
    ("apps", "ReplicaSet"): Rule(replica_set.judge, ("Pod",)),
    ("", "ReplicationController"): Rule(replica_set.judge, ("Pod",)),
    ("", "Pod"): Rule(pod.judge),
    ("", "Service"): Rule(service.judge),
    ("", "PersistentVolumeClaim"): Rule(claim.judge),
    ("batch", "Job"): Rule(job.judge, ("Pod",)),
    ("batch", "CronJob"): Rule(cron_job.judge),
    ("networking.k8s.io", "Ingress"): Rule(ingress.judge),
    ("autoscaling", "HorizontalPodAutoscaler"): Rule(autoscaler.judge),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Rule(definition.judge),
    ("apiregistration.k8s.io", "APIService"): Rule(conditions.judge_by("Available")),
    ("gateway.networking.k8s.io", "Gateway"): Rule(conditions.judge_by("Programmed")),
    ("external-secrets.io", "ExternalSecret"): Rule(external_secret.judge),
    ("external-secrets.io", "SecretStore"): Rule(external_secret.judge_store),
    ("external-secrets.io", "ClusterSecretStore"): Rule(external_secret.judge_store),
    ("cert-manager.io", "Certificate"): Rule(certificate.judge),
    **{
        ("gateway.networking.k8s.io", kind): Rule(route.judge)
        for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
    },
}
# Groups with a dot that come with the API server; others of ``k8s.io`` are custom resources.
_OF_KUBERNETES = frozenset(
    f"{name}.k8s.io"
    for name in (
        *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"),
        *("certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "networking", "node"),
        *("rbac.authorization", "resource", "scheduling", "storage"),
    )
)
_PRESENT, _CUSTOM = Rule(_is_there), Rule(conditions.judge)


def rule_of(group: str, kind: str) -> Rule:
    """How objects of a kind are judged; those of Kubernetes without a rule only have to be there."""
    return _RULES.get((group, kind)) or (_PRESENT if is_of_kubernetes(group) else _CUSTOM)


def has_status(group: str, kind: str) -> bool:
    """Whether more than its metadata has to be seen of an object."""
    return rule_of(group, kind) is not _PRESENT


def is_of_kubernetes(group: str) -> bool:
    """Whether an API group is one of Kubernetes itself, whose objects without a rule have nothing to wait for."""
    return "." not in group or group in _OF_KUBERNETES


def place_of(group: str, kind: str) -> str:
    """The name under which a snapshot has the objects of a kind; two groups may have kinds of one name."""
    return kind if is_of_kubernetes(group) or (group, kind) in _RULES else f"{kind}.{group}"
