"""Archives of charts, packed by hand: also such as no packer writes."""

import gzip
import io
import tarfile

CHART = "c/Chart.yaml"
CHART_YAML = b"apiVersion: v2\nname: c\nversion: 0.1.0\n"
Entry = tuple[str, bytes, dict[str, object]]


def tar(*entries: Entry, form: int = tarfile.GNU_FORMAT, chart: bool = True) -> bytes:
    """A plain tar; each entry is a name, a content and further fields."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:", format=form) as target:
        for name, content, fields in (*([(CHART, CHART_YAML, {})] if chart else []), *entries):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in fields.items():
                setattr(entry, key, value)
            target.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def tgz(*entries: Entry, form: int = tarfile.GNU_FORMAT, chart: bool = True) -> bytes:
    """The same, compressed."""
    return gzip.compress(tar(*entries, form=form, chart=chart), mtime=0)


def block(
    name: bytes, kind: bytes, size: int = 0, *, magic: bytes = b"ustar\x0000", prefix: bytes = b"", mode: int = 0o644
) -> bytes:
    """A header as written by hand."""
    fields = [name.ljust(100, b"\0"), b"%07o\0" % mode + b"0000000\0" * 2, b"%011o\0" % size, b"0" * 11 + b"\0"]
    head = b"".join(fields) + b" " * 8 + kind + bytes(100) + magic + bytes(80) + prefix.ljust(155, b"\0") + bytes(12)
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)
