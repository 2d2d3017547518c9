"""What Helm itself does not deploy, whatever the API server takes."""

from jetscale_cicd.decide.cluster.helm_marks import BEFORE_CREATION, SUCCEEDED
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import part, parts, text
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.record import frozen

CRD = "CustomResourceDefinition"
# Of it, as of a CRD, the name follows from what it is of, so that it cannot be tried under another one.
NAME_BOUND = "APIService"


@frozen
class Leftover:
    """A hook of an earlier deploy that is still there, and that Helm does not delete before it makes it anew.

    Args:
        manifest: the hook, as this deploy has it.
        namespace: where it is; "" of the cluster.
        found: the object of the cluster.
    """

    manifest: Manifest
    namespace: str
    found: dict[str, object]

    @property
    def has_failed(self) -> bool:
        """Whether Helm, which waits for it, finds that it failed."""
        status = part(self.found, "status")
        if self.manifest.kind == "Pod":
            return status.get("phase") == "Failed"
        conditions = parts(status, "conditions")
        return self.manifest.kind == "Job" and any(
            (each.get("type"), each.get("status")) == ("Failed", "True") for each in conditions
        )

    def error(self, why: str) -> PreconditionError:
        """The error for it, and why it is in the way."""
        manifest = self.manifest
        subject, within = f"{manifest.kind} {manifest.name}", f" --namespace {self.namespace}" if self.namespace else ""
        return PreconditionError(
            "HOOK_IN_THE_WAY",
            f"{subject} is there already, helm does not delete it before it makes its hook anew, and {why}",
            where=manifest.source or subject,
            hint=f"kubectl delete {manifest.kind.lower()} {manifest.name}{within}; "
            f"and add {BEFORE_CREATION} to its helm.sh/hook-delete-policy",
        )


def is_deleted_before(manifest: Manifest) -> bool:
    """Whether Helm deletes a hook of an earlier deploy before it makes it anew (helm 3.22, 4.3: action/hooks.go)."""
    return manifest.kind != CRD and BEFORE_CREATION in manifest.delete_policies


def generated_name(manifest: Manifest, *, applies: bool) -> PreconditionError | None:
    """The error for an object whose name the API server is to complete; None where Helm can make it.

    Helm asks for each object of a release by its name before it makes it, and deletes hooks by theirs; helm 4 applies
    hooks, too, which needs a name (helm 3.22, 4.3: pkg/action/validate.go, pkg/kube/client.go; measured).

    Args:
        applies: the deploy is one of helm 4.
    """
    if not text(manifest.document, "metadata", "generateName") or _can_make(manifest, applies=applies):
        return None
    what = "helm deploys objects by their names" if manifest.is_generated else "helm 4 takes no object that has both"
    return PreconditionError(
        "NAME_GENERATED",
        f"{manifest.kind} of {manifest.source or 'the chart'} has metadata.generateName: {what}",
        where=manifest.source,
        hint="give it a metadata.name alone; one that differs each time: {{ .Release.Revision }} within it",
    )


def _can_make(manifest: Manifest, *, applies: bool) -> bool:
    if not manifest.is_generated:
        return bool(manifest.hook) or not applies
    return bool(manifest.hook) and not applies and not {BEFORE_CREATION, SUCCEEDED} & set(manifest.delete_policies)
