"""What may be on an object although no manifest has it: what the API server and everyday commands add to it."""

from jetscale_cicd.decide.cluster.managed_fields import Item, Path

# Keys are anybody's below these.
FREE = frozenset({"labels", "annotations", "data", "stringData", "binaryData"})
_OF_METADATA = frozenset({"labels", "annotations"})
# Of the root: what no manifest sets.
_WRITTEN = frozenset({"apiVersion", "kind", "status"})
_MARKS = frozenset(
    {
        "kubectl.kubernetes.io/restartedAt",  # kubectl rollout restart
        "kubectl.kubernetes.io/last-applied-configuration",  # what else an apply sets is seen by itself
        "kubernetes.io/change-cause",
        *("app.kubernetes.io/managed-by", "deprecated.daemonset.template.generation"),
        *("controller-uid", "job-name"),
    }
)
_PREFIXES = (
    *("meta.helm.sh/", "deployment.kubernetes.io/", "batch.kubernetes.io/", "autoscaling.alpha.kubernetes.io/"),
    *("pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/"),
)
# What the API server sets where a manifest leaves it out (the defaults of Kubernetes 1.34): whoever creates an object
# owns it, and to set it changes nothing.
_DEFAULTS: dict[str, tuple[object, ...]] = {
    "progressDeadlineSeconds": (600,),
    "revisionHistoryLimit": (10,),
    "replicas": (1,),
    "maxSurge": ("25%", 0),
    "maxUnavailable": ("25%", 1),
    "partition": (0,),
    "type": ("RollingUpdate", "ClusterIP", "Opaque"),
    "podManagementPolicy": ("OrderedReady",),
    "whenDeleted": ("Retain",),
    "whenScaled": ("Retain",),
    "volumeMode": ("Filesystem",),
    "dnsPolicy": ("ClusterFirst",),
    "restartPolicy": ("Always",),
    "schedulerName": ("default-scheduler",),
    "securityContext": ({},),
    "resources": ({},),
    "terminationGracePeriodSeconds": (30,),
    "imagePullPolicy": ("Always", "IfNotPresent"),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "protocol": ("TCP",),
    "scheme": ("HTTP",),
    "timeoutSeconds": (1,),
    "periodSeconds": (10,),
    "successThreshold": (1,),
    "failureThreshold": (3,),
    "defaultMode": (420,),
    "sessionAffinity": ("None",),
    "internalTrafficPolicy": ("Cluster",),
    "externalTrafficPolicy": ("Cluster",),
    "ipFamilyPolicy": ("SingleStack",),
    "completions": (1,),
    "parallelism": (1,),
    "backoffLimit": (6,),
    "completionMode": ("NonIndexed",),
    "podReplacementPolicy": ("TerminatingOrFailed",),
    "manualSelector": (False,),
    "suspend": (False,),
    "concurrencyPolicy": ("Allow",),
    "successfulJobsHistoryLimit": (3,),
    "failedJobsHistoryLimit": (1,),
}
# What it allocates, and what it copies from another field.
_ALLOCATED = frozenset(
    {
        *("clusterIP", "clusterIPs", "ipFamilies", "nodePort", "healthCheckNodePort", "targetPort", "serviceAccount"),
        *("volumeName", "storageClassName"),
    }
)


def is_rightful(path: Path, value: object) -> bool:
    """Whether a field that no manifest has is none that somebody added.

    Args:
        path: of the field.
        value: what it holds.
    """
    root, last = path[0], path[-1]
    if root in _WRITTEN or (root == "metadata" and not {*path[1:2]} & _OF_METADATA):
        return True
    if isinstance(last, Item) or not isinstance(last, str):
        return False
    parent = path[-2] if len(path) > 1 else ""
    if parent in _OF_METADATA:
        return last in _MARKS or last.startswith(_PREFIXES)
    return parent not in FREE and _is_default(last, value)


def _is_default(name: str, value: object) -> bool:
    if name in _ALLOCATED or value in _DEFAULTS.get(name, ()):
        return True
    if name in FREE or not isinstance(value, dict):
        return False
    return bool(value) and all(_is_default(str(key), each) for key, each in value.items())
