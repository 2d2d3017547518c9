"""A Helm release as the cluster has it: present, absent, or an error; never a guess."""

from dataclasses import replace

from jetscale_cicd.decide.cluster.deploy_record import exposes, is_described, recorded
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.live import NOT_YET, UNVERIFIED, Deployed, LiveState, NotDeployed, Revision
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.lease import at_work
from jetscale_cicd.tools.helm_storage import StoredRelease, UnreadableRelease
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes

_LOOKS = 3


def observe_release(api: Kubernetes, target: Target) -> LiveState:
    """What a target runs.

    Raises:
        CannotTellError: ``CLUSTER_UNREACHABLE``, ``CLUSTER_FORBIDDEN`` or ``RECORD_UNREADABLE``.
    """
    numbers, newest = _newest(api, target)
    if not numbers:
        _check_not_elsewhere(api, target)
    if newest is None or newest.status == "uninstalled":
        return NotDeployed()
    record = _record(newest, _origin(api, target, newest))
    attempted = _attempted(api, target, numbers) if newest.is_rollback or not record.commit else None
    revision = Revision(
        number=newest.number,
        status=newest.status,
        description=newest.description,
        rollback=newest.is_rollback,
        rollback_to=newest.rollback_to,
        attempted=attempted,
        holder=at_work(api, target) if newest.under_way else "",
        exposed=_exposed(api, target, newest, numbers),
    )
    return replace(record, revision=revision)


def revision_numbers(api: Kubernetes, target: Target) -> list[int]:
    """Numbers of all revisions that Helm keeps, the newest first.

    Raises:
        CannotTellError: they could not be listed.
    """
    path = f"/api/v1/namespaces/{target.namespace}/secrets"
    try:
        found = api.items(path, accept=METADATA_ONLY, labelSelector=f"owner=helm,name={target.release}")
    except ApiFailure as failed:
        raise cannot_tell(failed, target) from None
    numbers = (each.get("metadata", {}).get("labels", {}).get("version", "") for each in found)
    return sorted((int(number) for number in numbers if number.isdecimal()), reverse=True)


def read_revision(api: Kubernetes, target: Target, number: int) -> StoredRelease | None:
    """One revision; None where it is gone meanwhile.

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
            hint=f"look at it: helm history {target.release} --namespace {target.namespace}",
        ) from None


def is_rollback_candidate(stored: StoredRelease) -> bool:
    """Deployed, now or once; Helm calls superseded also a first install that failed, and what a person uninstalled."""
    ended = "failed:" in stored.description or stored.was_uninstalled
    return stored.status == "deployed" or (stored.status == "superseded" and not ended)


def newest_good(api: Kubernetes, target: Target, before: int) -> int | None:
    """The newest revision up to ``before`` that was deployed; None where none ever was.

    One that failed its verification is worse than any that did not.

    Raises:
        CannotTellError: they could not be read.
    """
    second: int | None = None
    for number in revision_numbers(api, target):
        stored = read_revision(api, target, number) if number <= before else None
        if stored and is_rollback_candidate(stored):
            if UNVERIFIED not in stored.description or NOT_YET in stored.description:
                return number
            second = second or number
    return second


def secret_path(target: Target, number: int) -> str:
    """Where Helm keeps a revision."""
    return f"/api/v1/namespaces/{target.namespace}/secrets/sh.helm.release.v1.{target.release}.v{number}"


def cannot_tell(failed: ApiFailure, target: Target) -> CannotTellError:
    """The error for a cluster that did not say what is there."""
    where = f"namespace {target.namespace}"
    if failed.status == 401:
        return CannotTellError(
            "CLUSTER_UNAUTHORIZED",
            f"the cluster does not accept this run's login: {failed.message}",
            where=where,
            hint="has its token expired? Log in again, or give the run a newer kubeconfig",
        )
    if failed.status == 403:
        return CannotTellError(
            "CLUSTER_FORBIDDEN",
            f"the cluster does not let this run look at release {target.release}: {failed.message}",
            where=where,
            hint="docs/deploy.md lists the rights that a deploy needs",
        )
    return CannotTellError(
        "CLUSTER_UNREACHABLE",
        f"the cluster did not say what is deployed: {failed.message}",
        where=where,
        hint="is this the right kubeconfig and context, and does the API server answer? Then run again",
    )


def _exposed(api: Kubernetes, target: Target, newest: StoredRelease, numbers: list[int]) -> bool:
    """Whether any revision keeps secrets in clear; while one is under way, helm would only write them again."""
    if not target.secrets or newest.under_way:
        return False
    kept = (read_revision(api, target, number) for number in numbers[1:])
    return any(stored is not None and exposes(stored.config, target.secrets) for stored in (newest, *kept))


def _check_not_elsewhere(api: Kubernetes, target: Target) -> None:
    """Helm may keep releases in ConfigMaps, too (`HELM_DRIVER`); one that is there is not to be installed again."""
    path = f"/api/v1/namespaces/{target.namespace}/configmaps"
    try:
        found = api.items(path, accept=METADATA_ONLY, labelSelector=f"owner=helm,name={target.release}")
    except ApiFailure as failed:
        if failed.status == 403:  # no right that a deploy needs by itself
            return
        raise cannot_tell(failed, target) from None
    if found:
        raise CannotTellError(
            "RELEASE_STORED_ELSEWHERE",
            f"release {target.release} is kept in ConfigMaps (HELM_DRIVER=configmap), and Stage 6 reads Secrets",
            where=f"namespace {target.namespace}",
            hint="move its ConfigMaps owner=helm to Secrets of the type helm.sh/release.v1 first",
        )


def _newest(api: Kubernetes, target: Target) -> tuple[list[int], StoredRelease | None]:
    """All numbers, and the newest revision; one that goes between the two looks is no sign that there is none."""
    for _ in range(_LOOKS):
        numbers = revision_numbers(api, target)
        newest = read_revision(api, target, numbers[0]) if numbers else None
        if newest or not numbers:
            return numbers, newest
    raise CannotTellError(
        "RECORD_UNREADABLE",
        "what is deployed cannot be read: its revisions go while they are looked at",
        where=f"{target.namespace}/{target.release}",
        hint="is somebody uninstalling it? Run again",
    )


def _attempted(api: Kubernetes, target: Target, numbers: list[int]) -> Deployed | None:
    """What Stage 6 tried before a rollback, or before a hand: the newest revision with a record that is no rollback."""
    by_hand = None
    for number in numbers[1:]:
        stored = read_revision(api, target, number)
        if stored and not stored.is_rollback:
            record = replace(_record(stored, stored), revision=Revision(number=number, status=stored.status))
            if record.commit:
                return record
            by_hand = by_hand or record
    return by_hand


def _origin(api: Kubernetes, target: Target, stored: StoredRelease) -> StoredRelease | None:
    """The revision that a rollback brought back, at the end of all rollbacks; None where Helm no longer keeps it."""
    while stored.is_rollback and stored.rollback_to and stored.rollback_to < stored.number:
        found = read_revision(api, target, stored.rollback_to)
        if found is None:
            return None
        stored = found
    return stored


def _record(stored: StoredRelease, origin: StoredRelease | None) -> Deployed:
    """What the revision says of itself; a hand that deployed with our values (`--reuse-values`) is not believed."""
    record = recorded(stored.config)
    done = origin is not None and origin.status in ("deployed", "superseded") and not origin.is_rollback
    by_hand = origin is not None and done and not is_described(origin.description)
    if record is None or by_hand:
        return Deployed(version=stored.chart_version, commit="", digest="", values_digest="")
    return record
