"""A real HashiCorp Vault on loopback, with its KV engine alone: `make vault-server` builds it."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

# Where `make vault-server` puts it; read before a test hides the home.
VAULT_SERVER = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetscale-cicd" / "vault-server" / "vault-server"
)


@dataclass(frozen=True)
class RealVault:
    """A running one.

    Args:
        address: ``http://127.0.0.1:…``.
        token: its root's.
    """

    address: str
    token: str

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        """Status and answer."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            f"{self.address}/v1/{quote(path)}", data, {"X-Vault-Token": token or self.token}, method=method
        )
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"null")

    def mount(self, path: str, version: str) -> None:
        self.call("POST", f"sys/mounts/{path}", {"type": "kv", "options": {"version": version}})

    def token_for(self, name: str, policy: str) -> str:
        """A token with one policy beside the default one."""
        self.call("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        _, made = self.call("POST", "auth/token/create", {"policies": [name]})
        return str(made["auth"]["client_token"])


@contextlib.contextmanager
def real_vault(*arguments: str) -> Iterator[RealVault]:
    """Start one, and end it; ``sealed`` leaves it so."""
    with subprocess.Popen([VAULT_SERVER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            assert server.stdout
            told = json.loads(server.stdout.readline())
            yield RealVault(told["address"], told["token"])
        finally:
            server.kill()
