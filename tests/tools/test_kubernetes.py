"""The Kubernetes API as typed calls, asked of a small server on a Unix socket: pages, retries, its clock, failures."""

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jetscale_cicd.tools import kubernetes, server_clock
from jetscale_cicd.tools.kubernetes import METADATA_ONLY, ApiFailure, Kubernetes
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.server_clock import ServerClock, boottime

POD = {"kind": "Pod", "metadata": {"name": "p"}}
PODS = "/api/v1/namespaces/x/pods"


@dataclass(frozen=True)
class Asked:
    """A request that the server got."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server answers; status 0 closes the connection instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


def answer(content: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(content).encode(), named)


@dataclass
class Server:
    """Gives its answers in their order, the last of them again and again, and remembers what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    date: str = ""

    def give(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def handle(self, request: Asked) -> Answer:
        self.asked.append(request)
        assert self.answers, f"unexpected: {request}"
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            given = made.handle(Asked(self.command, url.path, query, dict(self.headers), body))
            if not given.status:
                self.close_connection = True
                return
            self.send_response_only(given.status)
            for name, value in {"Date": made.date, **given.headers}.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 - names of http.server

    class Listening(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    with Listening(str(tmp_path / "api"), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        listening.shutdown()
        thread.join()


@pytest.fixture
def api(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    """Asks the server; between attempts it does not wait."""
    monkeypatch.setattr(kubernetes, "_BACKOFF", 0)
    made = Kubernetes(tmp_path / "api", Redactor.of(["s3cret-token"]))
    yield made
    made._pool.close()


# Reading


def test_an_object_is_asked_for_as_json(api: Kubernetes, server: Server) -> None:
    server.give(answer(POD))
    assert api.get(f"{PODS}/p", watch="false") == POD
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.query) == ("GET", f"{PODS}/p", {"watch": "false"})
    assert asked.headers["Accept"] == "application/json"


def test_what_the_server_does_not_have_is_none(api: Kubernetes, server: Server) -> None:
    server.give(answer({"kind": "Status", "message": "no"}, 404))
    assert api.get(f"{PODS}/p") is None


def test_all_pages_of_a_list_are_read(api: Kubernetes, server: Server) -> None:
    pages = [[{"n": 1}, {"n": 2}], [{"n": 3}], None, [{"n": 4}]]
    following = ["a/b+c", "second", "third", ""]
    server.give(
        *(
            answer({"metadata": {"continue": token}, "items": page})
            for page, token in zip(pages, following, strict=True)
        )
    )
    assert api.items(PODS, labelSelector="a=b,c=d") == [{"n": number} for number in (1, 2, 3, 4)]
    assert [each.query.get("continue") for each in server.asked] == [None, "a/b+c", "second", "third"]
    assert {(each.query["labelSelector"], int(each.query["limit"]) > 0) for each in server.asked} == {("a=b,c=d", True)}


def test_a_list_that_breaks_off_between_two_pages_is_a_failure(api: Kubernetes, server: Server) -> None:
    server.give(answer({"metadata": {"continue": "x"}, "items": [POD]}), answer({"message": "expired"}, 410))
    with pytest.raises(ApiFailure) as failed:
        api.items(PODS)
    assert failed.value.status == 410


def test_a_list_of_what_is_not_served_is_a_failure_and_no_empty_list(api: Kubernetes, server: Server) -> None:
    server.give(answer({"message": "no"}, 404))
    with pytest.raises(ApiFailure):
        api.items(PODS)


def test_a_list_without_contents_is_asked_for_as_such(api: Kubernetes, server: Server) -> None:
    server.give(answer({"items": []}))
    assert api.items(PODS, accept=METADATA_ONLY) == []
    assert server.asked[0].headers["Accept"] == METADATA_ONLY


def test_a_log_is_text_without_secrets(api: Kubernetes, server: Server) -> None:
    server.give(Answer(200, "a s3cret-token \xff\n".encode("latin-1")))
    assert api.text(f"{PODS}/p/log", tailLines=2) == "a *** \ufffd\n"
    assert server.asked[0].query == {"tailLines": "2"}


# Writing


@pytest.mark.parametrize(("call", "method"), [("create", "POST"), ("replace", "PUT")])
def test_what_is_written_is_sent_as_json(api: Kubernetes, server: Server, call: str, method: str) -> None:
    server.give(answer(POD, 201))
    assert getattr(api, call)(PODS, POD) == POD
    (asked,) = server.asked
    assert (asked.method, asked.path, json.loads(asked.body)) == (method, PODS, POD)
    assert asked.headers["Content-Type"] == "application/json"


def test_an_apply_is_asked_about_and_never_carried_out(api: Kubernetes, server: Server) -> None:
    server.give(answer(POD))
    api.apply(f"{PODS}/p", POD, "me")
    (asked,) = server.asked
    assert (asked.method, asked.query["dryRun"], asked.query["fieldManager"]) == ("PATCH", "All", "me")
    assert asked.headers["Content-Type"] == "application/apply-patch+yaml"


def test_a_refusal_that_is_known_to_be_final_is_asked_for_once(api: Kubernetes, server: Server) -> None:
    server.give(answer({"kind": "Status", "message": "no"}, 500))
    with pytest.raises(ApiFailure) as failed:
        api.request("PATCH", f"{PODS}/p", body=POD, final=(500,))
    assert (failed.value.status, len(server.asked)) == (500, 1)


@pytest.mark.parametrize("status", [200, 403])
def test_what_the_server_warns_of_is_kept_without_secrets(api: Kubernetes, server: Server, status: int) -> None:
    server.give(answer({"message": "x"}, status, Warning='299 - "say \\"no\\" to s3cret-token"'))
    warnings: list[str] = []
    with contextlib.suppress(ApiFailure):
        api.request("PATCH", f"{PODS}/p", body=POD, warnings=warnings)
    assert warnings == ['say "no" to ***']


def test_of_a_long_refusal_the_field_and_the_reason_are_kept(api: Kubernetes, server: Server) -> None:
    message = f"spec.template: Invalid value: {'x' * 5000}: field is immutable"
    server.give(answer({"kind": "Status", "message": message}, 422))
    with pytest.raises(ApiFailure) as failed:
        api.get(f"{PODS}/p")
    assert failed.value.message.startswith("spec.template: ")
    assert failed.value.message.endswith(": field is immutable")
    assert len(failed.value.message) <= 500


def test_a_conflict_is_told_apart(api: Kubernetes, server: Server) -> None:
    server.give(answer({"message": "changed"}, 409))
    with pytest.raises(ApiFailure) as failed:
        api.replace(PODS, POD)
    assert (failed.value.conflict, failed.value.unreachable, len(server.asked)) == (True, False, 1)


# Retries


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("call", ["get", "create", "replace"])
def test_a_refusal_that_passes_is_asked_again(api: Kubernetes, server: Server, status: int, call: str) -> None:
    server.give(answer({}, status), answer({}, status), answer(POD))
    assert getattr(api, call)(PODS, *([] if call == "get" else [POD])) == POD
    assert len(server.asked) == 3


@pytest.mark.parametrize("call", ["get", "replace"])
def test_a_connection_that_breaks_is_made_again(api: Kubernetes, server: Server, call: str) -> None:
    server.give(Answer(0), answer(POD))
    assert getattr(api, call)(PODS, *([] if call == "get" else [POD])) == POD
    assert len({each.body for each in server.asked}) == 1  # the same is sent again


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_refusal_that_stays_is_asked_for_once(api: Kubernetes, server: Server, status: int) -> None:
    server.give(answer({"message": "no"}, status))
    with pytest.raises(ApiFailure) as failed:
        api.request("GET", PODS)
    assert (failed.value.status, failed.value.unreachable, len(server.asked)) == (status, False, 1)


@pytest.mark.parametrize("status", [429, 503])
def test_attempts_come_to_an_end(api: Kubernetes, server: Server, status: int) -> None:
    server.give(answer({"message": "busy"}, status))
    with pytest.raises(ApiFailure) as failed:
        api.get(PODS)
    assert (failed.value.status, failed.value.unreachable, failed.value.message) == (status, True, "busy")
    assert 2 <= len(server.asked) <= 6


def test_a_server_that_only_hangs_up_is_unreachable(api: Kubernetes, server: Server) -> None:
    server.give(Answer(0))
    with pytest.raises(ApiFailure) as failed:
        api.get(PODS)
    assert (failed.value.status, failed.value.unreachable) == (0, True)
    assert 2 <= len(server.asked) <= 6


# Failures


def test_a_failure_has_the_servers_message_without_secrets_and_bounded(api: Kubernetes, server: Server) -> None:
    server.give(answer({"kind": "Status", "message": "s3cret-token " + "x" * 5000}, 403))
    with pytest.raises(ApiFailure) as failed:
        api.get(PODS)
    assert failed.value.message.startswith("*** xxx")
    assert len(failed.value.message) <= 500


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"<html>no\n  gateway s3cret-token</html>", "<html>no gateway ***</html>"), (b"[]", "[]"), (b"", "status 403")],
)
def test_a_failure_that_is_no_status_is_told_in_its_own_words(
    api: Kubernetes, server: Server, body: bytes, message: str
) -> None:
    server.give(Answer(403, body))
    with pytest.raises(ApiFailure) as failed:
        api.get(PODS)
    assert failed.value.message == message


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7", b""])
def test_an_answer_that_is_no_object_is_no_answer(api: Kubernetes, server: Server, body: bytes) -> None:
    server.give(Answer(200, body))
    with pytest.raises(ApiFailure) as failed:
        api.get(PODS)
    assert failed.value.unreachable


