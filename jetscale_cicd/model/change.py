"""Changed paths, and the two commits that are compared."""

from dataclasses import dataclass
from typing import NamedTuple


def show_path(path: bytes) -> str:
    r"""A path as text: UTF-8, with unprintable characters and other bytes as ``\xNN``, so that it forges no output."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


class Change(NamedTuple):
    """One path that differs between two commits, as ``git diff-tree --raw --no-renames`` reports it.

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
    """The two commits that are compared; ``base`` is None for the empty tree, where nothing was ever released.

    Args:
        how: how base was found.
        certain: whether base is certainly the right one.
    """

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
