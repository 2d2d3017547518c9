"""What of a deploy is tried on the API server without being carried out: what changes, its hooks, and its pods."""

from collections.abc import Iterator, Sequence

from jetscale_cicd.decide.cluster.drift import without_nulls
from jetscale_cicd.decide.cluster.helm_marks import MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.decide.fields import items, part
from jetscale_cicd.model.record import frozen, replace

_CRD = "CustomResourceDefinition"
# Kinds that make pods of a template, and where it is in them.
_TEMPLATES = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"), ("spec", "template")),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_WORKLOAD_GROUPS = ("apps", "batch")
# What makes the pods of a kind, where that is not the object itself.
_OWNERS = {"Deployment": ("apps/v1", "ReplicaSet"), "CronJob": ("batch/v1", "Job")}
_NOBODY = "00000000-0000-0000-0000-000000000000"
_ACCOUNT = ("serviceAccountName", "serviceAccount")
# With what the API server adds to it, "-" and five characters, it is as long as the name of a CronJob may be: 52.
_LONGEST_PREFIX = 46


@frozen(kw_only=True)
class Trial:
    """One object that is sent to the API server, which is not to keep it.

    Args:
        manifest: the object; of a pod its workload.
        body: what is sent.
        creates: it is created, under whatever name; otherwise it is applied, as Helm does.
        is_pod: the pod that a workload would make.
        adds: it comes to what is there, so that a quota has to have room for it.
        before: what the deployed revision has of it; None where it has none.
    """

    manifest: Manifest
    body: dict[str, object]
    creates: bool = False
    is_pod: bool = False
    adds: bool = True
    before: Manifest | None = None

    @property
    def subject(self) -> str:
        """As it is shown."""
        what = f"{self.manifest.kind} {self.manifest.name}"
        return f"a pod of {what}" if self.is_pod else what


def trials(scope: DeployScope, manifests: Sequence[Manifest], deployed: Sequence[Manifest]) -> tuple[Trial, ...]:
    """Every object that is new, or differs from what is deployed; every hook that runs; and the pods of both.

    What does not differ is not tried, whatever helm 4 sends: calls do not grow with what a release has. But what is in
    a revision that failed was perhaps refused. A hook is deleted and made anew each time.

    Args:
        manifests: the objects of the deploy, with hooks and ``crds/``.
        deployed: the objects of the revision that is deployed.
    """
    there = {each.identity(scope.namespace): each for each in deployed if not each.hook}
    found: list[Trial] = []
    for each in manifests:
        before = there.get(each.identity(scope.namespace))
        if each.hook:
            found += [_hook(each), *_pods(each, None)] if scope.runs(each) else []
        elif (scope.unproven or _differs(before, each)) and scope.makes(each) and not scope.applies_itself(each):
            found += [_object(scope, each, before), *_pods(each, before)]
    return tuple(found)


def _differs(before: Manifest | None, after: Manifest) -> bool:
    return before is None or before.document != after.document


def own_kinds(
    scope: DeployScope, manifests: Sequence[Manifest], deployed: Sequence[Manifest]
) -> frozenset[tuple[str, str]]:
    """Group and kind of what a deploy brings a definition for, or changes it: the server does not know those yet."""
    there = {each.identity(scope.namespace): part(each.document, "spec") for each in deployed}
    definitions = (each for each in manifests if each.kind == _CRD and scope.makes(each))
    return frozenset(
        _defined(each.document)
        for each in definitions
        if there.get(each.identity(scope.namespace)) != part(each.document, "spec")
    )


def _defined(definition: dict[str, object]) -> tuple[str, str]:
    spec = part(definition, "spec")
    return str(spec.get("group", "")), str(part(spec, "names").get("kind", ""))


def _object(scope: DeployScope, manifest: Manifest, before: Manifest | None) -> Trial:
    """With what Helm adds (helm 3.22, pkg/action/validate.go): an apply in its name takes away what it leaves out."""
    body = without_nulls(manifest.document)
    metadata = part(body, "metadata")
    owner = {RELEASE_NAME: scope.release, RELEASE_NAMESPACE: scope.namespace}
    labels, annotations = part(metadata, "labels"), part(metadata, "annotations")
    owned = {**metadata, "labels": {**labels, MANAGED_BY: "Helm"}, "annotations": {**annotations, **owner}}
    return Trial(manifest=manifest, body={**body, "metadata": owned}, before=before)


