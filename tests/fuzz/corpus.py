"""Inputs that once broke a boundary, or took seconds or gigabytes, by the boundary; each says what happened."""

import base64
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.support.helm_secret import packed, secret, unpacked


class Found(NamedTuple):
    """An input, and what it did."""

    boundary: str
    did: str
    given: bytes | Callable[[], bytes]

    @property
    def content(self) -> bytes:
        return self.given if isinstance(self.given, bytes) else self.given()


def release(**changed: Any) -> bytes:
    """A Secret of Helm's with other fields of the release."""
    content = {**unpacked(secret(1)), **changed}
    return json.dumps({"metadata": {"name": "s"}, "data": {"release": packed(content)}}).encode()


def bomb() -> bytes:
    """A gigabyte of zeros, compressed twice over, as a Secret holds it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    zipped = b"".join(compressor.compress(b"0" * (1 << 20)) for _ in range(256)) + compressor.flush()
    return b'{"metadata": {}, "data": {"release": "%s"}}' % base64.b64encode(base64.b64encode(zipped))


def long_header() -> bytes:
    """An archive whose pax header has 256 MiB."""
    size = 256 << 20
    entry = tarfile.TarInfo("a/Chart.yaml")
    entry.type, entry.size = tarfile.XHDTYPE, size
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [compressor.compress(entry.tobuf(tarfile.USTAR_FORMAT))]
    parts += [compressor.compress(bytes(1 << 20)) for _ in range(256)]
    return b"".join(parts) + compressor.flush()


DEEP = b"[" * 100_000
TABLE = b"[tool.semantic_release]\n"


def _found() -> Iterator[Found]:
    for name in ("release.json", "credentials", "credential helper", "GitHub event", "releaserc.json", "saved plan"):
        yield Found(name, "RecursionError", DEEP)
        yield Found(name, "an integer that no int() takes", b'{"a": ' + b"9" * 5000 + b"}")
        yield Found(
            name, "text that nothing can encode", b'{"version": "\\ud800", "Username": "\\ud800", "Secret": "a"}'
        )
    for name in ("API object", "API refusal", "registry answer", "token answer", "schema"):
        yield Found(name, "RecursionError", DEEP)
        yield Found(name, "OverflowError: cannot convert float infinity to integer", b'{"spec": {"replicas": 1e999}}')
    yield Found("kubeconfig", "RecursionError", b'{"a": ' * 100_000)
    yield Found("pyproject.toml", "2.4 GB", TABLE + b".".join([b"a"] * 20_000) + b" = 1\n")
    yield Found("pyproject.toml", "2.4 GB", TABLE + b"[" + b".".join([b"a"] * 20_000) + b"]\n")
    yield Found("pyproject.toml", "5 s", TABLE + b"a = [" + b"1," * 120_000 + b"]\n")
    yield Found("branch match", "for ever", b"(a+)+b")
    yield Found("branch match", "for ever", b"(a|a)*b")
    yield Found("branch match", "OverflowError", b"a{9999999999}")
    yield Found("credentials", "UnicodeEncodeError", '{"auths": {"ghcr.io": {"auth": "é§"}}}'.encode())
    yield Found(
        "CI variables", "ValueError: Invalid IPv6 URL", b"GITHUB_ACTIONS=true\nGITHUB_SERVER_URL=https://[::1/x"
    )
    yield Found("archive", "2.2 GB", long_header)
    yield Found("commit message", "ValueError of int()", b"fix: a (#" + b"9" * 5000 + b")")
    yield Found("commit message", "ValueError of int()", b"fix: a\n\nCloses: #" + b"9" * 5000)
    yield Found("realm", "ValueError: Invalid IPv6 URL", b"https://[::1/token")
    yield Found("header", "ValueError of a Date", b"Mon, 99 Abc 99999999999999999999 25:61:61 GMT")
    yield Found("commit", "IndexError", b"author A <a@b> 1 +0000\n\nno tree\n")
    yield Found("tree", "ValueError: subsection not found", b"100644 a")
    yield Found("tree", "ValueError: invalid literal for int()", b"100xyz a\0" + b"a" * 20)
    yield Found("version", "ValueError of int()", b"1.2.3-" + b"9" * 5000)
    yield Found("tree", "a file and a folder", b"100644 a\0" + b"a" * 20 + b"40000 a\0" + b"b" * 20)
    yield Found(".helmignore", "5 s", b"?" * 20_000)
    yield Found(".helmignore", "2 s", b"[a-z]" * 6400)
    yield Found("glob", "7 s", b"a/*" * 20_000)
    yield Found("same content", "0.9 s", b"---\n" * 65_000)
    yield Found("values", "2.4 s", b"---\n" * 250_000)
    yield Found("values", "2.5 s", b"".join(b"%d.5: 1\n" % number for number in range(90_000)))
    yield Found("commit message", "0.2 s, and a push may have thousands", b"fix: a" + b" " * 8000 + b"b")
    yield Found("commit message", "100 s", b"feat: " + b"a" * 200_000)
    yield Found("commit message", "100 s", b"fix: a" + b" " * 150_000 + b"b")
    fields: list[tuple[str, Any]] = [("info", "deployed"), ("info", {"status": 7}), ("chart", []), ("config", [1])]
    fields += [
        ("chart", {"metadata": 7}),
        ("version", "x"),
        ("version", [1]),
        ("hooks", [1]),
        ("hooks", 7),
        ("manifest", 1),
    ]
    for field, value in fields:
        yield Found("Helm Secret", "ValueError, TypeError or AttributeError", release(**{field: value}))
    yield Found(
        "Helm Secret", "ValueError", release(info={"status": "failed", "description": "Rollback to " + "9" * 5000})
    )
    yield Found("Helm Secret", "KeyError", b'{"data": {"release": "%s"}}' % packed(unpacked(secret(1))).encode())
    yield Found("Helm Secret", "hundreds of MB", bomb)


FOUND = tuple(_found())
