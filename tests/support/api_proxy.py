"""In front of the real API server: answers that it cannot be made to give, and none at all; all else goes through."""

import base64
import contextlib
import http.client
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.control_plane import Cluster
from tests.support.oci import authority

REASONS = {403: "Forbidden", 409: "Conflict", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}
# Kubernetes, apimachinery/pkg/registry/generic/registry/store.go
MODIFIED = "Operation cannot be fulfilled: the object has been modified; apply your changes to the latest version"
Rule = Callable[[str, str], int | None]


@dataclass
class Front:
    """What stands in front of an API server.

    Args:
        cluster: the one behind, with an address and a kubeconfig that lead through here.
        rule: method and path to a status to answer with, None to let it through.
        delay: seconds before each answer.
        down: set while every connection is closed without an answer.
        refused: every request that got no answer of the server's.
    """

    cluster: Cluster
    rule: Rule = lambda _method, _path: None
    delay: float = 0.0
    down: threading.Event = field(default_factory=threading.Event)
    refused: list[tuple[str, str, int]] = field(default_factory=list)

    def refuse(self, status: int, times: int, match: Callable[[str, str], bool]) -> None:
        """Answer the first so many requests that match with a status."""
        left = [times]
        lock = threading.Lock()

        def rule(method: str, path: str) -> int | None:
            with lock:
                if left[0] and match(method, path):
                    left[0] -= 1
                    return status
            return None

        self.rule = rule


class _Server(http.server.ThreadingHTTPServer):
    """Behind TLS; a connection that is cut in the middle is what it is for."""

    state: Front
    behind: Cluster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nobody reads it."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def __getattr__(self, name: str) -> Any:
        """One way for every method: ``do_GET`` and its like are looked up by their names."""
        if name.startswith("do_"):
            return self._pass
        raise AttributeError(name)

    def _pass(self) -> None:
        state = self.server.state
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = state.rule(self.command, self.path)
        time.sleep(state.delay)
        if state.down.is_set():
            state.refused.append((self.command, self.path, 0))
            self.close_connection = True
        elif status:
            state.refused.append((self.command, self.path, status))
            self._refuse(status)
        else:
            self._through(body)

    def _through(self, body: bytes) -> None:
        target = urlsplit(self.server.behind.server)
        outside = ssl.create_default_context(cafile=str(self.server.behind.ca))
        connection = http.client.HTTPSConnection(target.hostname or "", target.port, context=outside, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request(self.command, self.path, body or None, headers)
            self._answer(connection.getresponse())
        except OSError:
            self.close_connection = True
        finally:
            connection.close()

    def _refuse(self, status: int) -> None:
        said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
        message = MODIFIED if status == 409 else f"refused with {status}"
        content = json.dumps({**said, "reason": REASONS[status], "message": message}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        """As it comes, for a watch has no end."""
        self.send_response(answer.status)
        bodiless = answer.status in (204, 304)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        if not bodiless:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (part := answer.read1(1 << 16)) and not self.server.state.down.is_set():
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()
        if not bodiless:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the standard library
        """Nobody reads it."""


@contextlib.contextmanager
def front(behind: Cluster, directory: Path) -> Iterator[Front]:
    """Stand in front of an API server until the end of the block."""
    keys = authority(directory, "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(keys.certificate, keys.key)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    address = f"https://127.0.0.1:{server.server_address[1]}"
    server.behind = behind
    server.state = Front(replace(behind, kubeconfig=_kubeconfig(behind, directory, address, keys.ca)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _kubeconfig(behind: Cluster, directory: Path, address: str, ca: Path) -> Path:
    document = json.loads(behind.kubeconfig.read_text())
    authority_data = base64.b64encode(ca.read_bytes()).decode()
    document["clusters"][0]["cluster"] = {"server": address, "certificate-authority-data": authority_data}
    file = directory / "through.kubeconfig"
    file.write_text(json.dumps(document))
    return file