def test_why_the_proxy_ended_is_what_is_told(tmp_path: Path) -> None:
    with pytest.raises(ApiFailure, match="no such context") as failed:
        Kubernetes(tmp_path / "none", Redactor.of(()), ended=lambda: "no such context").get(PODS)
    assert failed.value.unreachable


def test_a_proxy_that_never_serves_is_not_waited_for_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "_START", 0.02)
    with pytest.raises(ApiFailure) as failed:
        Kubernetes(tmp_path / "none", Redactor.of(())).get(PODS)
    assert failed.value.unreachable


# The clock


def test_the_clock_is_the_servers(api: Kubernetes, server: Server) -> None:
    there = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    server.date = format_datetime(there, usegmt=True)
    server.give(answer(POD))
    api.get(PODS)
    assert timedelta() <= api.clock.now() - there < timedelta(seconds=60)


def test_also_a_refusal_tells_the_time(api: Kubernetes, server: Server) -> None:
    there = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    server.date = format_datetime(there, usegmt=True)
    server.give(answer({}, 404))
    api.get(PODS)
    assert timedelta() <= api.clock.now() - there < timedelta(seconds=60)


def test_an_answer_that_was_long_on_its_way_does_not_set_the_clock_back() -> None:
    clock, now = ServerClock(), datetime.now(UTC).replace(microsecond=0)
    clock.update(format_datetime(now, usegmt=True))
    ahead = clock.ahead
    clock.update(format_datetime(now - timedelta(seconds=20), usegmt=True))
    assert clock.ahead == ahead
    clock.update(format_datetime(now + timedelta(seconds=20), usegmt=True))
    assert clock.ahead is not None
    assert ahead is not None
    assert clock.ahead > ahead + 19


