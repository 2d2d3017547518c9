"""Changed paths, and how the two ends of the comparison were found."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Every changed path of a comparison: how many, those that somebody watches, and the first few of the others."""

    comparison: Comparison
    count: int
    watched: tuple[Change, ...]
    unwatched: tuple[bytes, ...] = ()
