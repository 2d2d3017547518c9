"""A registry that sends a request on: what another host says of a version is not believed, and it gets no login."""

import json
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.release import Absent, CannotTell, Present
from tests.support.oci import authority
from tests.support.odd_registry import errors
from tests.support.proxy import Asked, Proxy, Told, proxied
from tests.tools.registry.conftest import LOGIN, Make, same_place

NO_SUCH_VERSION = errors(404, "MANIFEST_UNKNOWN", "no such version")


def to(url: str, part: str, status: int = 307) -> Proxy:
    """What sends requests with this part in their path to the same path elsewhere."""

    def fault(asked: Asked) -> Told | None:
        return Told(status, {"Location": f"{url}{asked.path}"}, b"") if part in asked.path else None

    return Proxy("", fault)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_answer_without_tls_in_place_of_one_with_it_cannot_tell(
    host: str, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    tls = authority(tmp_path / "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.ca))
    with proxied(host, lambda _: NO_SUCH_VERSION) as elsewhere, proxied(host, tls=tls) as registry:
        assert make(registry.host).lookup("app", "1.0.0") == Absent()
        registry.fault = to(f"http://{elsewhere.host}", "/manifests/", status).fault
        answer = make(registry.host).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "from https to http" in answer.why
    assert elsewhere.seen == []


def test_what_another_host_says_of_a_version_is_not_believed(host: str, make: Make) -> None:
    with proxied(host, lambda _: NO_SUCH_VERSION) as elsewhere, proxied(host) as registry:
        registry.fault = to(f"http://{elsewhere.host}", "/manifests/").fault
        answer = make(registry.host).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert f"it redirects to another host, '{elsewhere.host}'" in answer.why
    assert elsewhere.seen == []


def test_what_another_host_says_of_a_push_or_of_referrers_is_not_believed(host: str, make: Make) -> None:
    with proxied(host, lambda _: Told(202, {}, b"")) as elsewhere, proxied(host) as registry:
        registry.fault = to(f"http://{elsewhere.host}", "/v2/").fault
        one = make(registry.host)
        with pytest.raises(CannotTellError, match="another host"):
            one.check_push("app")
        assert "another host" in one.referrers("app").find("sha256:" + "a" * 64, "application/x").why
    assert elsewhere.seen == []


def test_a_redirect_within_a_registry_is_followed_with_the_login(
    guarded: str, make: Make, archives: tuple[Path, Path]
) -> None:
    registry = make(guarded, LOGIN)
    held = registry.create("app", "1.0.0", archives[0])
    assert isinstance(held, Present)
    with proxied(guarded) as proxy:
        proxy.fault = lambda asked: (
            Told(307, {"Location": f"{asked.path}?again"}, b"")
            if asked.of_manifest and "again" not in asked.path
            else None
        )
        assert same_place(registry, proxy.host).lookup("app", "1.0.0") == held


def test_a_registry_that_redirects_without_end_cannot_tell(host: str, make: Make) -> None:
    with proxied(host) as proxy:
        proxy.fault = to("", "/manifests/").fault
        answer = make(proxy.host).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "more than 5 times" in answer.why


def test_another_host_that_asks_for_the_login_is_not_answered(guarded: str, make: Make) -> None:
    """The storage of a blob may be anywhere; where its token server is, is said by the registry alone."""
    digest = "sha256:" + "b" * 64
    with proxied(guarded) as elsewhere, proxied(guarded) as registry:
        challenge = f'Bearer realm="http://{elsewhere.host}/token",service="x"'
        elsewhere.fault = lambda _: Told(401, {"WWW-Authenticate": challenge}, b"{}")
        registry.fault = to(f"http://{elsewhere.host}", "/blobs/").fault
        one = make(registry.host, LOGIN)
        answer = one.referrers("app")._ask("GET", f"blobs/{digest}")
    assert answer.status == 401
    assert [asked.path for asked in elsewhere.seen if "/blobs/" not in asked.path] == []
    assert all("authorization" not in asked.headers for asked in elsewhere.seen)
    assert json.loads(answer.body) == {}
