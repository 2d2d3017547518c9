"""Chart archives of a fixed form: order, times and modes depend on the content alone, with helm 3 and helm 4."""

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable

from jetscale_cicd.decide.chart.packed import PackedFile

# Go's default, with which helm compresses; zlib's output is then at most a few percent larger (measured on 1.2.13).
_LEVEL = 6
# RFC 1951 §3.2.4: a stored block holds at most 65,535 bytes.
_MAX_BLOCK_BYTES = 0xFFFF


def pack(files: Iterable[PackedFile], mtime: int, *, compressed: bool = True) -> bytes:
    """A ``.tgz`` of files, sorted, with one time and one mode.

    Helm 3 stamps every entry with the current time and helm 4 some of them; both write subcharts in the order of a Go
    map, which is random (measured on 3.17.3 and 4.3.1).

    Args:
        mtime: time of every entry, in seconds since the epoch.
        compressed: without compression the bytes are the same with any zlib, too, as they were in releases whose tag
            records no content digest.
    """
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w:", format=tarfile.PAX_FORMAT) as target:
        for name, content in sorted(files, key=_order):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), mtime, 0o644
            target.addfile(entry, io.BytesIO(content))
    return _gzip(plain.getvalue(), compressed)


def _order(file: PackedFile) -> tuple[bool, str]:
    """Chart.yaml first, for readers of a stream; then by name."""
    return (file.name.count("/") != 1 or not file.name.endswith("/Chart.yaml"), file.name)


def _gzip(content: bytes, compressed: bool) -> bytes:
    """A gzip member (RFC 1952 §2.3: no name, no time, unknown system)."""
    header = b"\x1f\x8b\x08\x00" + b"\0" * 4 + b"\x00\xff"
    body = _deflated(content) if compressed else _stored(content)
    return header + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def _deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def _stored(content: bytes) -> bytes:
    blocks = [content[start : start + _MAX_BLOCK_BYTES] for start in range(0, len(content), _MAX_BLOCK_BYTES)] or [b""]
    return b"".join(
        struct.pack("<BHH", index == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for index, block in enumerate(blocks)
    )
