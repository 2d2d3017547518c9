"""What differs between two commits: the paths that are watched at once, the number of all others on the side."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import filterfalse, islice
from typing import Any

from jetscale_cicd.decide.scope import Globs, pathspec
from jetscale_cicd.model.change import Change, ChangeSet, Comparison, Counted
from jetscale_cicd.tools.git import Git

# The name of the empty tree, per object format: what `git hash-object -t tree /dev/null` says.
_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_DIFF = (
    *("diff-tree", "-r", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"),
    *("--no-relative", "--ignore-submodules=none", "-O/dev/null"),
)
# Paths that no scope watches, shown so that it is clear what did not count.
_EXAMPLES = 3
# More pathspecs than this take git longer than all of an ordinary diff, and some day more than a command line holds.
_PATHSPECS = 100

Names = Callable[[], bytes]


def begin_names(git: Git, comparison: Comparison) -> Names:
    """Start listing every path that differs, and give what waits for the list."""
    return git.begin(*_listing(comparison))


def choose_watched(comparison: Comparison, changes: Sequence[Change], watch: Sequence[str]) -> ChangeSet:
    """The change set of a diff that is known already."""
    matches = Globs(tuple(watch)).expression.fullmatch
    watched = tuple(change for change in changes if matches(change.path))
    others = islice((change.path for change in changes if not matches(change.path)), _EXAMPLES)
    return ChangeSet(comparison, watched, partial(Counted, len(changes), tuple(others)))


def watched_changes(git: Git, comparison: Comparison, watch: Sequence[str], names: Names | None) -> ChangeSet:
    """The watched paths that differ between the two ends, renames as deletion plus addition.

    13,000 changes take git 20 ms, and 4 ms where it leaves out the folders that hold no watched path (measured).

    Args:
        comparison: full object names; base None is the empty tree.
        watch: globs of the paths that a scope watches.
        names: the names of all changed paths, where listing them has begun; else git lists them when asked for.
    """
    limits = tuple(map(pathspec, watch)) if 0 < len(watch) <= _PATHSPECS else ()
    raw = git.ask(*_DIFF, "--raw", *_ends(comparison), "--", *limits) if watch else b""
    fields = raw.split(b"\0")
    matches = Globs(tuple(watch)).expression.fullmatch
    watched = tuple(_change(meta, path) for meta, path in zip(fields[::2], fields[1::2], strict=False) if matches(path))
    counted = _CountedByGit(names or partial(git.ask, *_listing(comparison)), matches)
    return ChangeSet(comparison, watched, counted)


class _CountedByGit:
    """The number of all changed paths, taken from git's list when it is first asked for.

    A copy holds the number, because git cannot be copied. It is no dataclass, whose fields `dataclasses.asdict` copies.

    Args:
        names: waits for the list.
        matches: whether a scope watches a path.
    """

    def __init__(self, names: Names, matches: Callable[[bytes], object]) -> None:
        self._names = names
        self._matches = matches

    def __call__(self) -> Counted:
        """Wait for the list."""
        return self._counted

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the number."""
        return partial, (Counted, *self._counted)

    @cached_property
    def _counted(self) -> Counted:
        listed = self._names().split(b"\0")[:-1]
        return Counted(len(listed), tuple(islice(filterfalse(self._matches, listed), _EXAMPLES)))


def _listing(comparison: Comparison) -> tuple[str, ...]:
    return (*_DIFF, "--name-only", *_ends(comparison), "--")


def _ends(comparison: Comparison) -> tuple[str, str]:
    return comparison.base or _EMPTY_TREE[len(comparison.head)], comparison.head


def _change(meta: bytes, path: bytes) -> Change:
    old_mode, new_mode, old_blob, new_blob, status = meta.decode("ascii")[1:].split(" ")
    return Change(status[0], path, old_mode, new_mode, old_blob, new_blob)
