"""What differs between two commits: the paths that are watched at once, the number of all others on the side."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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
_NAME = re.compile(rb"[^\0]+")
# Paths that no scope watches, shown so that it is clear what did not count.
_EXAMPLES = 3
# More pathspecs than this take git longer than all of an ordinary diff, and some day more than a command line holds.
_PATHSPECS = 100

Names = Callable[[], bytes]


def begin_names(git: Git, comparison: Comparison) -> None:
    """Start listing every path that differs."""
    git.begin(*_listing(comparison), lasts=True)


def choose_watched(comparison: Comparison, changes: Sequence[Change], watch: Globs) -> ChangeSet:
    """The change set of a diff that is known already."""
    matches = watch.expression.fullmatch
    watched = tuple(change for change in changes if matches(change.path))
    others = islice((change.path for change in changes if not matches(change.path)), _EXAMPLES)
    return ChangeSet(comparison, watched, partial(Counted, len(changes), tuple(others)))


def watched_changes(git: Git, comparison: Comparison, watch: Globs, known: Sequence[Change] | None) -> ChangeSet:
    """The watched paths that differ between the two ends, renames as deletion plus addition.

    13,000 changes take git 20 ms, and 4 ms where it leaves out the folders that hold no watched path (measured).

    Args:
        comparison: full object names; base None is the empty tree.
        watch: the paths that a scope watches.
        known: the changes, all watched ones among them, where they are known; else git is asked for them.
    """
    matches = watch.expression.fullmatch
    changes = _ask_git(git, comparison, watch) if known is None else known
    watched = tuple(change for change in changes if matches(change.path))
    return ChangeSet(comparison, watched, _CountedByGit(partial(git.ask, *_listing(comparison)), matches))


def _ask_git(git: Git, comparison: Comparison, watch: Globs) -> Iterator[Change]:
    patterns = watch.patterns
    limits = tuple(map(pathspec, patterns)) if 0 < len(patterns) <= _PATHSPECS else ()
    raw = git.ask(*_DIFF, "--raw", *_ends(comparison), "--", *limits) if patterns else b""
    fields = raw.split(b"\0")
    return map(_change, fields[::2], fields[1::2])


def touching_commits(git: Git, commits: Iterable[str], limits: Sequence[str], watch: Globs) -> frozenset[str]:
    """Those of some commits that changed a watched path against their parent, or are the first of a history.

    Args:
        commits: full names, none of a merge.
        limits: pathspecs that match every watched path.
    """
    names = "".join(f"{commit}\n" for commit in commits).encode()
    raw = git.ask(*_DIFF, "--raw", "--root", "--stdin", "--", *limits, stdin=names) if names else b""
    touching, commit = set[str](), ""
    fields = iter(raw.split(b"\0")[:-1])
    for field in fields:
        if not field.startswith(b":"):
            commit = field.decode("ascii")
        elif watch.expression.fullmatch(next(fields)):
            touching.add(commit)
    return frozenset(touching)


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
        listed = self._names()
        names = (match[0] for match in _NAME.finditer(listed))
        return Counted(listed.count(b"\0"), tuple(islice(filterfalse(self._matches, names), _EXAMPLES)))


def _listing(comparison: Comparison) -> tuple[str, ...]:
    return (*_DIFF, "--name-only", *_ends(comparison), "--")


def _ends(comparison: Comparison) -> tuple[str, str]:
    return comparison.base or _EMPTY_TREE[len(comparison.head)], comparison.head


def _change(meta: bytes, path: bytes) -> Change:
    old_mode, new_mode, old_blob, new_blob, status = meta.decode("ascii")[1:].split(" ")
    return Change(status[0], path, old_mode, new_mode, old_blob, new_blob)
