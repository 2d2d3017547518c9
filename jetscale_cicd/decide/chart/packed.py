"""What a chart archive holds: its files, and the digest that two archives of the same content share."""

import hashlib
import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jetscale_cicd.decide.chart.tar_reader import MAX_CONTENT_BYTES, BrokenArchive, RefusedMember, read_members
from jetscale_cicd.errors import CannotTellError, VerificationError

_MAX_DEPTH = 5
_BOM = b"\xef\xbb\xbf"
_HINT = "do not use it before it is clear who made it; pack it again with helm package"


class PackedFile(NamedTuple):
    """A file of an archive."""

    name: str
    content: bytes


def read_archive(archive: bytes) -> tuple[PackedFile, ...]:
    """Every file of a chart archive, which is untrusted, in its order.

    Raises:
        CannotTellError: ``ARCHIVE_UNREADABLE``.
        VerificationError: ``ARCHIVE_REFUSED``, it holds a link, a device, a name that leads elsewhere, or a file of
            which Helm would load two.
    """
    try:
        found = tuple(PackedFile(name.decode(), content) for name, content in read_members(archive))
    except BrokenArchive as broken:
        raise _unreadable(str(broken)) from None
    except RefusedMember as refused:
        raise VerificationError(
            "ARCHIVE_REFUSED", f"the archive holds what no chart has: {refused}", hint=_HINT
        ) from None
    if name := _twice(_inside(file.name) for file in found):
        message = f"the archive holds {name} more than once, and helm reads both"
        raise VerificationError("ARCHIVE_REFUSED", message, hint=_HINT)
    return found


def nested_files(archive: bytes) -> Iterator[PackedFile]:
    """Every file, those of packed subcharts too, whose names follow that of their archive; bounded as one archive.

    Raises:
        Stage6Error: as ``read_archive``.
    """
    yield from _nested(archive, "", _MAX_DEPTH, [MAX_CONTENT_BYTES])


def _nested(archive: bytes, prefix: str, depth: int, left: list[int]) -> Iterator[PackedFile]:
    for name, content in read_archive(archive):
        left[0] -= len(content)
        if left[0] < 0 or not depth:
            raise _unreadable("its subcharts hold too much, or are nested too deep")
        yield PackedFile(prefix + name, content)
        if name.endswith(".tgz") and "/charts/" in name:
            yield from _nested(content, f"{prefix}{name}!/", depth - 1, left)


def loaded_files(archive: bytes) -> tuple[PackedFile, ...]:
    """Every file as Helm loads it: without the folder that holds all of them, and without a byte order mark.

    Raises:
        Stage6Error: as ``read_archive``.
    """
    return tuple(PackedFile(_inside(file.name), file.content.removeprefix(_BOM)) for file in read_archive(archive))


def _inside(name: str) -> str:
    """The path below the first folder (Helm's ``LoadArchiveFiles``: with ``\\`` too, and cleaned)."""
    delimiter = "\\" if "\\" in name else "/"
    return posixpath.normpath(name.partition(delimiter)[2].replace(delimiter, "/"))


def content_digest(files: Iterable[PackedFile]) -> str:
    """``sha256:…`` over the names and bytes of all files, whatever their order, times, modes and compression."""
    digest = hashlib.sha256()
    for name, content in sorted(files):
        raw = name.encode("utf-8", "surrogateescape")
        digest.update(b"%d %d\n%b%b" % (len(raw), len(content), raw, content))
    return f"sha256:{digest.hexdigest()}"


def content_of(archive: bytes) -> str:
    """The content digest of an archive; "" of what is none, which has the content of no package."""
    try:
        return content_digest(read_archive(archive))
    except (CannotTellError, VerificationError):
        return ""


def _twice(names: Iterable[str]) -> str:
    """A name that is there more than once, "" where there is none."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _unreadable(why: str) -> CannotTellError:
    return CannotTellError(
        "ARCHIVE_UNREADABLE", f"the archive cannot be read: {why}", hint="pull it with helm, and inspect it"
    )
