"""What the contract of one target requires and that of the other does not."""

from collections.abc import Iterator, Mapping

from jetscale_cicd.decide.parity.names import Names, common
from jetscale_cicd.model.parity import Difference, DifferenceKind, Side

# By kind, what is required, with the keys that it must have.
Required = Mapping[DifferenceKind, Mapping[str, tuple[str, ...]]]


def contract_differences(
    one: Required, other: Required, names: Names, where: tuple[str, str] = ("", "")
) -> dict[str, Difference]:
    """Each thing that one alone requires, and each key of what both do; names may name the target.

    Args:
        where: of the one and of the other, where its contract is written.
    """
    found = (each for kind in sorted({*one, *other}) for each in _of_kind(kind, one, other, names, where))
    return {each.id: each for each in found}


def _of_kind(
    kind: DifferenceKind, one: Required, other: Required, names: Names, where: tuple[str, str]
) -> Iterator[Difference]:
    mine, theirs = one.get(kind, {}), other.get(kind, {})
    sides = tuple(Side("required", place) for place in where)
    for name, counterpart in names.paired(mine, theirs):
        if name is None or counterpart is None:
            present = (sides[0] if name else None), (sides[1] if counterpart else None)
            yield Difference(kind=kind, subject=name or counterpart or "", one=present[0], other=present[1])
            continue
        for key in sorted(set(mine[name]) ^ set(theirs[counterpart])):
            yield Difference(
                kind=kind,
                subject=f"{common(name, counterpart)}/{key}",
                one=sides[0] if key in mine[name] else None,
                other=sides[1] if key in theirs[counterpart] else None,
            )
