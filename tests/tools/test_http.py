"""A client that is prepared beside the rest; what a registry may answer is in registry/test_oci.py."""

import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jetscale_cicd.tools.http import Http, HttpFailure
from jetscale_cicd.tools.redact import Redactor


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