def merge_patch(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    """A JSON merge patch of what one manifest changes of another: what neither of them names stays as it is."""
    changed: dict[str, object] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        earlier = before.get(key)
        both = isinstance(value, dict) and isinstance(earlier, dict)
        if value != earlier:
            changed[key] = merge_patch(part(earlier), part(value)) if both else value
    return changed


def _hook(manifest: Manifest) -> Trial:
    return Trial(manifest=manifest, body=without_nulls(manifest.document), creates=True)


def renamed(trial: Trial) -> Trial:
    """The same under a name that nothing has: Helm deletes a hook of an earlier deploy before it makes it anew."""
    metadata = {key: value for key, value in part(trial.body, "metadata").items() if key != "name"}
    metadata["generateName"] = f"{trial.manifest.name[:_LONGEST_PREFIX].rstrip('.-')}-"
    return replace(trial, body={**trial.body, "metadata": metadata})


def _pods(manifest: Manifest, before: Manifest | None) -> Iterator[Trial]:
    """The pod of a workload: what is ruled for pods judges no workload, and shows up once that is deployed."""
    if manifest.group not in _WORKLOAD_GROUPS or manifest.kind not in _TEMPLATES:
        return
    spec = part(manifest.document, "spec")
    template = part(manifest.document, *_TEMPLATES[manifest.kind])
    given = part(template, "spec")
    pod_spec: dict[str, object] = {key: value for key, value in given.items() if key != "nodeName"}
    if not pod_spec or spec.get("replicas") == 0:
        return
    pod_spec["volumes"] = [*items(pod_spec, "volumes"), *_claimed(spec)]
    kept = {key: value for key, value in part(template, "metadata").items() if key in ("labels", "annotations")}
    name = f"{manifest.name[:_LONGEST_PREFIX].rstrip('.-')}-"
    metadata: dict[str, object] = {**kept, "generateName": name, "ownerReferences": [_owner(manifest)]}
    body: dict[str, object] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec}
    adds = _needs_room(manifest) or (before is None and manifest.kind != "CronJob")
    yield Trial(manifest=manifest, body=without_nulls(body), creates=True, is_pod=True, adds=adds)


def _owner(manifest: Manifest) -> dict[str, object]:
    """Who makes the pod: a policy may let no other one be made."""
    version, kind = _OWNERS.get(manifest.kind, (manifest.api_version, manifest.kind))
    return {"apiVersion": version, "kind": kind, "name": manifest.name, "uid": _NOBODY, "controller": True}


def without_account(trial: Trial) -> Trial:
    """The same pod of the default account, where its own comes with the deploy."""
    spec = {key: value for key, value in part(trial.body, "spec").items() if key not in _ACCOUNT}
    return replace(trial, body={**trial.body, "spec": spec})


def _claimed(spec: dict[str, object]) -> Iterator[object]:
    """The volumes of the claims that a StatefulSet makes for its pods."""
    for each in items(spec, "volumeClaimTemplates"):
        yield {"name": part(each, "metadata").get("name"), "emptyDir": {}}


def _needs_room(manifest: Manifest) -> bool:
    """Whether a change makes a new pod and takes no old one away before that is ready.

    A Deployment whose new pod is refused takes as many old ones away as may be unavailable (Kubernetes,
    pkg/controller/deployment/rolling.go: what the new ReplicaSet is to have counts, and not what it has).
    """
    spec = part(manifest.document, "spec")
    is_deployment = manifest.kind == "Deployment"
    strategy = part(spec, "strategy" if is_deployment else "updateStrategy")
    rolling = part(strategy, "rollingUpdate")
    surge = rolling.get("maxSurge", "25%" if is_deployment else 0)
    if strategy.get("type") in ("Recreate", "OnDelete") or str(surge) in ("0", "0%"):
        return False
    return not is_deployment or _rounded_down(rolling.get("maxUnavailable", "25%"), spec.get("replicas", 1)) == 0


def _rounded_down(share: object, replicas: object) -> int:
    """A number of pods, or a share of them in percent; 0 where it is neither."""
    if isinstance(share, int):
        return share
    percent = str(share).removesuffix("%")
    return int(percent) * replicas // 100 if percent.isdecimal() and isinstance(replicas, int) else 0
