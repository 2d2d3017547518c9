"""Files of a commit, and what differs between two, from the tree objects themselves where those are few.

A process takes 3 ms; a few dozen trees, from the process that reads objects anyway, take less than one (measured, git
2.39). Where more would have to be read, a process is asked: `git ls-tree` here, `git diff-tree` in diff.py.
"""

import posixpath
from collections.abc import Callable

from jetscale_cicd.model.change import Change
from jetscale_cicd.observe.git.objects import Entry, parse_tree
from jetscale_cicd.observe.git.store import ObjectStore
from jetscale_cicd.tools.git import Git

# Trees that are read one by one, and how many bytes of them at once: to read more of them here takes longer than git.
_TREES = 64
_BYTES = 1 << 15
# So many of them tell how large the others are.
_SAMPLE = 8
_ABSENT = "000000"
Listing = dict[bytes, Entry]
_Pair = tuple[Entry | None, Entry | None]


def files_below(store: ObjectStore, commit: str, path: str) -> tuple[Entry, ...]:
    """Every file below a path, or the path itself where it is a file, in git's order."""
    top = entry_at(store, commit, path)
    if top is None or top.kind != "tree":
        return (top,) if top else ()
    count, level = 0, [top]
    while level:
        count += len(level)
        if count > _TREES:
            return list_files(store.git, commit, path)
        inside = (entry for found in _listings(store, level) for entry in found.values())
        level = [entry for entry in inside if entry.kind == "tree"]
    return tuple(_flat(store, top))


def _flat(store: ObjectStore, folder: Entry) -> list[Entry]:
    found: list[Entry] = []
    for entry in listing(store, folder).values():
        found += _flat(store, entry) if entry.kind == "tree" else [entry]
    return found


def near_changes(
    store: ObjectStore, base: str | None, head: str, within: Callable[[bytes], bool] = lambda _: True
) -> tuple[Change, ...] | None:
    """Every path that differs between two commits, as `git diff-tree -r --raw --no-renames` gives it; None for many.

    Args:
        base: None is the empty tree.
        within: whether the paths below a folder are wanted.
    """
    count, found = 0, list[Change]()
    level: list[_Pair] = [(_root(store, base) if base else None, _root(store, head))]
    while level:
        count += len(level)
        if count > _TREES:
            return None
        folders = [folder for pair in level for folder in pair if folder]
        if _size(store, folders[:_SAMPLE]) * len(folders) > _BYTES * _SAMPLE or _size(store, folders) > _BYTES:
            return None
        _listings(store, folders)
        differing = [pair for folders in level for pair in _differing(store, *folders)]
        found += [change for pair in differing for change in _changes(*pair)]
        level = [both for pair in differing if (both := _folders(*pair, within))]
    return tuple(sorted(found, key=lambda change: change.path))


def _size(store: ObjectStore, folders: list[Entry]) -> int:
    """Bytes of the trees."""
    return sum(map(len, store.blobs(folder.blob for folder in folders).values()))


def _differing(store: ObjectStore, old: Entry | None, new: Entry | None) -> list[_Pair]:
    here, there = (listing(store, folder) if folder else {} for folder in (old, new))
    pairs = ((here.get(name), there.get(name)) for name in here.keys() | there.keys())
    return [(before, after) for before, after in pairs if before != after]


def _folders(before: Entry | None, after: Entry | None, within: Callable[[bytes], bool]) -> _Pair | None:
    """Those of one name that are folders, None where there are none, or none is wanted."""
    old, new = (entry if entry and entry.kind == "tree" else None for entry in (before, after))
    either = old or new
    return (old, new) if either and within(either.path) else None


def _changes(before: Entry | None, after: Entry | None) -> list[Change]:
    """The changes of one name; of a file and a folder each on its own."""
    old, new = (entry if entry and entry.kind != "tree" else None for entry in (before, after))
    if old and new:
        status = "M" if old.kind == new.kind and old.mode[:3] == new.mode[:3] else "T"
        return [Change(status, new.path, old.mode, new.mode, old.blob, new.blob)]
    if new:
        return [Change("A", new.path, _ABSENT, new.mode, "0" * len(new.blob), new.blob)]
    return [Change("D", old.path, old.mode, _ABSENT, old.blob, "0" * len(old.blob))] if old else []


def entry_at(store: ObjectStore, commit: str, path: str) -> Entry | None:
    """The entry at a path, of a folder too; None where the commit has none."""
    entry = _root(store, commit)
    for part in filter(None, posixpath.normpath(f"/{path}").encode("utf-8", "surrogateescape").split(b"/")):
        inside = listing(store, entry).get(part) if entry.kind == "tree" else None
        if inside is None:
            return None
        entry = inside
    return entry


def _root(store: ObjectStore, commit: str) -> Entry:
    return Entry("040000", "tree", store.commit_object(commit).tree, b"")


def listing(store: ObjectStore, folder: Entry) -> Listing:
    """What lies directly in a folder, by name."""
    return _listings(store, [folder])[0]


def _listings(store: ObjectStore, folders: list[Entry]) -> list[Listing]:
    known = store.listings
    unread = [folder for folder in folders if (folder.blob, folder.path) not in known]
    contents = store.blobs(folder.blob for folder in unread)
    for folder in unread:
        path = folder.path + b"/" if folder.path else b""
        entries = parse_tree(contents[folder.blob], path, folder.blob)
        known[folder.blob, folder.path] = {entry.path[len(path) :]: entry for entry in entries}
    return [known[folder.blob, folder.path] for folder in folders]


def list_files(git: Git, commit: str, path: str) -> tuple[Entry, ...]:
    """The same, from one `git ls-tree`."""
    raw = git.ask("ls-tree", "-r", "-z", "--full-tree", commit, "--", path, env={"GIT_LITERAL_PATHSPECS": "1"})
    entries = []
    for line in filter(None, raw.split(b"\0")):
        meta, _, name = line.partition(b"\t")
        mode, kind, blob = meta.decode().split(" ")
        entries.append(Entry(mode, kind, blob, name))
    return tuple(entries)
