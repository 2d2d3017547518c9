"""Two runs push the same package at once: the act of the other one comes at a chosen moment of ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Absent, Present
from jetscale_cicd.tools.registry.digest import digest_of
from tests.conftest import ANY_HELM, rest_slow
from tests.support.oci import serve
from tests.support.odd_registry import errors
from tests.support.proxy import Asked, Told, proxied
from tests.tools.registry.conftest import Make, same_place


@dataclass(frozen=True)
class OnDisk:
    """docker-registry, and the directory in which it keeps its files."""

    host: str
    storage: Path

    def link(self, repository: str, archive: Path) -> Path:
        """The file that makes a blob one of a repository; docker-registry truncates it, and then writes it."""
        digest = digest_of(archive.read_bytes()).removeprefix("sha256:")
        links = self.storage / "docker" / "registry" / "v2" / "repositories" / repository / "_layers" / "sha256"
        return links / digest / "link"


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnDisk]:
    directory = tmp_path_factory.mktemp("on-disk")
    with serve(directory) as host:
        yield OnDisk(host, directory / "storage")


def puts_manifest(asked: Asked) -> bool:
    return asked.method == "PUT" and asked.of_manifest


@pytest.mark.parametrize("helm_name", ANY_HELM)
@pytest.mark.parametrize(
    "finishes", rest_slow([True, False], True), ids=["the other one finishes", "the other one dies"]
)
def test_a_manifest_that_meets_the_blobs_of_another_push_half_written_is_no_failure(
    on_disk: OnDisk, make: Make, archives: tuple[Path, Path], helm_name: str, finishes: bool
) -> None:
    registry = make(on_disk.host, helm=helm_name)
    link = on_disk.link(f"{registry.url.rpartition('/')[2]}/app", archives[0])
    refused: list[int] = []

    def while_the_other_writes(asked: Asked) -> Callable[[Told], Told] | None:
        if not puts_manifest(asked) or refused:
            return None
        written = link.read_text()
        link.write_text("")

        def goes_on(told: Told) -> Told:
            refused.append(told.status)
            link.write_text(written)
            if finishes:
                assert registry.helm.push(archives[0], registry.url, plain=True).status == 0
            return told

        return goes_on

    with proxied(on_disk.host, while_the_other_writes) as proxy:
        answer = same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert refused == [400]  # of the real registry
    assert isinstance(answer, Present)
    assert answer.digest == digest_of(archives[0].read_bytes())
    ours = [asked for asked in proxy.seen if puts_manifest(asked)]
    assert (len(ours) == 1) == finishes


PASSING = {
    "a manifest whose blob is not known yet": errors(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"),
    "an upload that another one ended": errors(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
    "a conflict": errors(409, "CONFLICT", "another upload of this blob is in progress"),
    "a chunk out of order": errors(416, "BLOB_UPLOAD_INVALID"),
    "a storage out of order": errors(500, "UNKNOWN", "unknown error"),
}


@pytest.mark.parametrize("helm_name", ANY_HELM)
@pytest.mark.parametrize("name", rest_slow(PASSING, "a conflict"))
def test_a_refusal_that_another_push_may_have_caused_is_no_failure_when_it_passes(
    host: str, make: Make, archives: tuple[Path, Path], name: str, helm_name: str
) -> None:
    """Where it stands does not matter: the upload of a blob, or the manifest."""
    registry = make(host, helm=helm_name)
    of_manifest = name.startswith("a manifest")
    refused: list[Asked] = []

    def fault(asked: Asked) -> Told | None:
        if asked.method != "PUT" or asked.of_manifest != of_manifest or refused:
            return None
        refused.append(asked)
        return PASSING[name]

    with proxied(host, fault) as proxy:
        answer = same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert len(refused) == 1
    assert isinstance(answer, Present)
    assert answer.digest == digest_of(archives[0].read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("helm_name", ANY_HELM)
def test_a_refusal_that_does_not_pass_is_asked_for_three_times_and_is_an_error(
    host: str, make: Make, archives: tuple[Path, Path], helm_name: str
) -> None:
    registry = make(host, helm=helm_name)
    stays = errors(400, "TAG_INVALID", "the image tag '1.0.0' cannot be overwritten")
    with (
        proxied(host, lambda asked: stays if puts_manifest(asked) else None) as proxy,
        pytest.raises(PublishError) as failed,
    ):
        same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert failed.value.code == "PUSH_FAILED"
    assert "400" in failed.value.message
    assert "for good" in failed.value.hint
    assert proxy.pushes() == 3
    assert registry.lookup("app", "1.0.0") == Absent()


def test_what_another_run_pushed_during_the_pause_is_not_pushed_over(
    host: str, make: Make, archives: tuple[Path, Path]
) -> None:
    registry = make(host)
    other = replace(registry)

    def push_meanwhile(_: float) -> None:
        other.create("app", "1.0.0", archives[1])

    refused: list[Asked] = []

    def fault(asked: Asked) -> Told | None:
        if not puts_manifest(asked) or refused:
            return None
        refused.append(asked)
        return errors(400, "MANIFEST_BLOB_UNKNOWN")

    with proxied(host, fault) as proxy:
        ours = replace(same_place(registry, proxy.host), pause=push_meanwhile)
        answer = ours.create("app", "1.0.0", archives[0])
    assert answer == registry.lookup("app", "1.0.0")
    assert registry.read("app", "1.0.0") == archives[1].read_bytes()
