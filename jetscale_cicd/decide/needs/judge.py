"""Every need of a release that is not met, one finding for each thing that is missing."""

from collections.abc import Mapping, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest, is_of_crds
from jetscale_cicd.decide.needs.findings import Group, finding
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Inventory, Sight
from jetscale_cicd.decide.needs.made import Release
from jetscale_cicd.decide.needs.need import Need, Thing, Use, thing_of
from jetscale_cicd.decide.needs.values_lines import lines_of_values
from jetscale_cicd.decide.needs.verdicts import Circumstances, Verdict, is_always_there
from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.model.record import frozen, replace


@frozen
class Unmet:
    """Needs that are not met, one finding for each thing.

    Args:
        errors: a deploy cannot succeed without them, or that cannot be told.
        warnings: a deploy may succeed without them (``Group.warns``).
    """

    errors: tuple[Stage6Error, ...] = ()
    warnings: tuple[Stage6Error, ...] = ()


def unmet_needs(needs: Sequence[Need], given: Circumstances, values: Mapping[str, bytes] | None = None) -> Unmet:
    """What a deploy would find missing, in the order in which the manifests need it.

    Args:
        given: what the release makes, and the cluster has: of it, what ``to_see`` names.
        values: the target's values files by their paths, in Helm's order.
    """
    groups: dict[tuple[object, ...], list[Need]] = {}
    verdicts: dict[tuple[object, ...], Verdict] = {}
    for need in needs:
        if (verdict := given.verdict(need)) is not Verdict.MET:
            key = _one_finding(told := _unseen_instead(need, verdict, given.inventory), verdict)
            groups.setdefault(key, []).append(told)
            verdicts[key] = verdict
    lines = lines_of_values(values or {}) if groups else {}
    found = [Group(tuple(each), verdicts[key], given, lines) for key, each in groups.items()]
    return Unmet(
        errors=tuple(finding(each) for each in found if not each.warns),
        warnings=tuple(finding(each) for each in found if each.warns),
    )


def to_see(needs: Sequence[Need], made: Release, deploy: Deploy) -> frozenset[Thing]:
    """What the cluster has to be asked for: what is needed, and not made by the release in time."""
    asked = [
        need
        for need in needs
        if need.use is not Use.KIND
        and not need.optional
        and any(deploy.moments(need.user))
        and not is_always_there(need.thing)
        and not made.in_time(need, deploy)
    ]
    return frozenset(thing for need in asked for thing in (need.thing, need.unless) if thing)


def removed_by(live: Sequence[Manifest], manifests: Sequence[Manifest], namespace: str) -> frozenset[Thing]:
    """What an upgrade removes, unless it is to be kept: objects of the live revision that the new one has no more.

    Args:
        live: manifests of the revision that the upgrade begins with.
        manifests: of the new one.
        namespace: of the release.
    """
    kept = {thing_of(each, namespace) for each in manifests if not each.hook}
    return frozenset(thing_of(each, namespace) for each in live if not each.hook) - kept


def unserved_of_live(live: Sequence[Manifest], inventory: Inventory, where: str) -> tuple[PreconditionError, ...]:
    """The error for kinds of the live revision that are no longer served: Helm reads it before it upgrades it.

    Args:
        live: manifests of the revision that the upgrade begins with.
        where: namespace and name of the release.
    """
    kinds = {(each.api_version, each.kind) for each in live if not each.hook}
    gone = sorted(kind for kind in kinds if inventory.serves(*kind) is Sight.ABSENT)
    if not gone:
        return ()
    named = ", ".join(f"{kind} of {version}" for version, kind in gone)
    return (
        PreconditionError(
            "LIVE_KIND_NOT_SERVED",
            f"the live revision has {named}, which the cluster no longer serves, so that helm cannot upgrade it",
            where=where,
            hint="have helm plugin mapkubeapis write the version that is served into the revision, or serve it again",
        ),
    )


def without_unserved(manifests: Sequence[Manifest], made: Release, inventory: Inventory) -> tuple[Manifest, ...]:
    """The objects whose kind is served, or comes with the release: of any other one it is told that it is not."""

    def is_unserved(each: Manifest) -> bool:
        kind = (each.api_version, each.kind)
        return kind not in made.kinds and inventory.serves(*kind) is Sight.ABSENT

    return tuple(each for each in manifests if not is_unserved(each))


def without_packaged(needs: Sequence[Need], made: Release) -> tuple[Need, ...]:
    """The needs without those of a kind that ``crds/`` brings: whether its definition is there, another check says."""

    def is_packaged(need: Need) -> bool:
        makers = made.kinds.get((need.api_version, need.thing.kind), ()) if need.use is Use.KIND else ()
        return any(is_of_crds(each.template) for each in makers)

    return tuple(each for each in needs if not is_packaged(each))


def logins_of(needs: Sequence[Need]) -> frozenset[Thing]:
    """The Secrets that images are pulled with."""
    return frozenset(need.thing for need in needs if need.use is Use.PULL)


def _unseen_instead(need: Need, verdict: Verdict, inventory: Inventory) -> Need:
    """A need of what could not be seen: of the claim, where its class is known to be missing."""
    if verdict is Verdict.UNSEEN and need.unless and inventory.sight(need.thing) is Sight.ABSENT:
        return replace(need, thing=need.unless)
    return need


def _one_finding(need: Need, verdict: Verdict) -> tuple[object, ...]:
    """What needs have in common that are told as one."""
    if need.use is Use.KIND:
        return verdict, need.api_version, need.thing.kind
    if verdict is Verdict.UNSEEN:
        return verdict, *need.thing[:3]
    late = bool(need.user.events) if verdict in (Verdict.TOO_LATE, Verdict.GONE) else need.use is Use.PULL
    return verdict, need.thing, late
