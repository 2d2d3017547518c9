"""An archive is read as helm reads it, and one that could be read in two ways is refused."""

import gzip
import io
import tarfile
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jetscale_cicd.decide.chart.packed import read_archive
from jetscale_cicd.errors import CannotTellError, Stage6Error, VerificationError
from tests.support.archives import CHART, CHART_YAML, block, padded, tar, tgz


def code(archive: bytes) -> str:
    with pytest.raises(Stage6Error) as refused:
        read_archive(archive)
    return refused.value.code


FILE = block(b"c/x", b"0", 1) + padded(b"x")
END = bytes(1024)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_what_common_packers_write_is_read(form: int) -> None:
    long = "c/templates/" + "n" * 80 + "/" + "m" * 60 + ".yaml"
    found = read_archive(tgz(("c/templates", b"", {"type": tarfile.DIRTYPE}), (long, b"text", {}), form=form))
    assert dict(found) == {CHART: CHART_YAML, long: b"text"}


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_devices_and_pipes_are_refused(kind: bytes) -> None:
    assert code(tgz(("c/link", b"", {"type": kind, "linkname": "/etc/passwd"}))) == "ARCHIVE_REFUSED"


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "c/../../x", "c/..", "\\x", "c/C:/x", "c//Chart.yaml"])
def test_names_that_lead_out_of_the_archive_are_refused(name: str) -> None:
    assert code(tgz((name, b"x", {}))) == "ARCHIVE_REFUSED"


@pytest.mark.parametrize("name", [CHART, "c/./Chart.yaml", "other/Chart.yaml", "./Chart.yaml"])
def test_a_file_that_helm_would_load_twice_is_refused(name: str) -> None:
    assert code(tgz((name, b"evil: true\n", {}))) == "ARCHIVE_REFUSED"


@pytest.mark.parametrize(
    "plain",
    [
        block(b"c/x", b"S", 1) + padded(b"x"),
        block(b"c/x", b"x", 22) + padded(b"22 GNU.sparse.major=1\n") + FILE,
        block(b"c/x", b"x", 11) + padded(b"11 size=10\n") + FILE,
        block(b"c/x", b"5", 1) + padded(b"x"),
        block(b"c/x/", b"0", 1) + padded(b"x"),
        block(b"c/\xff", b"0", 1) + padded(b"x"),
        block(b"", b"0", 1) + padded(b"x"),
        block(b"c/values.yaml/", b"0"),
        block(b"c\\values.schema.json", b"0", 1) + padded(b"x"),
        block(b"c/x", b"0", 1, mode=0o040644) + padded(b"x"),
        block(b"c/x", b"\0", 1, mode=0o120644) + padded(b"x"),
        block(b"c/x", b"5", mode=0o100755),
    ],
)
def test_members_that_are_no_plain_file_for_every_reader_are_refused(plain: bytes) -> None:
    assert code(gzip.compress(plain + END)) == "ARCHIVE_REFUSED"


@pytest.mark.parametrize(
    "plain",
    [
        FILE[:600],
        FILE[:512],
        FILE[:100],
        FILE + b"x" * 512,
        FILE + bytes(512) + FILE + END,
        FILE + END + b"x" * 512,
        bytes([FILE[0] ^ 1]) + FILE[1:] + END,
        block(b"c/x", b"0", 1, magic=b"other\0\0\0") + padded(b"x") + END,
        block(b"c/x", b"0", 1, magic=b"ustar  \0", prefix=b"p") + padded(b"x") + END,
        block(b"c/x", b"x", 12) + padded(b"12 path=c/y\n") + END,
        block(b"c/x", b"x", 12) + padded(b"12 path=c/y\n") + block(b"", b"L", 3) + padded(b"c/z") + FILE + END,
        block(b"c/x", b"x", 12) + padded(b"12 path=c/y\n") + block(b"", b"g", 0) + FILE + END,
        block(b"c/x", b"x", 12) + padded(b"99 path=c/y\n") + FILE + END,
        block(b"c/x", b"x", 100_000) + padded(b"12 path=c/y\n" * 9000)[:100_352] + FILE + END,
        b"".join(block(b"c/%d" % number, b"0") for number in range(20_001)) + END,
    ],
)
def test_what_readers_take_for_different_things_is_no_archive(plain: bytes) -> None:
    assert code(gzip.compress(plain)) == "ARCHIVE_UNREADABLE"


@pytest.mark.parametrize(
    "archive",
    [b"", b"\x1f\x8b", tgz()[:-9], tgz() + b"\0", tgz() + tgz()],
    ids=["nothing", "magic", "cut", "followed", "two"],
)
def test_only_one_whole_gzip_member_is_read(archive: bytes) -> None:
    assert code(archive) == "ARCHIVE_UNREADABLE"


def test_its_size_is_bounded() -> None:
    assert code(gzip.compress(bytes(130 << 20), compresslevel=1)) == "ARCHIVE_UNREADABLE"


def test_a_header_that_claims_much_takes_no_memory() -> None:
    """Two megabytes with one took `tarfile` 2.2 GB."""
    archive = gzip.compress(block(b"c/x", b"x", 1 << 30) + bytes(100 << 20), compresslevel=1)
    tracemalloc.start()
    assert code(archive) == "ARCHIVE_UNREADABLE"
    assert tracemalloc.get_traced_memory()[1] < 300 << 20
    tracemalloc.stop()


HEADER_LENGTHS = st.lists(st.tuples(st.integers(0, 2100), st.integers(0, 255)), max_size=4)


@example([(148, 0)], tarfile.PAX_FORMAT)
@given(HEADER_LENGTHS, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_what_is_read_is_what_another_reader_sees(changes: list[tuple[int, int]], form: int) -> None:
    plain = bytearray(tar(("c/" + "n" * 110, b"text", {}), ("c/b", b"", {}), form=form))
    for at, value in changes:
        plain[at] = value
    archive = gzip.compress(bytes(plain), compresslevel=1)
    try:
        found = read_archive(archive)
    except (CannotTellError, VerificationError):
        return
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        files = [(each.name, (members.extractfile(each) or io.BytesIO()).read()) for each in members if each.isfile()]
    assert [tuple(file) for file in found] == files
