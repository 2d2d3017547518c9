"""What is found beside a package that anybody has pushed: bounded, checked by digest, and never an exception."""

import json
from pathlib import Path

import pytest

from jetscale_cicd.model.provenance import Kept
from jetscale_cicd.tools.registry.artifact import EMPTY, descriptor_of
from jetscale_cicd.tools.registry.authorization import Scope
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.referrers import Referrers
from tests.conftest import sampled
from tests.support.odd_registry import INDEX, MANIFEST, errors
from tests.support.proxy import Asked, Told, proxied
from tests.tools.registry.conftest import Make
from tests.tools.registry.test_referrers import KIND, contents, document, pushed, put_index, read, tag_of

pytestmark = pytest.mark.quick(8)

OTHER = "sha256:" + "0" * 64


def put_manifest(referrers: Referrers, manifest: object) -> str:
    """Push a manifest, and give its digest."""
    body = json.dumps(manifest).encode()
    put = ("PUT", referrers.repository, f"manifests/{digest_of(body)}", Scope.PUSH)
    answer = referrers.api.ask(*put, body=body, content_type=MANIFEST)
    assert answer.status == 201, answer.body
    return digest_of(body)


def listed(referrers: Referrers, package: str, *digests: str) -> None:
    entries = [{"mediaType": MANIFEST, "digest": each, "size": 1, "artifactType": KIND} for each in digests]
    put_index(referrers, package, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


@pytest.fixture
def kept(host: str, make: Make, archives: tuple[Path, Path]) -> tuple[Referrers, str, str]:
    """A package with one document, and the digests of its manifest and of the document's."""
    registry = make(host)
    package, referrers = pushed(registry, archives[0]), registry.referrers("app")
    attached = referrers.attach(package, document())
    assert isinstance(attached, Kept)
    return referrers, package, attached.digest


def test_a_document_of_another_package_is_not_read(kept: tuple[Referrers, str, str]) -> None:
    referrers, package, digest = kept
    manifest = read(referrers, f"manifests/{digest}")
    elsewhere = put_manifest(referrers, {**manifest, "subject": {**manifest["subject"], "digest": OTHER}})
    nowhere = put_manifest(referrers, {**manifest, "subject": None})
    listed(referrers, package, elsewhere, nowhere, digest)
    found = referrers.find(package, KIND)
    assert [bool(each.why) for each in found.documents] == [True, True, False]


def test_an_artifact_without_exactly_one_document_is_not_read(kept: tuple[Referrers, str, str]) -> None:
    referrers, package, digest = kept
    manifest = read(referrers, f"manifests/{digest}")
    two = put_manifest(referrers, {**manifest, "layers": manifest["layers"] * 2})
    none = put_manifest(referrers, {**manifest, "layers": [descriptor_of("a/b", EMPTY)]})
    listed(referrers, package, two, none)
    assert [each.why for each in referrers.find(package, KIND).documents] == ["it does not hold one document"] * 2


def test_a_flood_is_cut_and_counted(kept: tuple[Referrers, str, str]) -> None:
    referrers, package, digest = kept
    manifest = read(referrers, f"manifests/{digest}")
    many = [put_manifest(referrers, {**manifest, "annotations": {"x": str(number)}}) for number in range(30)]
    listed(referrers, package, *many)
    found = referrers.find(package, KIND)
    assert (len(found.documents), found.why) == (20, "30 are listed, and 20 were read")


LISTS = {
    "no list": b"[]",
    "not JSON": b"{",
    "too deep": b'{"manifests": ' + b"[" * 100_000,
    "no artifacts": b'{"manifests": {"a": 1}}',
    "an artifact that is none": b'{"manifests": [1]}',
    "digests that are none": json.dumps(
        {
            "manifests": [
                {"artifactType": KIND, "digest": each} for each in ("../x", "sha256:1", 7, None, "sha512:" + "0" * 128)
            ]
        }
    ).encode(),
    "another type": b'{"mediaType": "a/b", "manifests": []}',
}


@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_list_lists_nothing(kept: tuple[Referrers, str, str], host: str, make: Make, name: str) -> None:
    referrers, package, _ = kept

    def fault(asked: Asked) -> Told | None:
        return Told(200, {}, LISTS[name]) if "/referrers/" in asked.path or "/sha256-" in asked.path else None

    with proxied(host, fault) as proxy:
        api = make(proxy.host).api
        assert contents(Referrers(api, referrers.repository), package) == []


BAD = {
    "other bytes": (Told(200, {}, b"{}"), "other bytes than"),
    "too many bytes": (Told(200, {}, b"x" * (5 << 20)), "larger than"),
    "gone": (errors(404, "BLOB_UNKNOWN", "blob unknown"), "answered 404"),
    "no access": (errors(403, "DENIED", "no"), "answered 403"),
    "out of order": (Told(500, {}, b""), "answered 500"),
}


@pytest.mark.parametrize("place", ["/blobs/", "/manifests/"])
@pytest.mark.parametrize("name", sampled(BAD, one_of=2))
def test_a_document_that_is_not_given_has_a_reason(
    kept: tuple[Referrers, str, str], host: str, make: Make, name: str, place: str
) -> None:
    referrers, package, digest = kept
    told, reason = BAD[name]
    with proxied(host, lambda asked: told if f"{place}sha256:" in asked.path else None) as proxy:
        found = Referrers(make(proxy.host).api, referrers.repository).find(package, KIND)
    assert found.why == ""
    (one,) = found.documents
    assert (one.digest, one.content) == (digest, b"")
    assert reason in one.why


@pytest.mark.parametrize("place", ["/referrers/", "/sha256-"])
@pytest.mark.parametrize("told", [Told(500, {}, b""), Told(429, {"Retry-After": "3600"}, b"")])
def test_a_list_that_is_not_given_has_a_reason(
    kept: tuple[Referrers, str, str], host: str, make: Make, told: Told, place: str
) -> None:
    referrers, package, _ = kept
    with proxied(host, lambda asked: told if place in asked.path else None) as proxy:
        found = Referrers(make(proxy.host).api, referrers.repository).find(package, KIND)
    assert found.documents == ()
    assert f"answered {told.status}" in found.why


def test_a_registry_that_is_not_there_has_a_reason(make: Make) -> None:
    found = make("127.0.0.1:9").referrers("app").find(OTHER, KIND)
    assert found.documents == ()
    assert found.why


def test_a_tag_that_is_not_there_lists_nothing(kept: tuple[Referrers, str, str]) -> None:
    referrers, _, _ = kept
    assert contents(referrers, OTHER) == []
    assert referrers.api.ask("GET", referrers.repository, tag_of(OTHER), Scope.PULL).status == 404
