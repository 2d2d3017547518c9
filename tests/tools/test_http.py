"""A client that is prepared beside the rest; what a registry may answer is in registry/test_oci.py."""

import base64
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.redact import MASK, Redactor
from tests.support.proxy import Told, proxied


class _Yes(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"yes")

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Yes) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("prepared", [True, False])
def test_a_client_answers_whether_it_was_prepared_or_not(address: str, prepared: bool) -> None:
    http = Http(Redactor.of(()))
    if prepared:
        http.prepare()
    assert [http.get(address, {}).body for _ in range(2)] == [b"yes", b"yes"]


# A proxy


PASSED_ON = Told(200, {}, b"by the proxy")


def test_a_proxy_gets_its_login_decoded_and_the_redactor_learns_it(monkeypatch: pytest.MonkeyPatch) -> None:
    http = Http(Redactor.of(()))
    with proxied("", lambda _: PASSED_ON) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"robot:p%40ss%2Fword%21@{proxy.host}")
        assert http.get("http://registry.test/v2/", {}).body == PASSED_ON.body
    login = proxy.seen[0].headers["proxy-authorization"].removeprefix("Basic ")
    assert base64.b64decode(login) == b"robot:p@ss/word!"
    assert http.redact(f"p@ss/word! {login}") == f"{MASK} {MASK}"


def test_a_proxy_whose_address_cannot_be_read_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://robot:p@ss/word@bad:99999")
    with pytest.raises(HttpFailure, match="HTTPS_PROXY does not hold the address of a proxy") as failed:
        Http(Redactor.of(())).get("https://registry.test/v2/", {})
    assert not [word for word in ("robot", "p@ss", "bad", "99999") if word in str(failed.value)]


@pytest.mark.filterwarnings("error")
def test_what_fails_when_it_is_prepared_is_the_error_of_the_first_request(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> ssl.SSLContext:
        raise ssl.SSLError("no certificate authorities")

    monkeypatch.setattr(ssl, "create_default_context", refuse)
    http = Http(Redactor.of(()))
    http.prepare()
    with pytest.raises(HttpFailure, match="no certificate authorities"):
        http.get(address, {})


def test_what_was_prepared_is_waited_for_and_not_made_twice(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    make = ssl.create_default_context

    def slowly() -> ssl.SSLContext:
        time.sleep(0.2)
        made.append(make())
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", slowly)
    http = Http(Redactor.of(()))
    http.prepare()
    http.prepare()
    assert made == []
    assert http.get(address, {}).body == b"yes"
    assert len(made) == 1
