"""Labels and annotations of Helm's: whose an object is, and which objects are hooks (helm 3.22, pkg/action)."""

RELEASE_NAME, RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
MANAGED_BY = "app.kubernetes.io/managed-by"
HOOK, HOOK_WEIGHT, HOOK_DELETE_POLICY = "helm.sh/hook", "helm.sh/hook-weight", "helm.sh/hook-delete-policy"
RESOURCE_POLICY = "helm.sh/resource-policy"
BEFORE_CREATION, SUCCEEDED = "before-hook-creation", "hook-succeeded"
# Every event of a hook that Helm knows (helm 3.22, pkg/releaseutil/manifest_sorter.go).
EVENTS = frozenset(
    {
        *("pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-delete", "post-delete"),
        *("pre-rollback", "post-rollback", "test", "test-success"),
    }
)


def listed(written: str) -> tuple[str, ...]:
    """The words of an annotation that has several, as Helm reads them."""
    return tuple(each.strip().lower() for each in written.split(",") if each.strip())


def keeps(policy: str) -> bool:
    """Whether a resource policy has Helm leave an object where it is once its release has it no more."""
    return policy.strip().lower() == "keep"
