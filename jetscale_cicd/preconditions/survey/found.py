"""What a check finds."""

import copy
from collections.abc import Iterable
from typing import NamedTuple

from jetscale_cicd.errors import Stage6Error


class NotChecked(NamedTuple):
    """The result of a check that cannot be made here, and why; it does not stop a run."""

    why: str


class Noted(NamedTuple):
    """The result of a check that holds, and what a run is going to do for it."""

    why: str


class Findings(NamedTuple):
    """What does not hold, what only has to be known, and what is said where neither is.

    Args:
        warnings: what a deploy can do without.
        note: shown where nothing was found.
    """

    errors: tuple[Stage6Error, ...]
    warnings: tuple[Stage6Error, ...] = ()
    note: str = ""


def placed(errors: Iterable[Stage6Error], key: str) -> tuple[Stage6Error, ...]:
    """Errors that name the key of the configuration, too, because of which it is checked."""
    found = tuple(map(copy.copy, errors))
    for error in found:
        error.where = f"{key}: {error.where}" if error.where else key
    return found


Found = NotChecked | Noted | Findings | tuple[Stage6Error, ...]
"""What a check of a survey found: everything that does not hold, or cannot be told; () where all of it holds."""
