"""Edits of Helm's release Secrets that no Helm command offers: a status, the record of Stage 6, values left out."""

from collections.abc import Callable, Iterable

from jetscale_cicd.decide.cluster.deploy_record import recorded, recorded_deploy, recorded_run, state_labels
from jetscale_cicd.decide.cluster.masking import masked
from jetscale_cicd.decide.cluster.revision_record import describe, with_record
from jetscale_cicd.errors import DeployError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.revision import RevisionRecord
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.helm_release import read_revision, secret_path
from jetscale_cicd.tools.helm_storage import StoredRelease
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes, Object

_ATTEMPTS = 3
_LONGEST = 900  # characters of a description, and of a reason


@frozen(kw_only=True)
class RecordEdit:
    """The whole record of a revision.

    Args:
        record: what became of the revision.
        deployed: the deploy that it holds; None of what was deployed outside Stage 6.
        run: the CI run that made it.
        deploy: the identifier of that deploy; "" of a rollback.
    """

    record: RevisionRecord
    deployed: Deployed | None
    run: str
    deploy: str = ""


def in_place(record: RevisionRecord) -> Callable[[StoredRelease], RecordEdit]:
    """The edit that changes what became of a revision of Stage 6, and keeps which deploy it holds."""

    def edit(stored: StoredRelease) -> RecordEdit:
        config = stored.config
        return RecordEdit(
            record=record, deployed=recorded(config), run=recorded_run(config), deploy=recorded_deploy(config)
        )

    return edit


def patch_revision(
    api: Kubernetes,
    target: Target,
    number: int,
    *,
    status: str | None = None,
    edit: Callable[[StoredRelease], RecordEdit] | None = None,
    hidden: Iterable[str] = (),
) -> None:
    """Change a revision, unless Helm no longer keeps it.

    Args:
        status: Helm's status.
        edit: gives its record; the description is derived from it.
        hidden: dotted keys of values that are not to be kept.

    Raises:
        DeployError: ``RELEASE_UNWRITABLE``.
        CannotTellError: the cluster does not answer.
    """
    for attempt in range(_ATTEMPTS):
        stored = read_revision(api, target, number)
        if stored is None:
            return
        secret = _patched(api, stored, status, edit(stored) if edit else None, tuple(hidden))
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


def _patched(
    api: Kubernetes, stored: StoredRelease, status: str | None, edit: RecordEdit | None, hidden: tuple[str, ...]
) -> Object:
    if edit is None:
        return stored.encode(status=status, config=masked(stored.config, hidden))
    record = replace(edit.record, reason=api.redact(edit.record.reason)[:_LONGEST])
    config = with_record(stored.config, record, edit.deployed, edit.run, edit.deploy)
    return stored.encode(
        status=status,
        description=api.redact(describe(record, edit.deployed, edit.run))[:_LONGEST],
        config=masked(config, hidden),
        labels=state_labels(record),
    )
