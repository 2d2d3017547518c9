"""Registries that answer otherwise than docker-registry: strict stand-ins, in front of the real one.

What they answer is from their documentation and from public reports of their errors.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import Request, urlopen

from jetscale_cicd.tools.registry.login import Login
from tests.support.oci import PASSWORD, USERNAME
from tests.support.proxy import Asked, Proxy, Told

MANIFEST, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
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


@dataclass
class ReferrersApi:
    """A registry that lists by itself what refers to a manifest, from the manifests that it is given.

    docker-registry does not ("Listing Referrers" and "Pushing Manifests with Subject", distribution spec 1.1).

    Args:
        upstream: the real registry.
        says_subject: whether it tells a client that it has listed what was pushed.
        page: how many it lists at a time.
    """

    upstream: str
    says_subject: bool = True
    page: int = 100
    listed: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> "Told | Callable[[Told], Told] | None":
        path, _, query = asked.path.partition("?")
        if "/referrers/" in path:
            return self._list(path, parse_qs(query))
        if asked.method == "PUT" and "/manifests/sha256:" in path:
            return lambda told: self._pushed(path, told)
        return None

    def _pushed(self, path: str, told: Told) -> Told:
        if told.status != 201:
            return told
        with urlopen(Request(f"http://{self.upstream}{path}", headers={"Accept": MANIFEST}), timeout=10) as answer:
            content = answer.read()
        manifest = json.loads(content)
        if "subject" not in manifest:
            return told
        subject = manifest["subject"]["digest"]
        entry = {
            "mediaType": MANIFEST,
            "digest": path.rpartition("/")[2],
            "size": len(content),
            "artifactType": manifest.get("artifactType") or manifest["config"]["mediaType"],
            "annotations": manifest.get("annotations", {}),
        }
        entries = self.listed.setdefault(subject, [])
        if entry not in entries:
            entries.append(entry)
        return Told(told.status, {**told.headers, **({"OCI-Subject": subject} if self.says_subject else {})}, told.body)

    def _list(self, path: str, query: dict[str, list[str]]) -> Told:
        (kind,), start = query["artifactType"], int(query.get("start", ["0"])[0])
        found = [each for each in self.listed.get(path.rpartition("/")[2], []) if each["artifactType"] == kind]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found[start : start + self.page]}
        headers = {"Content-Type": INDEX, "OCI-Filters-Applied": "artifactType"}
        if start + self.page < len(found):
            following = f"{path}?artifactType={quote(kind, safe='')}&start={start + self.page}"
            headers["Link"] = f'<{following}>; rel="next"'
        return Told(200, headers, json.dumps(index).encode())
