"""One archive for one content."""

import gzip
import io
import tarfile
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.build.archive import pack
from jetscale_cicd.decide.chart.packed import content_of, read_archive

NAME = st.text(st.characters(exclude_characters="/\\:\0", codec="utf-8"), min_size=1, max_size=120).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAME, min_size=1, max_size=4).map(lambda parts: "/".join(["chart", *parts]))
# No path is also the folder of another.
FILES = st.dictionaries(PATHS, st.binary(max_size=70_000), min_size=1, max_size=6)


def tgz(files: Mapping[str, bytes], *, mtime: int = 0, mode: int = 0o600) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode, entry.uname = len(content), mtime, mode, "somebody"
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def again(archive: bytes, mtime: int, *, compressed: bool = True) -> bytes:
    """What helm packed, in our form."""
    return pack(read_archive(archive), mtime, compressed=compressed)


FORMS = st.booleans()


def contents(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return {member.name: content.read() for member in tar if (content := tar.extractfile(member))}


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return tar.getnames()


@given(FILES, FORMS)
def test_every_file_keeps_its_content(files: dict[str, bytes], compressed: bool) -> None:
    assert contents(again(tgz(files), 1, compressed=compressed)) == files


@given(FILES, st.integers(0, 2**33), FORMS)
def test_packing_twice_is_packing_once(files: dict[str, bytes], mtime: int, compressed: bool) -> None:
    once = again(tgz(files), mtime, compressed=compressed)
    assert again(once, mtime, compressed=compressed) == once


@given(FILES, st.integers(0, 2**31))
def test_the_content_is_the_same_in_any_archive_of_it(files: dict[str, bytes], mtime: int) -> None:
    archives = (tgz(files), *(again(tgz(files), mtime, compressed=compressed) for compressed in (True, False)))
    assert len(set(map(content_of, archives))) == 1
    assert len(set(archives)) == 3


@given(FILES, st.randoms(use_true_random=False), st.integers(0, 2**31))
def test_order_times_modes_and_owners_of_the_packer_leave_no_trace(
    files: dict[str, bytes], random: st.DataObject, mtime: int
) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert again(tgz(dict(shuffled), mtime=mtime, mode=0o755), 7) == again(tgz(files), 7)


@given(FILES, st.integers(0, 2**31), st.integers(0, 2**31))
def test_the_time_is_the_commits(files: dict[str, bytes], one: int, other: int) -> None:
    assert (again(tgz(files), one) == again(tgz(files), other)) == (one == other)


def test_chart_yaml_comes_first_and_the_rest_by_name() -> None:
    files = dict.fromkeys(("c/z", "c/charts/s/Chart.yaml", "c/Chart.yaml", "c/A", "c/.hidden"), b"")
    assert names(again(tgz(files), 0)) == ["c/Chart.yaml", "c/.hidden", "c/A", "c/charts/s/Chart.yaml", "c/z"]


def test_it_is_one_gzip_member_that_any_reader_takes() -> None:
    archive = again(tgz({"c/a": bytes(200_000)}), 0)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        assert tar.getnames() == ["c/a"]
    assert archive[4:8] == b"\0\0\0\0"


def test_names_longer_than_ustar_holds_and_names_beyond_ascii_survive() -> None:
    long = "c/" + "/".join(["d" * 90] * 3) + "/" + "f" * 120
    files = {long: b"1", "c/templates/größe-日本.yaml": b"2"}
    assert contents(again(tgz(files), 0)) == files


def test_a_folder_is_left_out() -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        entry = tarfile.TarInfo("c/d")
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
        tar.addfile(tarfile.TarInfo("c/d/file"))
    assert contents(again(raw.getvalue(), 0)) == {"c/d/file": b""}
