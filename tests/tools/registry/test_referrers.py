"""What refers to a package: pushed beside it and found again, in registries with and without the referrers API."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.model.provenance import Kept, NotKept
from jetscale_cicd.model.release import CannotTell, Present
from jetscale_cicd.tools.registry.artifact import Document
from jetscale_cicd.tools.registry.authorization import Scope
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.oci import OciRegistry
from jetscale_cicd.tools.registry.referrers import Referrers
from tests.conftest import sampled
from tests.support.odd_registry import INDEX, MANIFEST, REFUSALS, ReferrersApi, TokenServer, errors
from tests.support.proxy import Asked, Reset, Told, proxied
from tests.tools.registry.conftest import LOGIN, Make, same_place

pytestmark = pytest.mark.quick(8)

KIND = "application/vnd.in-toto+json"


def document(content: bytes = b'{"a": 1}') -> Document:
    return Document(
        name="app-1.0.0.provenance.json", media_type=KIND, predicate="https://x.example/v1", content=content
    )


def pushed(registry: OciRegistry, archive: Path) -> str:
    """The digest of the manifest of a package that was pushed."""
    answer = registry.create("app", "1.0.0", archive)
    assert isinstance(answer, Present)
    return answer.manifest


def read(referrers: Referrers, path: str) -> Any:
    answer = referrers.api.ask("GET", referrers.repository, path, Scope.PULL)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def tag_of(package: str) -> str:
    return f"manifests/{package.replace(':', '-')}"


def put_index(referrers: Referrers, package: str, index: object) -> None:
    body = json.dumps(index).encode()
    answer = referrers.api.ask("PUT", referrers.repository, tag_of(package), Scope.PUSH, body=body, content_type=INDEX)
    assert answer.status == 201, answer.body


def contents(referrers: Referrers, package: str) -> list[bytes]:
    found = referrers.find(package, KIND)
    assert (found.why, [each.why for each in found.documents if each.why]) == ("", [])
    return [each.content for each in found.documents]


# A registry without the referrers API: the list is an index under a tag


def test_a_document_is_pushed_and_listed_under_the_tag_of_the_digest(
    host: str, make: Make, archives: tuple[Path, Path]
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    referrers = registry.referrers("app")
    assert contents(referrers, package) == []
    kept = referrers.attach(package, document())
    assert isinstance(kept, Kept)
    assert contents(referrers, package) == [document().content]
    manifest = read(referrers, f"manifests/{kept.digest}")
    annotations = {"in-toto.io/predicate-type": "https://x.example/v1"}
    (entry,) = read(referrers, tag_of(package))["manifests"]
    size = len(referrers.api.ask("GET", referrers.repository, f"manifests/{kept.digest}", Scope.PULL).body)
    assert entry == {
        "mediaType": MANIFEST,
        "digest": kept.digest,
        "size": size,
        "artifactType": KIND,
        "annotations": annotations,
    }
    assert (manifest["artifactType"], manifest["annotations"]) == (KIND, annotations)
    assert manifest["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"
    assert (manifest["subject"]["digest"], manifest["subject"]["mediaType"]) == (package, MANIFEST)
    (layer,) = manifest["layers"]
    assert (layer["mediaType"], layer["digest"]) == (KIND, digest_of(document().content))
    assert layer["annotations"]["org.opencontainers.image.title"] == "app-1.0.0.provenance.json"


def test_what_is_there_already_is_not_listed_twice(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package, referrers = pushed(registry, archives[0]), registry.referrers("app")
    assert referrers.attach(package, document()) == referrers.attach(package, document())
    assert len(read(referrers, tag_of(package))["manifests"]) == 1


def test_what_others_have_listed_stays_as_it_is(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package, referrers = pushed(registry, archives[0]), registry.referrers("app")
    theirs = {"mediaType": MANIFEST, "digest": package, "size": 3, "artifactType": "a/b", "data": "e30=", "x": [1]}
    put_index(referrers, package, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [theirs], "annotations": {}})
    assert isinstance(referrers.attach(package, document()), Kept)
    index = read(referrers, tag_of(package))
    assert index["manifests"][0] == theirs
    assert (len(index["manifests"]), index["annotations"]) == (2, {})


def test_what_is_no_list_is_not_replaced(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package, referrers = pushed(registry, archives[0]), registry.referrers("app")
    content = referrers.api.ask("GET", referrers.repository, f"manifests/{package}", Scope.PULL).body
    put = ("PUT", referrers.repository, tag_of(package), Scope.PUSH)
    assert referrers.api.ask(*put, body=content, content_type=MANIFEST).status == 201
    refused = referrers.attach(package, document())
    assert isinstance(refused, NotKept)
    assert "is no list of referrers" in refused.why
    assert referrers.api.ask("GET", referrers.repository, tag_of(package), Scope.PULL).body == content


NOT_ABSENT = [Told(404, {}, b"<title>Nothing here</title>"), errors(404, "DENIED"), errors(403, "DENIED")]


@pytest.mark.parametrize("told", NOT_ABSENT)
def test_a_list_that_could_not_be_read_is_not_begun_anew(
    host: str, make: Make, archives: tuple[Path, Path], told: Told
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    with proxied(host, lambda asked: told if asked.reads_manifest and "/sha256-" in asked.path else None) as proxy:
        outcome = same_place(registry, proxy.host).referrers("app").attach(package, document())
    assert isinstance(outcome, NotKept)
    assert [asked.path for asked in proxy.seen if asked.method == "PUT" and "/sha256-" in asked.path] == []


def test_an_entry_that_another_client_overwrites_is_written_again(
    host: str, make: Make, archives: tuple[Path, Path]
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    theirs = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [{"mediaType": MANIFEST, "digest": package, "size": 1}],
    }

    def overwritten(asked: Asked) -> "Callable[[Told], Told] | None":
        if asked.method != "PUT" or "/sha256-" not in asked.path or asked.before:
            return None

        def told(answer: Told) -> Told:
            put_index(registry.referrers("app"), package, theirs)
            return answer

        return told

    with proxied(host, overwritten) as proxy:
        assert isinstance(same_place(registry, proxy.host).referrers("app").attach(package, document()), Kept)
    assert len(read(registry.referrers("app"), tag_of(package))["manifests"]) == 2


def test_two_runs_that_state_the_same_at_once_list_it_once(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package, referrers = pushed(registry, archives[0]), registry.referrers("app")
    with ThreadPoolExecutor(2) as runs:
        outcomes = list(runs.map(lambda _: referrers.attach(package, document()), range(2)))
    assert outcomes[0] == outcomes[1]
    assert contents(referrers, package) == [document().content]


# A registry with the referrers API


@pytest.mark.parametrize("page", [100, 1])
def test_a_registry_that_lists_referrers_itself_gets_no_tag(
    host: str, make: Make, archives: tuple[Path, Path], page: int
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    with proxied(host, ReferrersApi(host, page=page)) as proxy:
        referrers = same_place(registry, proxy.host).referrers("app")
        for content in (b"1", b"2", b"3"):
            assert isinstance(referrers.attach(package, document(content)), Kept)
        assert contents(referrers, package) == [b"1", b"2", b"3"]
    assert [asked.path for asked in proxy.seen if "/sha256-" in asked.path] == []


def test_what_a_registry_lists_without_saying_so_is_found_under_the_tag_too(
    host: str, make: Make, archives: tuple[Path, Path]
) -> None:
    """GitHub's registry was seen to answer the API with an empty list while clients use the tag."""
    registry = make(host)
    package = pushed(registry, archives[0])
    api = ReferrersApi(host, says_subject=False)
    with proxied(host, api) as proxy:
        referrers = same_place(registry, proxy.host).referrers("app")
        assert isinstance(referrers.attach(package, document()), Kept)
        api.listed.clear()
        assert contents(referrers, package) == [document().content]


