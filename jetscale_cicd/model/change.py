"""Changed paths, and how the two ends of the comparison were found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


def show_path(path: bytes) -> str:
    r"""A path for people and JSON: UTF-8, and control or foreign bytes as ``\xNN``, so that no name forges output."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


class Change(NamedTuple):
    """One path that differs between two commits, as ``git diff-tree --raw --no-renames`` tells it.

    Modes are git's octal modes (``100644``, ``120000`` symlink, ``160000`` submodule, ``000000`` absent); blobs are
    object names.
    """

    status: str
    path: bytes
    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str


class Comparison(NamedTuple):
    """Two ends of a comparison: ``base`` is None for the empty tree (nothing was ever released)."""

    base: str | None
    head: str
    how: str
    certain: bool = True


class Counted(NamedTuple):
    """Every changed path of a comparison: how many there are, and the first few that are not watched."""

    total: int
    unwatched: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The changes of a comparison that a scope watches; a decision needs no others, so they are counted on the side.

    Args:
        counted: waits for the number of all changed paths; it may raise what asking git raises.
    """

    comparison: Comparison
    watched: tuple[Change, ...]
    counted: Callable[[], Counted] = field(compare=False, repr=False)

    @property
    def count(self) -> int:
        """How many paths differ, watched or not."""
        return self.counted().total

    @property
    def unwatched(self) -> tuple[bytes, ...]:
        """The first few of the others."""
        return self.counted().unwatched
