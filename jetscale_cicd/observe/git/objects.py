"""What is in a commit, a tree and a tag, read from the objects themselves."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.commit import FULL_COMMIT_NAME

_HEADER = re.compile(rb"^(tree|parent|committer) (.*)$", re.MULTILINE)
_MAKER = re.compile(rb"^(?:tagger|committer) ([^\n<]{1,200})<", re.MULTILINE)
_TIME = re.compile(rb"> (\d{1,18})(?: [+-]\d+)?$")
_MODE = re.compile(rb"[0-7]{5,6}")


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


def parse_commit(content: bytes, name: str) -> CommitObject:
    """Read a commit object.

    Args:
        name: its own, for the error.

    Raises:
        CannotTellError: ``OBJECT_MALFORMED``, git itself writes no such commit.
    """
    found: dict[bytes, list[bytes]] = {b"tree": [], b"parent": [], b"committer": []}
    for key, value in _HEADER.findall(content.partition(b"\n\n")[0]):
        found[key].append(value)
    time = _TIME.search(found[b"committer"][0]) if found[b"committer"] else None
    names = [each.decode("latin-1") for each in (*found[b"tree"], *found[b"parent"])]
    if len(found[b"tree"]) != 1 or not all(map(FULL_COMMIT_NAME.fullmatch, names)):
        raise _malformed("commit", name)
    return CommitObject(names[0], tuple(names[1:]), int(time[1]) if time else 0)


def parse_tree(content: bytes, folder: bytes, tree: str) -> Iterator[Entry]:
    """Read a tree object; a folder in it is an entry of kind ``tree``.

    Args:
        folder: path of the tree, with a slash at its end where it is not the root.
        tree: its own name.

    Raises:
        CannotTellError: ``OBJECT_MALFORMED``, git itself writes no such tree; one name twice may be file and folder.
    """
    start, names, name_size = 0, set[bytes](), len(tree) // 2
    while start < len(content):
        middle = content.find(b"\0", start)
        mode, _, name = content[start:middle].partition(b" ")
        start = middle + 1 + name_size
        if middle < 0 or start > len(content) or not _MODE.fullmatch(mode):
            raise _malformed("tree", tree, folder)
        if not name or b"/" in name or name in names:
            raise _malformed("tree", tree, folder + name)
        names.add(name)
        kind = "tree" if mode == b"40000" else "commit" if mode == b"160000" else "blob"
        if mode.startswith(b"100"):  # git has only these two; histories of its first years hold more
            mode = b"100755" if int(mode, 8) & 0o100 else b"100644"
        yield Entry(mode.decode().zfill(6), kind, content[middle + 1 : start].hex(), folder + name)


def _malformed(kind: str, name: str, path: bytes = b"") -> CannotTellError:
    return CannotTellError(
        "OBJECT_MALFORMED",
        f"git object {name[:12]} is no {kind} that git writes",
        where=show_path(path) or name,
        hint="git fsck says what is wrong with it; commit the files anew with git itself",
    )


def message_of(content: bytes) -> bytes:
    """The message of an annotated tag, or of a commit."""
    return content.partition(b"\n\n")[2]


def maker_of(content: bytes) -> bytes:
    """The name of the tagger of an annotated tag, or of the committer; b"" where it says none."""
    maker = _MAKER.search(content.partition(b"\n\n")[0])
    return maker[1].strip() if maker else b""
