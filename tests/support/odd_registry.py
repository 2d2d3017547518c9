"""Registries that answer otherwise than docker-registry: strict stand-ins, in front of the real one.

What they answer is from their documentation and from public reports of their errors.
"""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from jetscale_cicd.tools.registry.login import Login
from tests.support.oci import PASSWORD, USERNAME
from tests.support.proxy import Asked, Proxy, Told

LOGIN = Login(USERNAME, PASSWORD)
TOKEN = "a-token-of-this-test-"
MISSING = "The repository with name 'app' does not exist in the registry with id '1234'"


def errors(status: int, code: str, message: str = "", **headers: str) -> Told:
    """An answer with the error list of the distribution spec."""
    body = json.dumps({"errors": [{"code": code, "message": message, "detail": {"name": "app"}}]}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told(status, {"Content-Type": "application/json", **named}, body)


@dataclass
class TokenServer:
    """A registry with a token server of its own that knows which repositories exist, as GitHub's.

    Args:
        rights: what the login may do.
        refusal: the token server's answer to a scope that it does not grant.
    """

    proxy: Proxy
    rights: set[str]
    refusal: Told
    exists: bool = False
    challenge: str = 'Bearer realm="http://{host}/token",service="tests"'
    scopes: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Told | None:
        if asked.path.startswith("/token"):
            return self._token(asked)
        said = asked.headers.get("authorization", "")
        needed = {"pull"} if asked.method in ("GET", "HEAD") else {"pull", "push"}
        if not said.startswith(f"Bearer {TOKEN}") or not needed <= set(said.removeprefix(f"Bearer {TOKEN}").split("-")):
            return Told(401, {"WWW-Authenticate": self.challenge.format(host=self.proxy.host)}, b"{}")
        asked.headers["authorization"] = LOGIN.basic
        if asked.method == "PUT" and asked.of_manifest:
            self.exists = True
        return None

    def _token(self, asked: Asked) -> Told:
        self.forms.append(asked.method)
        if asked.method == "POST":
            return Told(404, {}, b"")  # as a token server without OAuth 2
        (scope,) = parse_qs(urlsplit(asked.path).query)["scope"]
        self.scopes.append(scope)
        rights = set(scope.rpartition(":")[2].split(","))
        if asked.headers.get("authorization") != LOGIN.basic or not rights <= self.rights:
            return self.refusal
        if not self.exists and "push" not in rights:
            return self.refusal
        return Told(200, {}, json.dumps({"token": TOKEN + "-".join(sorted(rights))}).encode())


REFUSALS = [Told(401, {}, b"{}"), errors(403, "DENIED", "requested access to the resource is denied")]
