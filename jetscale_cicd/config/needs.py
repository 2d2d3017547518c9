"""The order of targets: those that a target needs come before it."""

from collections.abc import Iterator, Sequence

from jetscale_cicd.model.shown import quoted
from jetscale_cicd.model.target import Target


def wrong_needs(targets: Sequence[Target]) -> Iterator[tuple[Target, str]]:
    """Each target that needs what is no target, or, over others or not, itself; and why that is wrong."""
    names = dict.fromkeys(target.name for target in targets)
    for target in targets:
        for name in target.needs:
            if name not in names:
                yield target, f"needs {quoted(name)}, which is no target; targets are: {', '.join(names)}"
    if circle := _circle(targets):
        first = next(target for target in targets if target.name in circle)
        yield first, f"needs itself: {' needs '.join(circle)}"


def in_order(targets: Sequence[Target]) -> tuple[Target, ...]:
    """The targets after those that they need, else in their own order.

    Raises:
        ValueError: one needs itself.
    """
    if not any(target.needs for target in targets):
        return tuple(targets)
    placed: dict[str, Target] = {}
    left = list(targets)
    while left:
        left_names = {target.name for target in left}
        ready = next((target for target in left if not left_names.intersection(target.needs)), None)
        if ready is None:
            raise ValueError("a target needs itself")
        placed[ready.name] = ready
        left.remove(ready)
    return tuple(placed.values())


def _circle(targets: Sequence[Target]) -> list[str]:
    """The names along a circle, the first of them again at the end; empty where there is none."""
    if not any(target.needs for target in targets):
        return []
    from graphlib import CycleError, TopologicalSorter

    try:
        TopologicalSorter({target.name: target.needs for target in targets}).prepare()
    except CycleError as found:
        # The error has them from what is needed to what needs it.
        return [str(name) for name in reversed(found.args[1])]
    return []
