"""A real OCI registry on loopback: Debian's docker-registry."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def serve(directory: Path) -> Iterator[str]:
    """Serve an empty registry and give its ``host:port``; a skip that says how to get it where it is not here."""
    program = shutil.which("docker-registry", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        message = "docker-registry is not here: run `make registry`"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    config = directory / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{host}'}}\n"
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
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{host}/v2/", timeout=1):
            return
        assert time.monotonic() < deadline, "docker-registry did not come up within 20 s"
        time.sleep(0.05)
