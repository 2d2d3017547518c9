"""What a chart archive holds: its files, and the digest that two archives of the same content share."""

import hashlib
import io
import posixpath
import tarfile
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from jetscale_cicd.errors import CannotTellError

# Helm refuses to load more than 100 MiB of a chart (chartutil, MaxDecompressedChartSize).
_MAX_UNPACKED_BYTES = 100 << 20
_BOM = b"\xef\xbb\xbf"


class PackedFile(NamedTuple):
    """A file of an archive; a link is an empty file, as for Helm."""

    name: str
    content: bytes


def read_archive(archive: bytes) -> tuple[PackedFile, ...]:
    """Every file of a chart archive, which is untrusted, in its order; a name that is there twice is so here, too.

    Raises:
        CannotTellError: ``ARCHIVE_UNREADABLE``.
    """
    found: list[PackedFile] = []
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                total += member.size
                if total > _MAX_UNPACKED_BYTES:
                    raise _unreadable(f"it unpacks to more than {_MAX_UNPACKED_BYTES:,} bytes")
                if not member.isdir():
                    content = tar.extractfile(member) if member.isfile() else None
                    found.append(PackedFile(member.name, content.read() if content else b""))
    except (tarfile.TarError, OSError, EOFError, zlib.error) as broken:
        raise _unreadable(str(broken)) from None
    return tuple(found)


def loaded_files(archive: bytes) -> tuple[PackedFile, ...]:
    """Every file as Helm loads it: without the folder that holds all of them, and without a byte order mark.

    Raises:
        CannotTellError: ``ARCHIVE_UNREADABLE``.
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
    except CannotTellError:
        return ""


def twice(files: Iterable[PackedFile]) -> str:
    """A name that is there more than once, "" where there is none."""
    seen: set[str] = set()
    for name, _ in files:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _unreadable(why: str) -> CannotTellError:
    return CannotTellError(
        "ARCHIVE_UNREADABLE", f"the archive cannot be read: {why}", hint="pull it with helm, and inspect it"
    )
