"""A Helm release as the cluster has it: present, absent, or an error; never a guess."""

from collections.abc import Callable, Mapping

from jetscale_cicd.decide.cluster.deploy_record import LABEL
from jetscale_cicd.decide.cluster.masking import exposes
from jetscale_cicd.decide.cluster.revision_record import is_newer, record_of
from jetscale_cicd.decide.cluster.revisions import (
    deployed_record,
    failed_verification,
    has_failed,
    is_rollback,
    is_rollback_candidate,
    rollback_to,
)
from jetscale_cicd.decide.fields import part, text
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, Revision
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.revision import PENDING, HelmRevision, RevisionState
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.api_errors import cannot_tell
from jetscale_cicd.observe.cluster.lease import lock_holder
from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes, Object

_ATTEMPTS = 3


def observe_release(api: Kubernetes, target: Target) -> LiveState:
    """What a target runs.

    Raises:
        CannotTellError: ``CLUSTER_UNREACHABLE``, ``CLUSTER_FORBIDDEN``, ``RECORD_UNREADABLE`` or ``RECORD_NEWER``.
    """
    statuses, newest = _newest(api, target)
    numbers = list(statuses)
    if not numbers:
        _check_not_elsewhere(api, target)
    if newest is None or newest.status == "uninstalled":
        return NotDeployed()
    here = newest.revision
    _check_known(here, target)
    record = deployed_record(here, reader(api, target))
    rollback = is_rollback(here)
    revision = Revision(
        number=here.number,
        status=here.status,
        description=here.description,
        record=record_of(here),
        rollback=rollback,
        rollback_to=rollback_to(here),
        attempted=_attempted(api, target, numbers) if rollback or not record.commit else None,
        holder=lock_holder(api, target) if here.pending else "",
        exposed=_exposed(api, target, newest, numbers),
        failures=_failures(statuses),
    )
    return replace(record, revision=revision)


def revision_numbers(api: Kubernetes, target: Target) -> list[int]:
    """Numbers of all revisions that Helm keeps, the newest first.

    Raises:
        CannotTellError: they could not be listed.
    """
    return list(_statuses(api, target))


def _statuses(api: Kubernetes, target: Target) -> dict[int, str]:
    """All revisions that Helm keeps, the newest first, with the status that it writes into their labels."""
    return {number: labels.get("status", "") for number, labels in _labels(api, target).items()}


def _labels(api: Kubernetes, target: Target) -> dict[int, dict[str, str]]:
    """Labels of all revisions that Helm keeps, the newest first."""
    labels = [each.get("metadata", {}).get("labels", {}) for each in _revisions(api, target)]
    numbered = {int(each["version"]): each for each in labels if each.get("version", "").isdecimal()}
    return dict(sorted(numbered.items(), reverse=True))


def revision_marks(api: Kubernetes, target: Target) -> frozenset[tuple[str, str]]:
    """What changes with the revisions that Helm keeps: their names and versions.

    Raises:
        CannotTellError: they could not be listed.
    """
    metadata = [part(each, "metadata") for each in _revisions(api, target)]
    return frozenset((text(each, "name"), text(each, "resourceVersion")) for each in metadata)


def _revisions(api: Kubernetes, target: Target) -> list[Object]:
    path = f"/api/v1/namespaces/{target.namespace}/secrets"
    try:
        return api.items(path, accept=METADATA_ONLY, labelSelector=f"owner=helm,name={target.release}")
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None


def _failures(statuses: dict[int, str]) -> int:
    """How many revisions failed, where none that Helm keeps has worked; it never removes the last one that did."""
    worked = any(status not in ("failed", *PENDING) for status in statuses.values())
    return 0 if worked else sum(status == "failed" for status in statuses.values())


def failed_revisions(api: Kubernetes, target: Target, before: int) -> list[StoredRelease]:
    """The revisions before one whose helm failed, the newest first.

    Raises:
        CannotTellError: they could not be read.
    """
    numbers = [
        number for number, labels in _labels(api, target).items() if number < before and _may_have_failed(labels)
    ]
    found = (read_revision(api, target, number) for number in numbers)
    return [each for each in found if each and has_failed(each.revision)]


def _may_have_failed(labels: Mapping[str, str]) -> bool:
    """Whether a revision has to be read to know: by Helm's label, and by the one that Stage 6 wrote about this one."""
    own = labels.get(f"{LABEL}/revision") == labels.get("version")
    verified = own and labels.get(f"{LABEL}/state") == RevisionState.VERIFIED
    return labels.get("status") == "failed" or (labels.get("status") == "superseded" and not verified)


