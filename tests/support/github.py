"""GitHub's Releases on loopback: the two answers that its REST documentation gives for "Create a release", no more.

It stands behind a proxy, as the real one does behind a company's: HTTPS_PROXY leads here, and the certificate is of the
tests' own authority. Whatever is not that one request, with the fields that it needs, is answered with 400 and kept.
"""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.oci import Authority, authority

DRIPS = -1
TOKEN = "ghs_0123456789abcdefghijABCDEFGHIJ"


@dataclass
class GitHub:
    """What it holds, and how it was asked.

    Args:
        environment: leads a program here.
        releases: tag → body.
        status: answers this in place of making a Release; 0 closes the connection without a word, DRIPS
            answers so slowly that no single read is late.
    """

    environment: dict[str, str]
    releases: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    status: int = 201
    document: Any = None


@contextmanager
def serve_github(directory: Path, host: str = "api.github.com") -> Iterator[GitHub]:
    """Serve one GitHub at ``https://host`` for whoever uses the environment of it."""
    made = authority(directory, host)
    github = GitHub({})
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(github, made, host)) as server:
        github.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_address[1]}",
            "REQUESTS_CA_BUNDLE": str(made.ca),
            "GH_TOKEN": TOKEN,
        }
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield github
        finally:
            server.shutdown()


def _handler(github: GitHub, made: Authority, host: str) -> type["_Handler"]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.certificate, made.key)
    return type("Handler", (_Handler,), {"github": github, "tls": tls, "host": host})


class _Handler(BaseHTTPRequestHandler):
    github: GitHub
    tls: ssl.SSLContext
    host: str

    def do_CONNECT(self) -> None:
        if self.path != f"{self.host}:443":
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        with suppress(OSError), self.tls.wrap_socket(self.connection, server_side=True) as secured:
            self.rfile, self.wfile = secured.makefile("rb"), secured.makefile("wb")
            with self.rfile, self.wfile:
                self.close_connection = False
                while not self.close_connection:
                    self.handle_one_request()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.github.paths.append(self.path)
        if not self.path.endswith("/repos/acme/stack/releases") or not set(body) >= {"tag_name", "name", "body"}:
            self.github.strange.append(f"{self.path} {body}")
            self._answer(400, {"message": "Problems parsing JSON"})
        elif self.headers["Authorization"] != f"token {TOKEN}":
            self._answer(401, {"message": "Bad credentials"})
        elif self.github.status == 0:
            self.close_connection = True
        elif self.github.status == DRIPS:
            self._drip()
        elif self.github.status != 201:
            self._answer(self.github.status, {"message": f"said by GitHub, of {self.headers['Authorization']}"})
        elif body["tag_name"] in self.github.releases:
            errors = [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]
            self._answer(422, {"message": "Validation Failed", "errors": errors})
        else:
            self.github.releases[body["tag_name"]] = body["body"]
            self._answer(
                201, {"id": len(self.github.releases)} if self.github.document is None else self.github.document
            )

    def _drip(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            for byte in b"HTTP/1.1 201 Created\r\n":
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.1)

    def _answer(self, status: int, document: Any) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", f"https://{self.host}/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
