"""Registries that answer otherwise than docker-registry: strict stand-ins for each, in front of the real one.

What they answer is from their documentation and from public reports of their errors.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError, PublishError
from jetscale_cicd.model.release import Absent, CannotTell, Present
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.login import Login
from tests.conftest import ANY_HELM, rest_slow
from tests.support.oci import USERNAME
from tests.support.odd_registry import MISSING, REFUSALS, TOKEN, TokenServer, errors
from tests.support.proxy import Asked, Told, proxied
from tests.tools.registry.conftest import LOGIN, Make, same_place

pytestmark = pytest.mark.quick(12)


@pytest.mark.parametrize("helm_name", ANY_HELM)
@pytest.mark.parametrize("refusal", REFUSALS, ids=["401", "403"])
def test_a_repository_that_can_be_read_only_once_it_exists_is_published_to(
    guarded: str, make: Make, archives: tuple[Path, Path], refusal: Told, helm_name: str
) -> None:
    with proxied(guarded) as proxy:
        proxy.fault = server = TokenServer(proxy, {"pull", "push"}, refusal)
        registry = make(proxy.host, LOGIN, helm_name)
        assert registry.lookup("app", "1.0.0") == Absent()
        registry.check_push("app")
        assert isinstance(registry.create("app", "1.0.0", archives[0]), Present)
    repository = registry.url.rpartition("/")[2] + "/app"
    assert server.scopes[:2] == [f"repository:{repository}:pull", f"repository:{repository}:pull,push"]


def test_a_login_that_may_only_read_reads_what_exists_and_is_refused_before_a_push(
    guarded: str, make: Make, archives: tuple[Path, Path]
) -> None:
    registry = make(guarded, LOGIN)
    held = registry.create("app", "1.0.0", archives[0])
    with proxied(guarded) as proxy:
        proxy.fault = server = TokenServer(proxy, {"pull"}, REFUSALS[1], exists=True)
        reader = make(proxy.host, LOGIN, path=registry.url.rpartition("/")[2])
        assert reader.lookup("app", "1.0.0") == held
        assert all(scope.endswith(":pull") for scope in server.scopes)
        with pytest.raises(PublishError) as refused:
            reader.check_push("app")
    assert refused.value.code == "PUSH_FAILED"
    assert "DENIED: requested access to the resource is denied" in refused.value.message
    assert "log in with the right to push" in refused.value.hint
    assert proxy.pushes() == 0


def test_a_login_without_any_right_is_told_what_the_token_server_says(guarded: str, make: Make) -> None:
    with proxied(guarded) as proxy:
        proxy.fault = TokenServer(proxy, set(), Told(401, {}, b'{"details": "incorrect username or password"}'))
        answer = make(proxy.host, LOGIN).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "the token server answered 401 (incorrect username or password)" in answer.why
    assert "helm registry login" in answer.hint


def test_a_token_server_that_wants_to_be_left_alone_is(guarded: str, make: Make) -> None:
    with proxied(guarded) as proxy:
        busy = errors(429, "TOOMANYREQUESTS", "slow down", Retry_After="3600")
        proxy.fault = server = TokenServer(proxy, set(), busy)
        registry = make(proxy.host, LOGIN)
        answer = registry.lookup("app", "1.0.0")
        with pytest.raises(PublishError) as refused:
            registry.check_push("app")
    assert isinstance(answer, CannotTell)
    assert answer.hint.endswith("run again in 3600 s")
    assert "the token server" in refused.value.message
    assert refused.value.hint == "run again in 3600 s"
    assert len(server.scopes) == 2


BOTH = (
    'Bearer realm="http://{host}/token",service="tests",Basic realm="tests"',
    'Basic realm="tests", Bearer realm="http://{host}/token",service="tests",scope="x"',
    'Negotiate, Bearer realm="http://{host}/token",service="tests"',
)


@pytest.mark.parametrize("challenge", BOTH)
def test_bearer_is_followed_wherever_it_stands_among_several_challenges(
    guarded: str, make: Make, challenge: str
) -> None:
    with proxied(guarded) as proxy:
        proxy.fault = TokenServer(proxy, {"pull", "push"}, REFUSALS[0], exists=True, challenge=challenge)
        assert make(proxy.host, LOGIN).lookup("app", "1.0.0") == Absent()


def test_challenges_in_two_lines_of_one_name_are_both_read(guarded: str, make: Make) -> None:
    def fault(asked: Asked) -> Told | None:
        lines = 'Basic realm="tests"\nDigest realm="tests"'
        return None if "authorization" in asked.headers else Told(401, {"WWW-Authenticate": lines}, b"")

    with proxied(guarded, fault) as proxy:
        assert make(proxy.host, LOGIN).lookup("app", "1.0.0") == Absent()


def test_an_access_token_that_docker_keeps_is_sent_as_it_is(guarded: str, make: Make) -> None:
    with proxied(guarded) as proxy:
        proxy.fault = server = TokenServer(proxy, {"pull"}, REFUSALS[0], exists=True)
        login = Login(registry_token=f"{TOKEN}pull")
        registry = make(proxy.host)
        registry = replace(registry, api=replace(registry.api, login=lambda _: login))
        assert registry.lookup("app", "1.0.0") == Absent()
    assert server.scopes == []


def test_a_token_server_that_takes_forms_alone_gets_one(guarded: str, make: Make) -> None:
    def fault(asked: Asked) -> Told | None:
        if asked.path.startswith("/token"):
            granted = json.dumps({"access_token": f"{TOKEN}x"}).encode()
            return Told(200, {}, granted) if asked.method == "POST" else Told(405, {}, b"")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}x":
            return Told(401, {"WWW-Authenticate": f'Bearer realm="http://{proxy.host}/token",service="tests"'}, b"")
        asked.headers["authorization"] = LOGIN.basic
        return None

    with proxied(guarded) as proxy:
        proxy.fault = fault
        assert make(proxy.host, LOGIN).lookup("app", "1.0.0") == Absent()


@pytest.mark.parametrize("token", ["", " ", "two words", "umläut", 7, None])
def test_what_is_no_token_is_not_sent(guarded: str, make: Make, token: object) -> None:
    def fault(asked: Asked) -> Told:
        if asked.path.startswith("/token"):
            return Told(200, {}, json.dumps({"token": token}).encode())
        return Told(401, {"WWW-Authenticate": f'Bearer realm="http://{proxy.host}/token"'}, b"")

    with proxied(guarded) as proxy:
        proxy.fault = fault
        answer = make(proxy.host, LOGIN).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "has no token" in answer.why


# What a 404 means

ABSENT = {
    "docker-registry": errors(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    "ECR without the repository": errors(404, "NAME_UNKNOWN", MISSING),
    "Quay after a deletion": errors(404, "TAG_EXPIRED", "Tag 1.0.0 was deleted or has expired. To pull, revive it"),
    "Harbor": errors(404, "NOT_FOUND", "artifact charts/app:1.0.0 not found"),
}
NOT_ABSENT = {
    "no error of a registry": Told(404, {}, b"<html><title>Nothing here</title></html>"),
    "no list": Told(404, {}, b'{"errors": []}'),
    "an error that is none of the version": errors(404, "BLOB_UNKNOWN", "blob unknown to registry"),
    "two errors": Told(404, {}, b'{"errors": [{"code": "DENIED"}, {"code": "MANIFEST_UNKNOWN"}]}'),
    "the code with another status": errors(403, "MANIFEST_UNKNOWN"),
}


@pytest.mark.parametrize("name", ABSENT)
def test_a_version_that_the_registry_says_it_lacks_is_absent(host: str, make: Make, name: str) -> None:
    with proxied(host, lambda asked: ABSENT[name] if asked.reads_manifest else None) as proxy:
        assert make(proxy.host).lookup("app", "1.0.0") == Absent()


@pytest.mark.parametrize("name", NOT_ABSENT)
def test_any_other_answer_proves_no_absence(host: str, make: Make, name: str) -> None:
    with proxied(host, lambda asked: NOT_ABSENT[name] if asked.reads_manifest else None) as proxy:
        assert isinstance(make(proxy.host).lookup("app", "1.0.0"), CannotTell)


# The registry's own sentence

SENTENCES = {
    "a list": (errors(403, "DENIED", "no\nquota \x1b[31mleft"), "DENIED: no quota [31mleft"),
    "text": (Told(401, {}, b"Not Authorized\n"), "Not Authorized"),
    "a page": (Told(403, {}, b"<html><head><title>Blocked by the\n proxy</title>"), "Blocked by the proxy"),
    "OAuth": (Told(400, {}, b'{"error": "invalid_scope", "error_description": "no such"}'), "invalid_scope: no such"),
    "a message": (Told(400, {}, b'{"message": "no such project"}'), "no such project"),
    "a detail alone": (Told(400, {}, b'{"errors": [{"code": "UNKNOWN", "detail": "it broke"}]}'), "UNKNOWN: it broke"),
    "no text": (Told(400, {}, b"\x00\x01"), ""),
    "another kind of JSON": (Told(400, {}, b"[1, 2]"), ""),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_registry_is_quoted_on_one_line(host: str, make: Make, name: str) -> None:
    told, sentence = SENTENCES[name]
    with proxied(host, lambda asked: told if asked.reads_manifest else None) as proxy:
        answer = make(proxy.host).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert answer.why == f"{proxy.host} answered {told.status}" + (f" ({sentence})" if sentence else "")


def test_a_secret_that_the_registry_repeats_is_masked_and_a_long_text_shortened(host: str, make: Make) -> None:
    told = errors(403, "DENIED", f"{'x' * 270} s3cret-of-this-test {'y' * 5000}")
    with proxied(host, lambda asked: told if asked.reads_manifest else None) as proxy:
        registry = make(proxy.host)
        registry.api.http.redact.learn(("s3cret-of-this-test",))
        answer = registry.lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert "s3cret" not in answer.why
    assert len(answer.why) < 400


# Refusals that stay


@dataclass(frozen=True)
class Refusal:
    """An answer to every request of a push, what of it has to be quoted, and a word of the next step."""

    told: Told
    quoted: str
    hint: str


REFUSED = {
    "ECR without the repository": Refusal(errors(404, "NAME_UNKNOWN", MISSING), MISSING, "create the repository"),
    "no right": Refusal(errors(403, "DENIED", "permission_denied: write_package"), "write_package", "log in"),
    "no login": Refusal(Told(401, {}, b"Not Authorized"), "Not Authorized", "log in"),
    "a cache of another registry": Refusal(errors(405, "UNSUPPORTED", "not supported"), "not supported", "mirror"),
    "a name that it does not take": Refusal(errors(400, "NAME_INVALID", "invalid name"), "invalid name", "correct"),
    "a full project": Refusal(errors(412, "PRECONDITION", "quota exceeded"), "quota exceeded", "correct"),
}


@pytest.mark.parametrize("helm_name", ANY_HELM)
@pytest.mark.parametrize("name", REFUSED)
def test_what_the_registry_refuses_for_good_is_asked_once_and_quoted(
    host: str, make: Make, archives: tuple[Path, Path], name: str, helm_name: str
) -> None:
    refusal = REFUSED[name]
    registry = make(host, helm=helm_name)
    with proxied(host, lambda asked: refusal.told if asked.uploads else None) as proxy:
        odd = same_place(registry, proxy.host)
        with pytest.raises(PublishError) as first:
            odd.create("app", "1.0.0", archives[0])
    assert first.value.code == "PUSH_FAILED"
    assert refusal.quoted in first.value.message
    assert refusal.hint in first.value.hint
    assert sum(asked.uploads for asked in proxy.seen) == 1


LATE = {
    "a body that is too large": (Told(413, {"Retry-After": "1"}, b"<title>413 Too Large</title>"), "bytes"),
    "no right to this tag": (errors(403, "DENIED", "protected"), "log in"),
    "no such request": (errors(405, "UNSUPPORTED"), "takes no pushes"),
}


@pytest.mark.parametrize("helm_name", ANY_HELM)
@pytest.mark.parametrize("name", LATE)
def test_a_manifest_that_is_refused_for_good_is_pushed_once(
    host: str, make: Make, archives: tuple[Path, Path], name: str, helm_name: str
) -> None:
    told, hint = LATE[name]
    registry = make(host, helm=helm_name)

    def fault(asked: Asked) -> Told | None:
        return told if asked.method == "PUT" and asked.of_manifest else None

    with proxied(host, fault) as proxy, pytest.raises(PublishError) as refused:
        same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert refused.value.code == "PUSH_FAILED"
    assert hint in refused.value.hint
    assert str(told.status) in refused.value.message
    assert proxy.pushes() == 1


def test_a_password_that_is_a_word_of_helms_decides_nothing_and_is_masked(
    host: str, make: Make, archives: tuple[Path, Path]
) -> None:
    """helm's message is matched as helm wrote it, and shown redacted."""
    registry = make(host)
    registry.helm.processes.redact.learn(["response status"], MIN_KNOWN_CHARS)

    def fault(asked: Asked) -> Told | None:
        return LATE["no right to this tag"][0] if asked.method == "PUT" and asked.of_manifest else None

    with proxied(host, fault) as proxy, pytest.raises(PublishError) as refused:
        same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert "log in" in refused.value.hint
    assert ("response status" in refused.value.message, proxy.pushes()) == (False, 1)


