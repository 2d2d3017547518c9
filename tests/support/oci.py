"""A real OCI registry on loopback: Debian's docker-registry, with or without a login and TLS."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

USERNAME, PASSWORD = "robot", "s3cret/pass+word"
# bcrypt of the password, cost 4, as htpasswd -B writes it: docker-registry takes no other kind.
_HTPASSWD = f"{USERNAME}:$2b$04$t29tCv5KlPHa0XNnUN6JLOhPWEuGaXo.Qzwc6iF5pxVyAXUKt0kSW\n"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own, and a certificate of it for one host."""

    ca: Path
    certificate: Path
    key: Path


def authority(directory: Path, host: str = "127.0.0.1") -> Authority:
    """Make both with openssl, on an elliptic curve: an RSA key takes up to a second."""
    directory.mkdir(parents=True, exist_ok=True)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    new = ("openssl", "req", "-x509", *curve, "-nodes", "-days", "2")
    made = Authority(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    own = ("-keyout", str(directory / "ca.key"), "-out", str(made.ca), "-subj", "/CN=An authority of the tests")
    by = (
        "-CA",
        str(made.ca),
        "-CAkey",
        str(directory / "ca.key"),
        "-addext",
        f"subjectAltName={'IP' if host[0].isdigit() else 'DNS'}:{host}",
    )
    subprocess.run([*new, *own], check=True, capture_output=True)
    server = ("-keyout", str(made.key), "-out", str(made.certificate), "-subj", f"/CN={host}", *by)
    subprocess.run([*new, *server, "-addext", "basicConstraints=critical,CA:FALSE"], check=True, capture_output=True)
    return made


@contextlib.contextmanager
def serve(directory: Path, *, login: bool = False, tls: Authority | None = None) -> Iterator[str]:
    """Serve an empty registry and give its ``host:port``; a skip that says how to get it where it is not here."""
    program = shutil.which("docker-registry", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        message = "docker-registry is not here: run `make registry`"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    directory.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    (directory / "htpasswd").write_text(_HTPASSWD)
    auth = f"auth: {{htpasswd: {{realm: tests, path: '{directory / 'htpasswd'}'}}}}\n" if login else ""
    certificate = f", tls: {{certificate: '{tls.certificate}', key: '{tls.key}'}}" if tls else ""
    config = directory / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{host}'{certificate}}}\n{auth}"
        f"storage: {{filesystem: {{rootdirectory: '{directory / 'storage'}'}}}}\n"
    )
    with subprocess.Popen(
        [program, "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(host)
            yield host
        finally:
            server.terminate()


def _wait(host: str) -> None:
    address, _, port = host.partition(":")
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection((address, int(port)), timeout=1):
            return
        assert time.monotonic() < deadline, "docker-registry did not come up within 20 s"
        time.sleep(0.02)