def test_a_page_of_another_host_is_not_followed(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    links = iter(['<http://127.0.0.1:9/v2/secret>; rel="next"', '<http://[>; rel="next"', "<" * 60_000])
    listed = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    with proxied(host) as proxy:
        proxy.fault = lambda asked: Told(200, {"Link": next(links)}, listed) if "/referrers/" in asked.path else None
        referrers = same_place(registry, proxy.host).referrers("app")
        for _ in range(3):
            assert contents(referrers, package) == []


# Registries that take no such artifacts

REFUSED = {
    "Quay, before its support": errors(400, "MANIFEST_INVALID", "manifest schema version not supported"),
    "Docker Hub, before its support": errors(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "ECR": errors(405, "UNSUPPORTED", "Invalid parameter at 'ImageManifest' failed to satisfy constraint"),
    "another type of media": errors(415, "MANIFEST_INVALID", "media type is not allowed"),
    "a rule of the project": errors(403, "DENIED", "artifacts are not allowed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_manifest_that_is_refused_is_said_in_the_registrys_own_words_and_asked_once(
    host: str, make: Make, archives: tuple[Path, Path], name: str
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    with proxied(host, lambda asked: REFUSED[name] if asked.method == "PUT" and asked.of_manifest else None) as proxy:
        refused = same_place(registry, proxy.host).referrers("app").attach(package, document())
    assert isinstance(refused, NotKept)
    assert f"answered {REFUSED[name].status} (" in refused.why
    assert json.loads(REFUSED[name].body)["errors"][0]["message"] in refused.why
    assert proxy.pushes() == 1


def test_a_tag_that_may_not_be_written_is_said(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    told = errors(400, "TAG_INVALID", "the tag exists and is immutable")
    with proxied(host, lambda asked: told if asked.method == "PUT" and "/sha256-" in asked.path else None) as proxy:
        refused = same_place(registry, proxy.host).referrers("app").attach(package, document())
    assert isinstance(refused, NotKept)
    assert "is immutable" in refused.why


PLACES = ("http://127.0.0.1:9/v2/x", "https://{host}/v2/x", "http://[", "//elsewhere.example/v2/x", "", "/")


@pytest.mark.parametrize("location", PLACES)
def test_no_upload_and_no_login_goes_to_another_place(
    guarded: str, make: Make, archives: tuple[Path, Path], location: str
) -> None:
    registry = make(guarded, LOGIN)
    package = pushed(registry, archives[0])
    with proxied(guarded) as proxy:
        told = Told(202, {"Location": location.format(host=proxy.host)}, b"")
        proxy.fault = lambda asked: told if asked.method == "POST" and "authorization" in asked.headers else None
        refused = same_place(registry, proxy.host).referrers("app").attach(package, document())
    assert isinstance(refused, NotKept)
    assert "another place for an upload" in refused.why
    assert [asked.method for asked in proxy.seen if asked.method == "PUT"] == []


def test_no_upload_follows_a_redirect(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    with proxied(host) as elsewhere, proxied(host) as proxy:
        proxy.fault = lambda asked: (
            Told(307, {"Location": f"http://{elsewhere.host}{asked.path}"}, b"") if asked.method == "PUT" else None
        )
        refused = same_place(registry, proxy.host).referrers("app").attach(package, document())
    assert isinstance(refused, NotKept)
    assert "answered 307" in refused.why
    assert elsewhere.seen == []


def test_a_redirect_to_another_host_gets_no_login(guarded: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(guarded, LOGIN)
    package = pushed(registry, archives[0])
    assert isinstance(registry.referrers("app").attach(package, document()), Kept)
    with proxied(guarded) as elsewhere, proxied(guarded) as proxy:

        def sent_away(asked: Asked) -> Told | None:
            away = "/blobs/sha256:" in asked.path and "authorization" in asked.headers
            return Told(307, {"Location": f"http://{elsewhere.host}{asked.path}"}, b"") if away else None

        proxy.fault = sent_away
        found = same_place(registry, proxy.host).referrers("app").find(package, KIND)
    assert elsewhere.seen
    assert all("authorization" not in asked.headers for asked in elsewhere.seen)
    assert "answered 401" in found.documents[0].why


# No answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("told", [Told(503, {}, b""), Told(429, {"Retry-After": "3600"}, b""), None])
def test_no_answer_is_neither_kept_nor_refused(
    host: str, make: Make, archives: tuple[Path, Path], method: str, told: Told | None
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])

    def fault(asked: Asked) -> Told | None:
        if asked.method != method or asked.path == "/v2/":
            return None
        if told is None:
            raise Reset
        return told

    with proxied(host) as proxy:
        one = same_place(registry, proxy.host)
        _ = one.api.plain
        proxy.fault = fault
        assert isinstance(one.referrers("app").attach(package, document()), CannotTell)


@pytest.mark.parametrize("told", sampled([Told(404, {}, b""), Told(416, {}, b"")], one_of=2))
def test_an_upload_that_the_registry_has_forgotten_is_begun_again(
    host: str, make: Make, archives: tuple[Path, Path], told: Told
) -> None:
    registry = make(host)
    package = pushed(registry, archives[0])
    lost = iter([told, None, None])
    with proxied(host) as proxy:
        proxy.fault = lambda asked: next(lost) if asked.method == "PUT" and "/uploads/" in asked.path else None
        assert isinstance(same_place(registry, proxy.host).referrers("app").attach(package, document()), Kept)


def test_a_package_that_is_not_there_gets_no_document(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(host)
    pushed(registry, archives[0])
    assert isinstance(registry.referrers("app").attach("sha256:" + "0" * 64, document()), NotKept)


def test_the_right_to_push_is_asked_for(guarded: str, make: Make, archives: tuple[Path, Path]) -> None:
    registry = make(guarded, LOGIN)
    package = pushed(registry, archives[0])
    with proxied(guarded) as proxy:
        proxy.fault = TokenServer(proxy, {"pull", "push"}, REFUSALS[1], exists=True)
        one = same_place(registry, proxy.host)
        assert isinstance(
            replace(one, api=replace(one.api, tokens={})).referrers("app").attach(package, document()), Kept
        )
        proxy.fault = TokenServer(proxy, {"pull"}, REFUSALS[1], exists=True)
        refused = replace(one, api=replace(one.api, tokens={})).referrers("app").attach(package, document(b"2"))
        assert isinstance(refused, NotKept)
        assert "requested access to the resource is denied" in refused.why
        found = replace(one, api=replace(one.api, tokens={})).referrers("app").find(package, KIND)
    assert [each.content for each in found.documents] == [document().content]