@pytest.mark.parametrize("status", rest_slow([408, 429, 500, 503], 429))
def test_what_may_pass_is_pushed_again(host: str, make: Make, archives: tuple[Path, Path], status: int) -> None:
    registry = make(host)

    def fault(asked: Asked) -> Told | None:
        return Told(status, {}, b"") if asked.method == "PUT" and asked.of_manifest and not asked.before else None

    with proxied(host, fault) as proxy:
        answer = same_place(registry, proxy.host).create("app", "1.0.0", archives[0])
    assert isinstance(answer, Present)
    assert proxy.pushes() > 1


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 502])
def test_a_push_that_was_stored_although_it_was_refused_counts(
    host: str, make: Make, archives: tuple[Path, Path], status: int
) -> None:
    """The answer is lost on the way, or another run has pushed the same a moment before."""

    def lost(asked: Asked) -> Callable[[Told], Told] | None:
        stored = asked.method == "PUT" and asked.path.endswith("/manifests/1.0.0")
        return (lambda _: Told(status, {}, b"lost")) if stored else None

    with proxied(host, lost) as proxy:
        answer = same_place(make(host), proxy.host).create("app", "1.0.0", archives[0])
    assert isinstance(answer, Present)
    assert answer.digest == digest_of(archives[0].read_bytes())


