"""Reproducible archives: the same content gives the same bytes on any machine, with helm 3 and helm 4."""

import io
import struct
import tarfile
import zlib

# RFC 1951 §3.2.4: a stored block holds at most 65,535 bytes.
_MAX_BLOCK_BYTES = 0xFFFF


def normalise(archive: bytes, mtime: int) -> bytes:
    """Rewrite a chart archive so that its bytes depend on names and contents alone.

    Helm 3 stamps every entry with the current time and helm 4 some of them; both write subcharts in the order of a Go
    map, which is random (measured on 3.17.3 and 4.3.1). Compression is left out: zlib and zlib-ng give different bytes
    for one input, and the digest of the archive is its identity.

    Args:
        archive: a ``.tgz`` as `helm package` writes it.
        mtime: time of every entry, in seconds since the epoch.
    """
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as source,
        tarfile.open(fileobj=plain, mode="w:", format=tarfile.PAX_FORMAT) as target,
    ):
        for member in sorted(filter(tarfile.TarInfo.isfile, source.getmembers()), key=_order):
            content = source.extractfile(member)
            entry = tarfile.TarInfo(member.name)
            entry.size, entry.mtime, entry.mode = member.size, mtime, 0o644
            target.addfile(entry, content)
    return _gzip_stored(plain.getvalue())


def _order(member: tarfile.TarInfo) -> tuple[bool, str]:
    """Chart.yaml first, for readers of a stream; then by name."""
    return (member.name.count("/") != 1 or not member.name.endswith("/Chart.yaml"), member.name)


def _gzip_stored(content: bytes) -> bytes:
    """A gzip member of stored blocks (RFC 1952 §2.3: no name, no time, unknown system)."""
    blocks = [content[start : start + _MAX_BLOCK_BYTES] for start in range(0, len(content), _MAX_BLOCK_BYTES)] or [b""]
    body = b"".join(
        struct.pack("<BHH", index == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for index, block in enumerate(blocks)
    )
    return (
        b"\x1f\x8b\x08\x00"
        + b"\0" * 4
        + b"\x00\xff"
        + body
        + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    )
