"""Changes of Helm's storage that Helm has no word for: end a revision whose process died, say more of one."""

from collections.abc import Callable, Iterable

from jetscale_cicd.decide.cluster.deploy_record import masked
from jetscale_cicd.errors import DeployError
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import cannot_tell, read_revision, secret_path
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_ATTEMPTS = 3
_LONGEST = 900


def patch_revision(
    api: Kubernetes,
    target: Target,
    number: int,
    *,
    status: str | None = None,
    describe: Callable[[StoredRelease], str] | None = None,
    hidden: Iterable[str] = (),
) -> None:
    """Change a revision, unless it is gone.

    Args:
        status: Helm's word for how it ended.
        describe: gives its new description.
        hidden: dotted keys of values that are not to be kept.

    Raises:
        DeployError: ``RELEASE_UNWRITABLE``.
        CannotTellError: the cluster does not answer.
    """
    for attempt in range(_ATTEMPTS):
        stored = read_revision(api, target, number)
        if stored is None:
            return
        description = api.redact(describe(stored))[:_LONGEST] if describe else None
        secret = stored.encode(status=status, description=description, config=masked(stored.config, hidden))
        try:
            api.replace(secret_path(target, number), secret)
        except ApiFailure as failed:
            if failed.conflict and attempt + 1 < _ATTEMPTS:
                continue
            if failed.unreachable:
                raise cannot_tell(failed, target) from None
            raise DeployError(
                "RELEASE_UNWRITABLE",
                f"revision {number} of the release cannot be changed: {failed.message}",
                where=f"{target.namespace}/{target.release}",
                hint="grant update of secrets in the namespace (docs/deploy.md), and run again",
            ) from None
        return
