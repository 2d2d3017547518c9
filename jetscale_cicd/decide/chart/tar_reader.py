"""A ``.tar.gz`` as helm's reader takes it apart, where nobody is trusted: what could be read in two ways is refused.

``tarfile`` reads what a header claims into memory whatever its size, and may never end on a crafted sparse file
(measured on Python 3.11), and it and Go's ``archive/tar`` name some members differently: a file that one of them
does not see is not compared. So only plain files and folders are read, in the forms that helm, GNU tar and bsdtar
write (POSIX pax and ustar; GNU tar's manual, "Basic Tar Format"), and everything else is an error.
"""

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

# Helm refuses to load more than 100 MiB of a chart (chartutil, MaxDecompressedChartSize); headers come on top.
MAX_CONTENT_BYTES = 100 << 20
_MAX_UNPACKED_BYTES = 128 << 20
MAX_MEMBERS = 20_000
_MAX_HEADER_BYTES = 64 << 10
_MAX_NAME_BYTES = 4096
_DRIVE = re.compile(rb"[A-Za-z]:")
_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_POSIX, _GNU = b"ustar\x0000", b"ustar  \0"
_OLD_FILE = b"\0"
_FILES, _FOLDER, _PAX, _PAX_GLOBAL, _GNU_LONG_NAME = (b"0", _OLD_FILE), b"5", b"x", b"g", b"L"
_PERMISSIONS, _IS_FOLDER, _IS_FILE = 0o7777, 0o040000, 0o100000
_OTHER = {b"1": "a hard link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"6": "a pipe"}


class BrokenArchive(Exception):  # noqa: N818 - the caller turns it into the error of its step
    """The bytes are no archive, or more than may be unpacked; the message is the reason."""


class RefusedMember(Exception):  # noqa: N818 - the caller turns it into the error of its step
    """A member that is no plain file or folder with an ordinary name; the message names it."""


class Member(NamedTuple):
    """A plain file: its name as it is written, and its content."""

    name: bytes
    content: bytes


def read_members(archive: bytes) -> Iterator[Member]:
    """Every plain file of an archive, in its order.

    Raises:
        BrokenArchive: it cannot be read, or holds too much.
        RefusedMember: it holds something else.
    """
    data = _unpacked(archive)
    at = count = total = 0
    extension: _Header | None = None
    while header := _header(data, at):
        count += 1
        total += header.size
        if count > MAX_MEMBERS or total > MAX_CONTENT_BYTES:
            raise BrokenArchive(f"it unpacks to more than {MAX_MEMBERS:,} files or {MAX_CONTENT_BYTES:,} bytes")
        content = data[at + _BLOCK : at + _BLOCK + header.size]
        if len(content) != header.size:
            raise BrokenArchive("it ends in the middle of a file")
        at += _BLOCK + -(-header.size // _BLOCK) * _BLOCK
        if header.kind in (_PAX, _PAX_GLOBAL, _GNU_LONG_NAME):
            if header.size > _MAX_HEADER_BYTES or extension:  # of two, each reader takes another one
                raise BrokenArchive("a header is too large, or follows another one")
            # Neither Go nor Helm applies a global one.
            extension = None if header.kind == _PAX_GLOBAL else header._replace(name=_long_name(header.kind, content))
            continue
        member = Member((extension.name if extension else b"") or header.name, content)
        extension = None
        if _is_file(header, member.name):
            yield member
    if extension:
        raise BrokenArchive("it ends after a header")


class _Header(NamedTuple):
    name: bytes
    size: int
    kind: bytes
    mode: int


def _unpacked(archive: bytes) -> bytes:
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)  # one gzip member
    try:
        data = unpack.decompress(archive, _MAX_UNPACKED_BYTES)
    except zlib.error as broken:
        raise BrokenArchive(str(broken)) from None
    if unpack.unconsumed_tail:
        raise BrokenArchive(f"it unpacks to more than {_MAX_UNPACKED_BYTES:,} bytes")
    if not unpack.eof:
        raise BrokenArchive("it ends too early")
    if unpack.unused_data:
        raise BrokenArchive("something follows it")
    return data


def _header(data: bytes, at: int) -> _Header | None:
    """The header at a place; None at the end of the archive, which is two blocks of zeros, or where the data ends."""
    block = data[at : at + _BLOCK]
    if block in (b"", _ZEROS):
        if data.count(0, at) != len(data) - at:
            raise BrokenArchive("something follows its end")
        return None
    if len(block) != _BLOCK or not _is_sound(block):
        raise BrokenArchive("a header is damaged")
    magic, prefix = block[257:265], _text(block[345:500])
    if magic not in (_POSIX, _GNU, bytes(8)) or block[508:512] == b"tar\0":
        raise BrokenArchive("it has another format than those of POSIX and of GNU")
    if prefix and magic != _POSIX:
        raise BrokenArchive("a header has a part that readers take for different things")
    name = _text(block[:100])
    whole = prefix + b"/" + name if prefix else name
    return _Header(whole, _number(block[124:136]), block[156:157], _number(block[100:108]))


def _is_sound(block: bytes) -> bool:
    """Whether the sum of a header is right (POSIX, pax: ustar Interchange Format)."""
    return _number(block[148:156]) == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _number(octal: bytes) -> int:
    digits = octal.lstrip(b" ").rstrip(b" \0")  # a zero before a number ends it for Python, and not for Go
    if digits.strip(b"01234567"):
        raise BrokenArchive("a header holds no number where there must be one")
    return int(digits or b"0", 8)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _long_name(kind: bytes, content: bytes) -> bytes:
    """The name that a header gives the next member, b"" where it is about something else."""
    if kind == _GNU_LONG_NAME:
        name = content.rstrip(b"\0")
        if b"\0" in name or not name:
            raise BrokenArchive("a header is damaged")
        return name
    found = b""
    while content:
        length, _, rest = content.partition(b" ")
        size = int(length) if length.isdigit() and len(length) < 6 else 0
        record = rest[: size - len(length) - 1]
        content = content[size:] if size else b""
        key, equals, value = record.partition(b"=")
        whole = size and equals and len(record) == size - len(length) - 1 and record.endswith(b"\n")
        if not whole or b"\0" in record:  # Go refuses a zero in a name, and others end the name there
            raise BrokenArchive("a header is damaged")
        if key == b"size" or key.startswith(b"GNU.sparse"):
            raise RefusedMember(f"{_shown(found or b'a member')} has a size of its own kind")
        found = value[:-1] if key == b"path" else found
    return found


def _is_file(header: _Header, name: bytes) -> bool:
    """Whether a member is a file; False for a folder.

    Raises:
        RefusedMember: it is neither, or has a name that leads elsewhere.
    """
    shown = _shown(name)
    if header.kind not in (*_FILES, _FOLDER):
        raise RefusedMember(f"{shown} is {_OTHER.get(header.kind, 'of a kind that no chart has')}")
    if not name or len(name) > _MAX_NAME_BYTES or (not name.isascii() and not _is_utf8(name)):
        raise RefusedMember(f"a name of {len(name):,} bytes that is not text")
    parts = name.split(b"/")
    inside = parts[1:]  # of the folder that holds the chart
    if not parts[0] or b".." in parts or (inside[1:] and not inside[0]) or (inside and _DRIVE.fullmatch(inside[0])):
        raise RefusedMember(f"{shown} leads out of the archive")
    if b"\\" in name:  # helm takes it for a slash, and others for a character
        raise RefusedMember(f"{shown} has a backslash in its name")
    # Go takes an old member for a folder by its name, and any by its mode; helm leaves folders out.
    folder = header.kind == _FOLDER or (header.kind == _OLD_FILE and name.endswith(b"/"))
    if header.mode & ~_PERMISSIONS not in (0, _IS_FOLDER if folder else _IS_FILE):
        raise RefusedMember(f"{shown} has the mode of something else")
    if folder and header.size:
        raise RefusedMember(f"{shown} is a folder with content")
    if not folder and name.endswith(b"/"):
        raise RefusedMember(f"{shown} is a file with the name of a folder")
    return not folder


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(name: bytes) -> str:
    text = name[:100].decode("utf-8", "replace")
    return repr(text) if not text.isprintable() else text