def read_revision(api: Kubernetes, target: Target, number: int) -> StoredRelease | None:
    """One revision; None where Helm no longer keeps it.

    Raises:
        CannotTellError: it could not be read.
    """
    try:
        secret = api.get(secret_path(target, number))
        return StoredRelease.decode(secret) if secret else None
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    except UnreadableRelease as unreadable:
        raise CannotTellError(
            "RECORD_UNREADABLE",
            f"what is deployed cannot be read: {unreadable}",
            where=f"{target.namespace}/{target.release} revision {number}",
            hint=f"inspect it: helm history {target.release} --namespace {target.namespace}",
        ) from None


def upgraded_revision(api: Kubernetes, target: Target) -> StoredRelease | None:
    """The revision that an upgrade begins with: the newest one that is deployed, else the newest; None of none.

    So has Helm it (helm 3.22, pkg/action/upgrade.go): what it changes and removes are the objects of that one.

    Raises:
        CannotTellError: it could not be read.
    """
    statuses = _statuses(api, target)
    deployed = (number for number, status in statuses.items() if status == "deployed")
    number = next(deployed, next(iter(statuses), 0))
    return read_revision(api, target, number) if number else None


def reader(api: Kubernetes, target: Target) -> Callable[[int], HelmRevision | None]:
    """What reads a revision by its number, for decisions that follow a rollback to its origin."""

    def read(number: int) -> HelmRevision | None:
        stored = read_revision(api, target, number)
        return stored.revision if stored else None

    return read


def newest_good(api: Kubernetes, target: Target, before: int) -> int | None:
    """The newest revision up to ``before`` that was deployed; None where none ever was.

    One that failed its verification is taken only where there is no other.

    Raises:
        CannotTellError: they could not be read.
    """
    second: int | None = None
    for number in revision_numbers(api, target):
        stored = read_revision(api, target, number) if number <= before else None
        if stored and is_rollback_candidate(stored.revision):
            if not failed_verification(stored.revision):
                return number
            second = second or number
    return second


def secret_path(target: Target, number: int) -> str:
    """Where Helm keeps a revision."""
    return f"/api/v1/namespaces/{target.namespace}/secrets/sh.helm.release.v1.{target.release}.v{number}"


def _exposed(api: Kubernetes, target: Target, newest: StoredRelease, numbers: list[int]) -> bool:
    """Whether any revision keeps secrets in clear; while helm is at work, it would only write them again."""
    if not target.secrets or newest.under_way:
        return False
    kept = (read_revision(api, target, number) for number in numbers[1:])
    return any(stored is not None and exposes(stored.config, target.secrets) for stored in (newest, *kept))


def _check_not_elsewhere(api: Kubernetes, target: Target) -> None:
    """Refuse to install a release that Helm keeps in ConfigMaps (`HELM_DRIVER`)."""
    path = f"/api/v1/namespaces/{target.namespace}/configmaps"
    try:
        found = api.items(path, accept=METADATA_ONLY, labelSelector=f"owner=helm,name={target.release}")
    except ApiFailure as failed:
        if failed.status == 403:  # a deploy needs no right to list ConfigMaps
            return
        raise cannot_tell(failed, target) from None
    if found:
        raise CannotTellError(
            "RELEASE_STORED_ELSEWHERE",
            f"release {target.release} is kept in ConfigMaps (HELM_DRIVER=configmap), and Stage 6 reads Secrets",
            where=f"namespace {target.namespace}",
            hint="move its ConfigMaps owner=helm to Secrets of the type helm.sh/release.v1 first",
        )


def _check_known(newest: HelmRevision, target: Target) -> None:
    """Refuse to decide on a record that a later version of Stage 6 wrote."""
    if is_newer(newest):
        raise CannotTellError(
            "RECORD_NEWER",
            f"the record of revision {newest.number} was written by a later version of jetscale-cicd than this one",
            where=f"{target.namespace}/{target.release} revision {newest.number}",
            hint="upgrade jetscale-cicd",
        )


def _newest(api: Kubernetes, target: Target) -> tuple[dict[int, str], StoredRelease | None]:
    """All statuses, and the newest revision, read again where it is deleted between the two calls."""
    for _ in range(_ATTEMPTS):
        statuses = _statuses(api, target)
        newest = read_revision(api, target, next(iter(statuses))) if statuses else None
        if newest or not statuses:
            return statuses, newest
    raise CannotTellError(
        "RECORD_UNREADABLE",
        "what is deployed cannot be read: its revisions are deleted while they are read",
        where=f"{target.namespace}/{target.release}",
        hint="is the release being uninstalled? Run again",
    )


def _attempted(api: Kubernetes, target: Target, numbers: list[int]) -> Deployed | None:
    """The newest earlier revision with a record that is no rollback; where none has one, the newest unmanaged one."""
    unmanaged = None
    for number in numbers[1:]:
        stored = read_revision(api, target, number)
        if stored and not is_rollback(stored.revision):
            deployed = deployed_record(stored.revision, reader(api, target))
            record = replace(deployed, revision=Revision(number=number, status=stored.status))
            if record.commit:
                return record
            unmanaged = unmanaged or record
    return unmanaged
