"""What is in a commit, a tree and a tag, read from the objects themselves."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_HEADER = re.compile(rb"^(tree|parent|committer) (.*)$", re.MULTILINE)
_MAKER = re.compile(rb"^(?:tagger|committer) ([^\n<]{1,200})<", re.MULTILINE)
_TIME = re.compile(rb"> (\d{1,18})(?: [+-]\d+)?$")


class Entry(NamedTuple):
    """One path of a commit's tree."""

    mode: str
    kind: str
    blob: str
    path: bytes


class CommitObject(NamedTuple):
    """A commit: its tree, its parents, and its committer time in epoch seconds (0 where it says none)."""

    tree: str
    parents: tuple[str, ...]
    time: int


def parse_commit(content: bytes) -> CommitObject:
    """Read a commit object."""
    found: dict[bytes, list[bytes]] = {b"tree": [], b"parent": [], b"committer": []}
    for key, value in _HEADER.findall(content.partition(b"\n\n")[0]):
        found[key].append(value)
    time = _TIME.search(found[b"committer"][0]) if found[b"committer"] else None
    parents = tuple(parent.decode() for parent in found[b"parent"])
    return CommitObject(found[b"tree"][0].decode(), parents, int(time[1]) if time else 0)


def parse_tree(content: bytes, folder: bytes, name_size: int) -> Iterator[Entry]:
    """Read a tree object; a folder in it is an entry of kind ``tree``.

    Args:
        folder: path of the tree, with a slash at its end where it is not the root.
        name_size: bytes of an object name.
    """
    start = 0
    while start < len(content):
        middle = content.index(b"\0", start)
        mode, _, name = content[start:middle].partition(b" ")
        start = middle + 1 + name_size
        kind = "tree" if mode == b"40000" else "commit" if mode == b"160000" else "blob"
        if mode.startswith(b"100"):  # git has only these two; histories of its first years hold more
            mode = b"100755" if int(mode, 8) & 0o100 else b"100644"
        yield Entry(mode.decode().zfill(6), kind, content[middle + 1 : start].hex(), folder + name)


def message_of(content: bytes) -> bytes:
    """The message of an annotated tag, or of a commit."""
    return content.partition(b"\n\n")[2]


def maker_of(content: bytes) -> bytes:
    """The name of the tagger of an annotated tag, or of the committer; b"" where it says none."""
    maker = _MAKER.search(content.partition(b"\n\n")[0])
    return maker[1].strip() if maker else b""
