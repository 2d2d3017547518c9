"""Whether a kubeconfig leads to the cluster that is meant: by what its target says, or by what the first deploy saw."""

from collections.abc import Sequence

from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.cluster_identity import ClusterIdentity
from jetscale_cicd.model.target import Target

_FINGERPRINT = "sha256:"


def needs_address(target: Target, recorded: Sequence[str]) -> bool:
    """Whether the comparison needs the address and the authorities, for which kubectl has to be asked."""
    by_record = not target.cluster and any(each.startswith("ca-") for each in recorded)
    return by_record or target.cluster.startswith((_FINGERPRINT, "http"))


def wrong_cluster(target: Target, seen: ClusterIdentity, recorded: Sequence[str], place: str) -> Stage6Error | None:
    """Why a target is not deployed to the cluster of its context; None where that is the one that is meant.

    What the target says outranks what was recorded: it is the way to move a target on purpose.

    Args:
        recorded: what earlier deploys saw: ``uid-…`` or ``ca-…``.
        place: where that is recorded, with ``{record}`` for one of them.
    """
    if target.cluster:
        return _configured(target, seen)
    if not recorded:
        return None
    if len(recorded) > 1:
        return _several(target, recorded, place)
    (record,) = recorded
    known = seen.uid is not None if record.startswith("uid-") else bool(seen.authorities)
    if not known:
        return _unknown(target, record)
    if record in (f"uid-{seen.uid}", *(f"ca-{each}" for each in seen.authorities)):
        return None
    return PreconditionError(
        "CLUSTER_DIFFERS",
        f"target {target.name} was first deployed to another cluster ({record}) than this context leads to "
        f"({seen.record or 'unknown'})",
        where=f"target {target.name}, context {target.context or 'current'}",
        hint="choose the right context (kubectl config use-context NAME, or context: of the target); where the target "
        f"moves to this cluster for good, in it: cluster: {seen.uid or 'its UID'}",
        details=(f"recorded by {place.format(record=record)} of the remote",),
    )


def _configured(target: Target, seen: ClusterIdentity) -> Stage6Error | None:
    wanted = target.cluster
    if wanted.startswith(_FINGERPRINT):
        digest = wanted.removeprefix(_FINGERPRINT).replace(":", "").lower()
        if digest in seen.authorities:
            return None
        here = ", ".join(f"{_FINGERPRINT}{each}" for each in seen.authorities) or "the system's authorities"
    elif wanted.startswith("http"):
        if wanted.rstrip("/") == seen.server:
            return None
        here = seen.server or "no known address"
    elif seen.uid is None:
        return _unknown(target, wanted)
    elif wanted == seen.uid:
        return None
    else:
        here = seen.uid
    return PreconditionError(
        "CLUSTER_DIFFERS",
        f"target {target.name} is on cluster {wanted}, and this context leads to {here}",
        where=f"targets.{target.name}.cluster",
        hint="choose the right context (kubectl config use-context NAME, or context: of the target); where this is "
        f"the right cluster, in the target: cluster: {_written(wanted, seen)}",
    )


def _written(wanted: str, seen: ClusterIdentity) -> str:
    """What the target would have to say for this cluster, in the form that it has now."""
    if wanted.startswith(_FINGERPRINT):
        return f"{_FINGERPRINT}{seen.authorities[0]}" if seen.authorities else "its UID"
    return (seen.server if wanted.startswith("http") else seen.uid) or "its UID"


def _unknown(target: Target, wanted: str) -> CannotTellError:
    by_authority = wanted.startswith("ca-")
    why = (
        "the context names no certificate authority" if by_authority else "this run may not read namespace kube-system"
    )
    grant = "" if by_authority else "grant get of the namespace kube-system (docs/deploy.md), or "
    return CannotTellError(
        "CLUSTER_IDENTITY",
        f"whether this is cluster {wanted} cannot be told: {why}",
        where=f"target {target.name}",
        hint=f"{grant}name the cluster in another way, by its UID, address or authority: targets.{target.name}.cluster",
    )


def _several(target: Target, recorded: Sequence[str], place: str) -> PreconditionError:
    refs = ", ".join(place.format(record=record) for record in recorded)
    return PreconditionError(
        "CLUSTER_RECORDED_TWICE",
        f"target {target.name} was first deployed to {len(recorded)} clusters at the same time",
        where=refs,
        hint=f"say which one it is: targets.{target.name}.cluster; or delete the others: git push origin :REF",
    )
