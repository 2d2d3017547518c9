"""Why manifests differ: what still differs while the values are held equal is explained by no value (docs/adr/0036)."""

from collections.abc import Iterable

from jetscale_cicd.decide.parity.paths import around
from jetscale_cicd.model.parity import Cause, Difference, DifferenceKind, Differences
from jetscale_cicd.model.record import frozen, replace


@frozen(kw_only=True)
class Effects:
    """The ids of what differs between renders that have something in common.

    Args:
        noise: the same render, twice.
        capabilities: all is the same but what the clusters can do.
        others: the same values; all else is that of either target.
    """

    noise: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


def attributed(found: Differences, effects: Effects | None) -> tuple[Difference, ...]:
    """Each difference with its cause, without the fields that values explain.

    Args:
        effects: None where they are not known; then no field is said to be unexplained, and nothing has a cause.
    """
    if effects is None:
        return tuple(each for each in found.values() if each.kind is not DifferenceKind.FIELD)
    causes = (
        (Cause.EVERY_RENDER, _Ids.of(effects.noise)),
        (Cause.CAPABILITIES, _Ids.of(effects.capabilities)),
        (Cause.NAMES, _Ids.of(effects.others)),
    )
    with_cause = (
        replace(each, cause=next((cause for cause, ids in causes if ids.touch(each.id)), Cause.VALUES))
        for each in found.values()
    )
    return tuple(each for each in with_cause if each.kind is not DifferenceKind.FIELD or each.cause is not Cause.VALUES)


@frozen
class _Ids:
    """Ids, and those of all that each is a part of."""

    ids: frozenset[str]
    wholes: frozenset[str]

    @classmethod
    def of(cls, ids: Iterable[str]) -> "_Ids":
        ids = frozenset(ids)
        return cls(ids, around(ids))

    def touch(self, found: str) -> bool:
        """Whether it is one of them, a part of one, or has one as its part."""
        return found in self.wholes or not self.ids.isdisjoint(around((found,)))
