"""Changed paths, and the two commits that are compared."""

from collections.abc import Callable
from typing import NamedTuple

from jetscale_cicd.model.record import field, frozen


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

    @property
    def same_bytes(self) -> bool:
        """Whether both ends have the same bytes at the path: a mode alone differs, or a link stands for them."""
        files = self.old_mode.startswith("100") and self.new_mode.startswith("100")
        return files and self.old_blob == self.new_blob


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


class Counted(NamedTuple):
    """Every changed path of a comparison: how many there are, and the first few that are not watched."""

    total: int
    unwatched: tuple[bytes, ...] = ()


@frozen
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
