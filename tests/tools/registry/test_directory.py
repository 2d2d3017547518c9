"""A directory as a registry: three answers, whole packages or none, nothing overwritten."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Absent, CannotTell, Present
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.directory import DirectoryRegistry, open_directory


@pytest.fixture
def registry(tmp_path: Path) -> DirectoryRegistry:
    directory = tmp_path / "registry"
    directory.mkdir()
    return DirectoryRegistry(directory)


@pytest.fixture
def package(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        file = tmp_path / f"{content.hex()[:20]}.tgz"
        file.write_bytes(content)
        return file

    return write


def test_what_it_holds_is_present_with_its_digest(
    registry: DirectoryRegistry, package: Callable[[bytes], Path]
) -> None:
    assert registry.create("app", "1.0.0", package(b"one")) == Present(digest_of(b"one"))
    assert registry.lookup("app", "1.0.0") == Present(digest_of(b"one"))
    assert registry.read("app", "1.0.0") == b"one"


def test_what_it_does_not_hold_is_absent(registry: DirectoryRegistry) -> None:
    assert registry.lookup("app", "1.0.0") == Absent()


def test_a_version_is_no_prefix_of_another(registry: DirectoryRegistry, package: Callable[[bytes], Path]) -> None:
    registry.create("app", "1.0.0", package(b"one"))
    assert registry.lookup("app", "1.0") == Absent()


def test_a_directory_that_is_not_there_cannot_tell(tmp_path: Path) -> None:
    assert isinstance(DirectoryRegistry(tmp_path / "nowhere").lookup("app", "1.0.0"), CannotTell)


def test_a_file_in_the_place_of_the_directory_cannot_tell(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(DirectoryRegistry(tmp_path / "file").lookup("app", "1.0.0"), CannotTell)


def test_a_package_that_cannot_be_read_cannot_tell(registry: DirectoryRegistry) -> None:
    (registry.directory / "app-1.0.0.tgz").mkdir()
    answer = registry.lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "app-1.0.0.tgz" in answer.why


def test_an_existing_package_is_never_replaced(registry: DirectoryRegistry, package: Callable[[bytes], Path]) -> None:
    registry.create("app", "1.0.0", package(b"one"))
    assert registry.create("app", "1.0.0", package(b"other")) == Present(digest_of(b"one"))
    assert registry.read("app", "1.0.0") == b"one"


def test_nothing_but_the_package_is_left(registry: DirectoryRegistry, package: Callable[[bytes], Path]) -> None:
    for content in (b"one", b"other"):
        registry.create("app", "1.0.0", package(content))
    assert [path.name for path in registry.directory.iterdir()] == ["app-1.0.0.tgz"]


def test_others_may_read_the_package(registry: DirectoryRegistry, package: Callable[[bytes], Path]) -> None:
    registry.create("app", "1.0.0", package(b"one"))
    assert (registry.directory / "app-1.0.0.tgz").stat().st_mode & 0o777 == 0o644


def test_an_interrupted_write_leaves_no_package(
    registry: DirectoryRegistry, package: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        registry.create("app", "1.0.0", package(b"one"))
    assert list(registry.directory.iterdir()) == []


def test_a_directory_that_takes_no_file_is_named(tmp_path: Path, package: Callable[[bytes], Path]) -> None:
    with pytest.raises(PublishError) as caught:
        DirectoryRegistry(tmp_path / "nowhere").create("app", "1.0.0", package(b"one"))
    assert (caught.value.code, caught.value.where) == ("REGISTRY_WRITE", str(tmp_path / "nowhere" / "app-1.0.0.tgz"))


def test_a_package_that_went_away_cannot_be_read(registry: DirectoryRegistry) -> None:
    with pytest.raises(PublishError) as caught:
        registry.read("app", "1.0.0")
    assert caught.value.code == "REGISTRY_READ"


def _publish(directory: Path, archive: Path, start: Barrier, answers: "multiprocessing.Queue[object]") -> None:
    start.wait(20)
    answers.put((archive.read_bytes(), DirectoryRegistry(directory).create("app", "1.0.0", archive)))


def test_of_processes_that_publish_at_once_exactly_one_wins(
    registry: DirectoryRegistry, package: Callable[[bytes], Path]
) -> None:
    fork = multiprocessing.get_context("fork")
    start, answers = fork.Barrier(4), fork.Queue()
    files = [package(f"{number}".encode() * 100_000) for number in range(4)]
    workers = [fork.Process(target=_publish, args=(registry.directory, file, start, answers)) for file in files]
    for worker in workers:
        worker.start()
    results = [answers.get(timeout=20) for _ in workers]
    for worker in workers:
        worker.join(20)
    held = Present(digest_of(registry.read("app", "1.0.0")))
    assert [answer for _, answer in results] == [held] * 4
    assert sum(Present(digest_of(content)) == held for content, _ in results) == 1
    assert len(list(registry.directory.iterdir())) == 1


@pytest.mark.parametrize(
    ("location", "directory"), [("file:///a/b", "/a/b"), ("c", "/root/c"), ("../c", "/root/../c"), ("/a", "/a")]
)
def test_a_directory_is_relative_to_the_repository(location: str, directory: str) -> None:
    assert open_directory(location, Path("/root")) == DirectoryRegistry(Path(directory))


def test_a_package_that_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".incoming-old", tmp_path / ".incoming-fresh"
    for file in (old, fresh):
        file.write_text("x")
    os.utime(old, (1, 1))
    archive = tmp_path / "archive"
    archive.write_bytes(b"y")
    DirectoryRegistry(tmp_path).create("app", "1.0.0", archive)
    assert (old.exists(), fresh.exists()) == (False, True)