@pytest.mark.parametrize("date", [None, ""])
def test_an_answer_without_a_date_leaves_the_clock(date: str | None) -> None:
    clock = ServerClock(ahead=5.0)
    clock.update(date)
    assert clock.ahead == 5.0


def test_the_servers_time_goes_on_with_this_machines_boot_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ServerClock(ahead=0.0)
    monkeypatch.setattr(server_clock, "boottime", lambda: 100.0)
    before = clock.now()
    monkeypatch.setattr(server_clock, "boottime", lambda: 160.0)
    assert clock.now() - before == timedelta(seconds=60)


def test_before_any_answer_it_is_this_machines_time() -> None:
    assert abs(ServerClock().now() - datetime.now(UTC)) < timedelta(seconds=60)
    assert boottime() <= boottime()


def test_secrets_that_are_learned_on_the_way_are_masked_too(api: Kubernetes, server: Server) -> None:
    learned: Any = api.redact
    learned.learn(["found-later"])
    server.give(answer({"message": "found-later"}, 403))
    with pytest.raises(ApiFailure) as failed:
        api.get(PODS)
    assert failed.value.message == "***"


# What a refusal keeps of the Status object: its reason and its causes

# As kube-apiserver v1.33 answers.
QUOTA = {
    "kind": "Status",
    "message": 'leases.coordination.k8s.io "stage6-app" is forbidden: exceeded quota: q, requested: count/leases=1',
    "reason": "Forbidden",
    "details": {"name": "stage6-app", "group": "coordination.k8s.io", "kind": "leases"},
    "code": 403,
}
TERMINATING = {
    "kind": "Status",
    "message": 'leases.coordination.k8s.io "stage6-app" is forbidden: unable to create new content in namespace shop',
    "reason": "Forbidden",
    "details": {
        "name": "stage6-app",
        "kind": "leases",
        "causes": [
            {
                "reason": "NamespaceTerminating",
                "message": "namespace is being terminated",
                "field": "metadata.namespace",
            }
        ],
    },
    "code": 403,
}
FORBIDDEN = {
    "kind": "Status",
    "message": 'leases.coordination.k8s.io is forbidden: User "ci" cannot create resource "leases"',
    "reason": "Forbidden",
    "details": {"group": "coordination.k8s.io", "kind": "leases"},
    "code": 403,
}


@pytest.mark.parametrize(
    ("document", "causes", "name"),
    [
        (QUOTA, (), "stage6-app"),
        (TERMINATING, ("NamespaceTerminating",), "stage6-app"),
        (FORBIDDEN, (), ""),
    ],
)
def test_a_status_object_is_kept(document: object, causes: tuple[str, ...], name: str) -> None:
    failed = Kubernetes(Path("api"), Redactor())._failure(403, json.dumps(document).encode())
    assert (failed.status, failed.reason, failed.causes, failed.name) == (403, "Forbidden", causes, name)
    assert failed.namespace_terminating is bool(causes)


@pytest.mark.parametrize("answer", [b"Bad Gateway", b"[]", b'"no"', b'{"message": "m", "details": 1}', b'{"code": 1}'])
def test_an_answer_that_is_no_status_object_is_text(answer: bytes) -> None:
    failed = Kubernetes(Path("api"), Redactor())._failure(502, answer)
    assert (failed.status, failed.reason, failed.causes) == (502, "", ())
    assert failed.message == answer.decode()
    assert failed.unreachable