# Whether a push would be allowed


def test_that_a_push_is_allowed_is_known_without_leaving_anything_behind(host: str, make: Make) -> None:
    registry = make(host)
    with proxied(host) as proxy:
        odd = same_place(registry, proxy.host)
        odd.check_push("app")
        odd.check_push("app")
    assert [asked.method for asked in proxy.seen if asked.method != "GET"] == ["POST", "DELETE"]
    assert registry.api.http.get(f"http://{host}/v2/_catalog?n=1000", {}).body.count(odd.url.encode()) == 0


@pytest.mark.parametrize("told", [Told(404, {}, b""), Told(405, {}, b""), Told(500, {}, b"")])
def test_a_registry_that_takes_no_upload_back_is_pushed_to(
    host: str, make: Make, archives: tuple[Path, Path], told: Told
) -> None:
    with proxied(host, lambda asked: told if asked.method == "DELETE" else None) as proxy:
        registry = same_place(make(host), proxy.host)
        registry.check_push("app")
        assert isinstance(registry.create("app", "1.0.0", archives[0]), Present)


@pytest.mark.parametrize("location", ["http://127.0.0.1:9/v2/app/blobs/uploads/1", "/v2/", "", "http://["])
def test_no_request_follows_an_upload_to_another_place(host: str, make: Make, location: str) -> None:
    told = Told(202, {"Location": location}, b"")
    with proxied(host, lambda asked: told if asked.method == "POST" else None) as proxy:
        same_place(make(host), proxy.host).check_push("app")
    assert [asked.method for asked in proxy.seen if asked.method not in ("GET", "POST")] == []


