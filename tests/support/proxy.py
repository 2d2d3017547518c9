"""A proxy in front of a real registry that shows, for chosen requests, what a real one cannot be made to show."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.oci import Authority

PASSED_ON = {"host", "connection", "transfer-encoding"}


@dataclass
class Asked:
    """One request: method, path, headers, and how many of its kind (method and path) came before it."""

    method: str
    path: str
    headers: dict[str, str]
    before: int

    @property
    def of_manifest(self) -> bool:
        return "/manifests/" in self.path

    @property
    def reads_manifest(self) -> bool:
        return self.of_manifest and self.method in ("GET", "HEAD")

    @property
    def uploads(self) -> bool:
        return self.method in ("PATCH", "PUT", "POST")


@dataclass
class Told:
    """An answer, and how it is sent: cut after so many bytes, or after a pause.

    A value of a header with a line break is sent as that many lines of the name.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    pause: float = 0


# None passes the request on; a function also sees the real answer.
Fault = Callable[[Asked], "Told | Callable[[Told], Told] | None"]


@dataclass
class Proxy:
    """A running proxy; what it shows may be changed at any time."""

    host: str
    fault: Fault
    seen: list[Asked] = field(default_factory=list)

    def pushes(self) -> int:
        """Manifests that were put, which is what makes a version exist."""
        return sum(asked.method == "PUT" and asked.of_manifest for asked in self.seen)


class Reset(Exception):  # noqa: N818 - not an error of the test
    """Raised by a fault: the connection ends in the middle of the request."""


def nothing(_: Asked) -> None:
    """No fault at all."""


@contextlib.contextmanager
def proxied(upstream: str, fault: Fault = nothing, tls: Authority | None = None) -> Iterator[Proxy]:
    """A proxy on loopback before ``upstream``; with a certificate where one is given."""
    proxy = Proxy("", fault)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle_any(self) -> None:
            asked = _asked(self, proxy)
            proxy.seen.append(asked)
            try:
                shown = proxy.fault(asked)
            except Reset:
                self.rfile.read(min(64, int(self.headers.get("content-length", 0))))
                _reset(self.connection)
                self.close_connection = True
                return
            body = _body(self)
            if isinstance(shown, Told):
                told = shown
            else:
                told = _forward(upstream, proxy.host, asked, body)
                told = shown(told) if shown else told
            _answer(self, asked, told)

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: clients go away in the middle of things, which is what these tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    proxy.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def _asked(handler: BaseHTTPRequestHandler, proxy: Proxy) -> Asked:
    path = handler.path
    before = sum(other.method == handler.command and other.path == path for other in proxy.seen)
    return Asked(handler.command, path, {name.lower(): value for name, value in handler.headers.items()}, before)


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("content-length", 0)))
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)


def _forward(upstream: str, own: str, asked: Asked, body: bytes) -> Told:
    connection = HTTPConnection(upstream, timeout=20)
    headers = {name: value for name, value in asked.headers.items() if name not in PASSED_ON}
    connection.request(asked.method, asked.path, body, {**headers, "Host": upstream})
    answer = connection.getresponse()
    content = answer.read()
    kept = {name: value.replace(upstream, own) for name, value in answer.getheaders() if name.lower() not in PASSED_ON}
    if asked.method != "HEAD":
        kept = {name: value for name, value in kept.items() if name.lower() != "content-length"}
        kept["Content-Length"] = str(len(content))
    connection.close()
    return Told(answer.status, kept, content)


def _answer(handler: BaseHTTPRequestHandler, asked: Asked, told: Told) -> None:
    time.sleep(told.pause)
    with contextlib.suppress(OSError):  # the client gave up
        handler.send_response(told.status)
        headers = {"Content-Length": str(len(told.body)), **told.headers}
        for name, value in headers.items():
            for line in value.split("\n"):
                handler.send_header(name, line)
        handler.end_headers()
        if asked.method != "HEAD":
            handler.wfile.write(told.body[: told.cut])
        if told.cut is not None:
            handler.close_connection = True


def _reset(connection: socket.socket) -> None:
    """Close with RST, as a proxy that dies does (SO_LINGER 0, socket(7))."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
