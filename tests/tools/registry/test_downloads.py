"""A package is read once, compared with the digest of the answer, and kept as one file."""

from pathlib import Path

import pytest

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Present
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.directory import DirectoryRegistry
from jetscale_cicd.tools.registry.downloads import Downloads
from jetscale_cicd.tools.registry.interface import Registry
from tests.support.proxy import proxied
from tests.tools.registry.conftest import Make, same_place


def present(registry: Registry) -> Present:
    answer = registry.lookup("app", "1.0.0")
    assert isinstance(answer, Present)
    return answer


def test_what_is_replaced_after_the_look_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "app-1.0.0.tgz"
    package.write_bytes(b"released")
    downloads = Downloads(DirectoryRegistry(tmp_path), tmp_path)
    answer = present(downloads.registry)
    package.write_bytes(b"another")
    with pytest.raises(PublishError) as noticed:
        downloads.archive("app", "1.0.0", answer)
    assert noticed.value.code == "PUBLISHED_DIFFERS"


def test_what_is_replaced_after_it_was_read_changes_nothing(tmp_path: Path) -> None:
    package = tmp_path / "app-1.0.0.tgz"
    package.write_bytes(b"released")
    downloads = Downloads(DirectoryRegistry(tmp_path), tmp_path / "scratch")
    answer = present(downloads.registry)
    files = [downloads.archive("app", "1.0.0", answer)]
    package.write_bytes(b"another")
    files.append(downloads.archive("app", "1.0.0", answer))
    assert {file.read_bytes() for file in files} == {b"released"}
    assert len(set(files)) == 1


def test_what_is_no_chart_is_refused(tmp_path: Path) -> None:
    downloads = Downloads(DirectoryRegistry(tmp_path), tmp_path)
    with pytest.raises(PublishError) as noticed:
        downloads.archive("app", "1.0.0", Present("sha256:m", "sha256:m"))
    assert noticed.value.code == "PUBLISHED_DIFFERS"


def test_an_oci_registry_is_asked_for_a_package_once(
    host: str, make: Make, archives: tuple[Path, Path], tmp_path: Path
) -> None:
    registry = make(host)
    registry.create("app", "1.0.0", archives[0])
    with proxied(host) as proxy:
        downloads = Downloads(same_place(registry, proxy.host), tmp_path)
        answer = present(downloads.registry)
        files = {downloads.archive("app", "1.0.0", answer) for _ in range(2)}
        read = [asked for asked in proxy.seen if "/blobs/" in asked.path and answer.digest in asked.path]
    assert [digest_of(file.read_bytes()) for file in files] == [answer.digest]
    assert len(read) == 1