def test_a_registry_that_does_not_say_whether_a_push_is_allowed_stops(make: Make) -> None:
    with pytest.raises(CannotTellError) as unknown:
        make("127.0.0.1:9").check_push("app")
    assert unknown.value.code == "REGISTRY_CANNOT_TELL"


# A push that is listed late


class Late:
    """A registry that lists a manifest only after so many questions for it, asked by its tag or in any way."""

    def __init__(self, questions: int, *, by_tag: bool) -> None:
        self.left = questions
        self.by_tag = by_tag
        self.pushed = False

    def __call__(self, asked: Asked) -> Told | None:
        self.pushed |= asked.method == "PUT" and asked.of_manifest
        concerned = asked.reads_manifest and ("sha256:" not in asked.path or not self.by_tag)
        if not (self.pushed and concerned) or self.left <= 0:
            return None
        self.left -= 1
        return errors(404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize("helm_name", ANY_HELM)
@pytest.mark.parametrize(("questions", "expected"), [(0, Present), (1, Present), (6, Present), (100, Absent)])
def test_a_push_that_is_listed_late_is_asked_for_again_within_a_bound(
    host: str, make: Make, archives: tuple[Path, Path], questions: int, expected: type, helm_name: str
) -> None:
    waited: list[float] = []
    with proxied(host, Late(questions, by_tag=True)) as proxy:
        registry = replace(make(proxy.host, helm=helm_name), pause=waited.append)
        assert isinstance(registry.create("app", "1.0.0", archives[0]), expected)
    assert sum(asked.method == "PUT" and asked.path.endswith("/1.0.0") for asked in proxy.seen) == 1
    assert (questions == 0) == (sum(waited) == 0)
    assert sum(waited) <= 20


def test_a_replica_that_has_not_heard_of_a_version_does_not_make_it_absent(
    host: str, make: Make, archives: tuple[Path, Path]
) -> None:
    """Each second question goes to a replica that is behind."""
    asked_for: list[Asked] = []

    def fault(asked: Asked) -> Told | None:
        if not (asked.method == "GET" and asked.path.endswith("/1.0.0")):
            return None
        asked_for.append(asked)
        return errors(404, "MANIFEST_UNKNOWN") if len(asked_for) % 2 else None

    with proxied(host, fault) as proxy:
        registry = make(proxy.host)
        answers = [registry.create("app", "1.0.0", archives[0]), *(registry.lookup("app", "1.0.0") for _ in range(4))]
    assert all(isinstance(answer, Present) for answer in answers)


def test_a_push_that_helm_itself_finds_too_late_is_repeated(host: str, make: Make, archives: tuple[Path, Path]) -> None:
    """helm 4 pushes by digest, asks for that, and then tags it (measured on 4.3.1)."""
    waited: list[float] = []
    with proxied(host, Late(2, by_tag=False)) as proxy:
        registry = replace(make(proxy.host, helm="helm4"), pause=waited.append)
        assert isinstance(registry.create("app", "1.0.0", archives[0]), Present)
    assert sum(waited) >= 1


# A long wait


@pytest.mark.parametrize("seconds", [3600, 86_400])
def test_a_long_wait_is_not_begun_and_said(host: str, make: Make, seconds: int) -> None:
    told = errors(429, "TOOMANYREQUESTS", "slow down", Retry_After=str(seconds))
    with proxied(host, lambda asked: told if asked.reads_manifest else None) as proxy:
        answer = make(proxy.host).lookup("app", "1.0.0")
    assert isinstance(answer, CannotTell)
    assert f"in {seconds} s (Retry-After)" in answer.why
    assert answer.hint.endswith(f"run again in {seconds} s")
    assert len(proxy.seen) - sum(asked.path == "/v2/" for asked in proxy.seen) == 1


@pytest.mark.parametrize("version", ["1.0.0+build.7", "1.0.0-rc.1+7"])
@pytest.mark.parametrize("helm_name", ANY_HELM)
def test_a_version_with_a_plus_is_found_under_the_tag_that_helm_gives_it(
    host: str, make: Make, tmp_path: Path, version: str, helm_name: str
) -> None:
    registry = make(host, helm=helm_name)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Chart.yaml").write_text(f"apiVersion: v2\nname: app\nversion: {version}\n")
    assert registry.helm.package(tmp_path / "app", tmp_path).status == 0
    archive = tmp_path / f"app-{version}.tgz"
    assert isinstance(registry.create("app", version, archive), Present)
    assert registry.read("app", version) == archive.read_bytes()
    assert USERNAME not in str(registry)
