"""The HTTP API of an OCI registry (distribution spec 1.1): what a tag holds, and whether a push would be allowed."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urljoin

from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import CannotTell, RegistryAnswer
from jetscale_cicd.tools.http import Http, HttpAnswer, HttpFailure
from jetscale_cicd.tools.loopback import is_loopback
from jetscale_cicd.tools.registry.answers import hint_for, login_command, manifest_answer, refusal_text
from jetscale_cicd.tools.registry.authorization import Authorizer, Scope, TokenRefused
from jetscale_cicd.tools.registry.hosts import RegistryHost
from jetscale_cicd.tools.registry.login import Login

_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
_GRANTER = "the token server"
_UNREACHABLE = "check network, DNS, proxy and certificates, then run again"


class Refusal(NamedTuple):
    """An answer that refuses, and the server that gave it."""

    answer: HttpAnswer
    server: str


@frozen
class OciApi:
    """One registry, asked over HTTP.

    Args:
        host: host and port, as in ``oci://host/path``.
        http: the HTTP client.
        login: finds credentials for the host.
        plain_http: use HTTP without TLS; for a registry on this machine, that is detected.
        tokens: the ``Authorization`` values that were granted so far, by repository and scope.
        pushable: repositories to which a push is known to be allowed.
        cancelled: cancel the uploads that were begun to find that out.
    """

    host: str
    http: Http
    login: Callable[[str], Login | None]
    plain_http: bool = False
    tokens: dict[tuple[str, Scope], str] = field(default_factory=dict, repr=False)
    pushable: set[str] = field(default_factory=set)
    cancelled: list[threading.Thread] = field(default_factory=list, repr=False)

    def manifest(self, repository: str, tag: str) -> RegistryAnswer:
        """What the tag of a repository holds.

        A registry may refuse to let a repository be read that does not exist yet, and yet let it be pushed to; so a
        token that allows both is asked for where one that allows reading alone is refused.
        """
        url = f"{self._root}/{repository}/manifests/{tag}"
        refused: RegistryAnswer | None = None
        for scope in Scope:
            try:
                answer, scoped = self._ask("GET", url, repository, scope)
            except TokenRefused as no:
                why = f"{self.host}: {refusal_text(no.answer, _GRANTER, self.redact)}"
                refused = CannotTell(why, hint_for(no.answer, self.host) or f"log in: {login_command(self.host)}")
                if no.answer.status not in (401, 403):
                    return refused
                continue
            except HttpFailure as failed:
                return CannotTell(f"{self.host}: {failed}", _UNREACHABLE)
            seen = manifest_answer(answer, self.host, self.redact)
            if answer.status not in (401, 403) or not scoped:
                return seen
            refused = seen
        return refused or CannotTell(f"{self.host} gave no answer")

    def push_refusal(self, repository: str) -> Refusal | None:
        """The refusal of a push to a repository; None where the registry allows one.

        An upload is begun, with the same request as in a push, and cancelled: to grant a token, or to know the name of
        a repository, is not to let somebody write (Docker Hub, and every registry with Basic authentication). Nothing
        is uploaded, and a registry forgets an upload that is not ended. It is cancelled beside the rest of the run; the
        same question before the push itself waits for that.

        Raises:
            HttpFailure: the registry gave no answer.
        """
        for cancelling in self.cancelled:
            cancelling.join()
        if repository in self.pushable:
            return None
        url = f"{self._root}/{repository}/blobs/uploads/"
        try:
            answer, _ = self._ask("POST", url, repository, Scope.PUSH)
        except TokenRefused as no:
            return Refusal(no.answer, f"{_GRANTER} of {self.host}")
        if answer.status not in (201, 202):
            return Refusal(answer, self.host)
        self.pushable.add(repository)
        location = answer.headers.get("location", "")
        cancelling = threading.Thread(target=self._cancel, args=(url, location, repository), daemon=True)
        cancelling.start()
        self.cancelled.append(cancelling)
        return None

    def _cancel(self, began: str, location: str, repository: str) -> None:
        """Give an upload back; a registry that has no such request, which no specification asks for, forgets it."""
        known = self.tokens.get((repository, Scope.PUSH))
        try:
            upload = urljoin(began, location)
            if not upload.startswith(began) or upload == began:
                return  # another place is nothing to send a token to
            self.http.send("DELETE", upload, {"Authorization": known} if known else {}, retry=False)
        except (HttpFailure, ValueError):
            return

    def ask(
        self,
        method: str,
        repository: str,
        path: str,
        scope: Scope,
        *,
        body: bytes | None = None,
        content_type: str = "",
    ) -> HttpAnswer:
        """Ask for something of a repository, or put it there.

        A blob may come from storage at another host, as its digest tells whether it is the one; everything else is said
        by the registry itself.

        Args:
            path: below ``/v2/<repository>/``; or an address of this registry, with its scheme.

        Raises:
            TokenRefused: no token is granted for the scope.
            HttpFailure: there was no answer.
        """
        url = path if path.startswith(self.origin) else f"{self._root}/{repository}/{path}"
        named = path.startswith("blobs/sha256:")
        return self._ask(method, url, repository, scope, body=body, content_type=content_type, elsewhere=named)[0]

    def redact(self, text: str) -> str:
        """Mask secrets in what the server says, the login among them, whether it was needed so far or not."""
        _ = self._authorizer
        return self.http.redact(text)

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

    @property
    def origin(self) -> str:
        """Scheme and host of the API, and a slash: nothing else gets what this registry is told."""
        return f"{'http' if self.plain else 'https'}://{RegistryHost(self.host).api}/"

    @property
    def _root(self) -> str:
        return f"{self.origin}v2"

    @cached_property
    def _authorizer(self) -> Authorizer:
        return Authorizer(self.http, self.login(self.host), self.host, self.plain_http)

    def _ask(
        self,
        method: str,
        url: str,
        repository: str,
        scope: Scope,
        *,
        body: bytes | None = None,
        content_type: str = "",
        elsewhere: bool = False,
    ) -> tuple[HttpAnswer, bool]:
        """The answer, and whether it was given to a token that allows only this scope.

        Raises:
            TokenRefused: no token is granted for the scope.
            HttpFailure: there was no answer.
        """
        headers = {"Accept": _MANIFESTS, **({"Content-Type": content_type} if content_type else {})}
        known = self.tokens.get((repository, Scope.PUSH)) or self.tokens.get((repository, scope))
        first = {**headers, "Authorization": known} if known else headers
        answer = self.http.send(method, url, first, body=body, elsewhere=elsewhere)
        if answer.status != 401 or not (granted := self._authorizer.grant(answer, repository, scope)):
            return answer, False
        self.tokens[repository, scope] = granted.header
        authorized = {**headers, "Authorization": granted.header}
        return self.http.send(method, url, authorized, body=body, elsewhere=elsewhere), granted.scoped
