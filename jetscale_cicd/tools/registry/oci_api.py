"""The HTTP API of an OCI registry: what a tag holds, in three answers (OCI distribution spec 1.1).

Only a 404 with the registry's own error code is "absent" (ibid., "Error codes"): 401, 403, 429, 5xx, a timeout, a TLS
error, a proxy's 404 and a damaged manifest all mean "cannot tell".
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import Absent, CannotTell, Present, RegistryAnswer
from jetscale_cicd.tools.helm import is_loopback
from jetscale_cicd.tools.http import Http, HttpAnswer, HttpFailure
from jetscale_cicd.tools.registry.login import Login

# helm.sh/docs/topics/registries: the layer that is the chart's archive, byte for byte.
_CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
# NOT_FOUND is the code of Harbor and ECR Public.
_ABSENT = {"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'([a-zA-Z]+)="([^"]*)"')


@frozen
class OciApi:
    """One registry, asked over HTTP.

    Args:
        host: host and port.
        http: the HTTP client.
        login: finds credentials for the host.
        plain_http: use HTTP without TLS; for a registry on this machine, that is detected.
        tokens: the tokens that were granted so far, by repository.
    """

    host: str
    http: Http
    login: Callable[[str], Login | None]
    plain_http: bool = False
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    def manifest(self, repository: str, tag: str) -> RegistryAnswer:
        """What the tag of a repository holds."""
        try:
            return _answer(self._get(repository, tag), self.host)
        except HttpFailure as failed:
            return CannotTell(f"{self.host}: {failed}", "check network, DNS, proxy and certificates, then run again")

    @cached_property
    def plain(self) -> bool:
        """Whether HTTP is used: where it is configured, or where a registry on this machine has no TLS."""
        if self.plain_http or not is_loopback(self.host):
            return self.plain_http
        try:
            self.http.get(f"https://{self.host}/v2/", {}, retry=False)
        except HttpFailure as failed:
            return "SSL" in str(failed).upper() and "CERTIFICATE" not in str(failed).upper()
        return False

    def _get(self, repository: str, tag: str) -> HttpAnswer:
        scheme = "http" if self.plain else "https"
        url = f"{scheme}://{self.host}/v2/{repository}/manifests/{tag}"
        headers = {"Accept": _MANIFESTS}
        known = self.tokens.get(repository)
        answer = self.http.get(url, {**headers, "Authorization": known} if known else headers)
        if answer.status == 401 and (granted := self._granted(answer, repository)):
            self.tokens[repository] = granted
            answer = self.http.get(url, {**headers, "Authorization": granted})
        return answer

    def _granted(self, refused: HttpAnswer, repository: str) -> str | None:
        """The header after a 401: the login itself, or the token that the realm of the challenge grants for it."""
        scheme, _, rest = refused.headers.get("www-authenticate", "").partition(" ")
        login = self.login(self.host)
        if scheme.lower() == "basic":
            return login.basic if login and login.username else None
        if scheme.lower() != "bearer":
            return None
        challenge = {name.lower(): value for name, value in _CHALLENGE.findall(rest)}
        realm, service = challenge.get("realm", ""), challenge.get("service", "")
        parts = urlsplit(realm)
        if parts.scheme != "https" and not (parts.scheme == "http" and (self.plain_http or is_loopback(parts.netloc))):
            raise HttpFailure(f"the registry names {realm[:200]!r} as its token server, which is not an https address")
        token = _token(self._ask_for_token(realm, service, f"repository:{repository}:pull", login))
        self.http.redact.learn((token,))
        return f"Bearer {token}"

    def _ask_for_token(self, realm: str, service: str, scope: str, login: Login | None) -> HttpAnswer:
        if login and login.identity_token:  # the OAuth2 flow of the distribution project's "token/oauth"
            form = {"grant_type": "refresh_token", "service": service, "client_id": "jetscale-cicd", "scope": scope}
            return self.http.post_form(realm, {**form, "refresh_token": login.identity_token})
        query = urlencode({"service": service, "scope": scope})
        headers = {"Authorization": login.basic} if login else {}
        return self.http.get(f"{realm}{'&' if '?' in realm else '?'}{query}", headers)


def _token(answer: HttpAnswer) -> str:
    if answer.status != 200:
        raise HttpFailure(f"the token server answered {answer.status}: log in (helm registry login)")
    try:
        content = json.loads(answer.body)
        token = content.get("token") or content["access_token"]
    except (ValueError, KeyError, AttributeError, RecursionError):
        token = None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise HttpFailure("the answer of the token server has no token")
    return token


def _answer(answer: HttpAnswer, host: str) -> RegistryAnswer:
    if answer.status == 404:
        codes = _error_codes(answer.body)
        if codes & _ABSENT:
            return Absent()
        return CannotTell(f"{host} answered 404 without the error code of a registry", "check chart.registry")
    if answer.status != 200:
        return CannotTell(f"{host} answered {answer.status}{_error_messages(answer.body)}", _hint(answer.status, host))
    digest = "sha256:" + hashlib.sha256(answer.body).hexdigest()
    claimed = answer.headers.get("docker-content-digest", digest)
    try:
        manifest = json.loads(answer.body)
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or claimed != digest:
        return CannotTell(f"{host} gave a damaged manifest ({digest[:19]}…)", "run again")
    # An artifact that is not a chart has the version, too, and is not overwritten.
    return Present(_chart_layer(manifest) or digest, digest)


def _chart_layer(manifest: Mapping[str, object]) -> str | None:
    layers = manifest.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict) and layer.get("mediaType") == _CHART_LAYER:
            named = layer.get("digest")
            return named if isinstance(named, str) and _DIGEST.fullmatch(named) else None
    return None


def _errors(body: bytes) -> list[Mapping[str, object]]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return []
    errors = content.get("errors") if isinstance(content, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _error_codes(body: bytes) -> set[str]:
    return {str(error.get("code")) for error in _errors(body)}


def _error_messages(body: bytes) -> str:
    """The error messages of the registry, on one line."""
    messages = [f"{error.get('code')}: {error.get('message')}" for error in _errors(body)]
    return f" ({' '.join('; '.join(messages).split())[:200]})" if messages else ""


def _hint(status: int, host: str) -> str:
    if status in (401, 403):
        return f"log in: helm registry login {host}, or set STAGE6_REGISTRY_USERNAME and STAGE6_REGISTRY_PASSWORD"
    return "the registry is overloaded or out of order: run again later" if status == 429 or status >= 500 else ""
