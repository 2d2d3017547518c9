"""HTTP requests, bounded in time and size, by ``urllib3``.

urllib3 retries transport errors, 429 and 5xx, with backoff and jitter, and follows a short ``Retry-After``
(``tools/retry.py``). A request here changes nothing on a server, or leaves the same when it is repeated.
"""

import os
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from jetscale_cicd.model.record import frozen
from jetscale_cicd.tools.deadline import gave_up, within
from jetscale_cicd.tools.proxy_rules import HttpProxy, proxy_for
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS, Redactor
from jetscale_cicd.tools.redirect_rules import is_redirect, is_same_place, may_keep_login, redirected

if TYPE_CHECKING:
    import urllib3

# The manifest of a chart has about a kilobyte; the distribution spec lets a registry refuse more than 4 MiB.
_MAX_BODY_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 14
# One for the run, and one for what goes on beside it.
_CONNECTIONS = 2
_MAX_REDIRECTS = 5
_SEE_OTHER = 303
_RETRIED_STATUS = (429, 500, 502, 503, 504)


class HttpFailure(Exception):  # noqa: N818 - callers turn it into the answer "cannot tell"
    """There was no complete answer; the message is the reason, redacted.

    Args:
        may_pass: it may be answered later; not where its address, or the one that it redirects to, is refused.
    """

    def __init__(self, reason: str, *, may_pass: bool = True) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class HttpAnswer(NamedTuple):
    """The answer of a server.

    Args:
        headers: names in lower case; lines of one name are joined by a comma (RFC 9110, 5.3).
        wait: seconds after which the server asks to come back, None where it does not.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    wait: int | None = None


class _Question(NamedTuple):
    """A request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    def redirected(self, url: str, status: int) -> "_Question":
        """The same at another address; "see other" is looked at, and not done (RFC 9110, 15.4.4)."""
        method = "GET" if status == _SEE_OTHER and self.method != "HEAD" else self.method
        kept = may_keep_login(self.url, url)
        headers = {name: value for name, value in self.headers.items() if kept or name.lower() != "authorization"}
        return self._replace(method=method, url=url, headers=headers)


def _silent(_: str) -> None:
    """The line is not shown."""


@frozen
class Http:
    """A client for one run.

    Args:
        redact: masks secrets in error messages.
        connect, read: timeouts of one attempt in seconds.
        total_timeout: seconds that a request may take with all its attempts, waits for ``Retry-After`` apart.
        retries: further attempts after the first.
        backoff: seconds before the second attempt, doubled each time, with jitter of the same size.
        max_retry_after: seconds that one request may wait because of ``Retry-After``; a longer one is not waited for.
        announce: called with a line before such a wait.
    """

    redact: Redactor
    connect: float = 10
    read: float = 20
    total_timeout: float = 60
    retries: int = 4
    backoff: float = 0.3
    max_retry_after: int = 30
    announce: Callable[[str], None] = _silent

    @cached_property
    def _preparing(self) -> threading.Thread:
        return threading.Thread(target=self._prepare, daemon=True)

    def prepare(self) -> None:
        """Begin what the first request needs: importing urllib3 and reading the authorities takes 60 ms (measured)."""
        if not self._preparing.ident:
            self._preparing.start()

    def _prepare(self) -> None:
        with suppress(Exception):  # the first request meets it again, and says so
            _ = self._direct

    def get(self, url: str, headers: Mapping[str, str], *, retry: bool = True, elsewhere: bool = False) -> HttpAnswer:
        """GET; the arguments are those of ``send``.

        Raises:
            HttpFailure: there was no complete answer.
        """
        return self.send("GET", url, headers, retry=retry, elsewhere=elsewhere)

    def post_form(self, url: str, form: Mapping[str, str]) -> HttpAnswer:
        """POST a form that requests a token, which is safe to repeat.

        Raises:
            HttpFailure: there was no complete answer.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", url, headers, body=urlencode(form).encode())

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        retry: bool = True,
        elsewhere: bool = False,
    ) -> HttpAnswer:
        """A request; redirects of one without a body are followed within the bounds of ``redirect_rules.py``.

        Args:
            method: ``GET``, or one that a server may be asked again, such as ``POST`` to begin an upload, or ``PUT`` of
                what is named by its digest.
            retry: False for one attempt alone, that follows no redirect.
            elsewhere: whether another host may answer, which gets no ``Authorization``.

        Raises:
            HttpFailure: there was no complete answer, or a redirect that is not followed.
        """
        return self._request(_Question(method, url, headers, body), retry, elsewhere)

    def _request(self, question: _Question, retry: bool, elsewhere: bool) -> HttpAnswer:
        if self._preparing.ident:
            self._preparing.join()
        import urllib3

        def ask() -> HttpAnswer:
            if not retry:
                return self._ask(question, urllib3.Retry(0, raise_on_status=False))[0]
            return self._ask_on(question, elsewhere)

        try:
            return within(self.total_timeout + self.max_retry_after, ask)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as failed:
            # A certificate that does not fit is an OSError, too, and may be replaced.
            may_pass = isinstance(failed, OSError) or not isinstance(failed, ValueError)
            raise HttpFailure(self.redact(_reason(failed)), may_pass=may_pass) from None

    def _ask_on(self, question: _Question, elsewhere: bool) -> HttpAnswer:
        """The answer where redirects end; what remains of the attempts is for all of them together."""
        first, retries = question.url, self._retry
        for _ in range(_MAX_REDIRECTS + 1):
            answer, retries = self._ask(question, retries)
            location = answer.headers.get("location", "")
            # What is posted is a login, or an upload: it goes to no other place than the one that was checked.
            if question.body is not None or not is_redirect(answer.status, location):
                return answer if is_same_place(first, question.url) else _without_challenge(answer)
            question = question.redirected(redirected(question.url, location, elsewhere=elsewhere), answer.status)
        raise ValueError(f"it redirects more than {_MAX_REDIRECTS} times")

    def _ask(self, question: _Question, retries: "urllib3.Retry") -> "tuple[HttpAnswer, urllib3.Retry]":
        """One question, repeated where that may help, and what remains of the attempts."""
        if gave_up():
            raise TimeoutError
        response = self._pool(question.url).request(
            *(question.method, question.url),
            headers=dict(question.headers),
            body=question.body,
            preload_content=False,
            retries=retries,
            redirect=False,
        )
        try:
            return _answer(response), response.retries or retries
        finally:
            response.release_conn()

    def _pool(self, url: str) -> "urllib3.PoolManager":
        """What connects as helm does for this address: directly, or through a proxy.

        Raises:
            ValueError: the address, or that of the proxy, is none.
        """
        proxy = proxy_for(url, os.environ)
        if proxy:
            self.redact.learn(proxy.secrets, MIN_KNOWN_CHARS)
        return self._proxied(proxy) if proxy else self._direct

    @cached_property
    def _direct(self) -> "urllib3.PoolManager":
        import urllib3

        return urllib3.PoolManager(ssl_context=self._tls, timeout=self._timeout, maxsize=_CONNECTIONS)

    def _proxied(self, proxy: HttpProxy) -> "urllib3.PoolManager":
        import urllib3

        login = proxy.authorization
        return urllib3.ProxyManager(
            proxy.address,
            proxy_headers={"Proxy-Authorization": login} if login else None,
            ssl_context=self._tls,
            timeout=self._timeout,
            maxsize=_CONNECTIONS,
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """TLS with the certificate authorities of the system, or of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, as helm."""
        return ssl.create_default_context()

    @property
    def _timeout(self) -> "urllib3.Timeout":
        import urllib3

        return urllib3.Timeout(connect=self.connect, read=self.read)

    @property
    def _retry(self) -> "urllib3.Retry":
        from jetscale_cicd.tools.retry import PatientRetry

        return PatientRetry.make(
            self.max_retry_after,
            self.announce,
            total=self.retries,
            connect=min(self.retries, 2),  # a name that does not resolve rarely does a second later
            status_forcelist=_RETRIED_STATUS,
            backoff_factor=self.backoff,
            backoff_jitter=self.backoff,
        )


def _answer(response: "urllib3.BaseHTTPResponse") -> HttpAnswer:
    from jetscale_cicd.tools.retry import seconds_to_wait

    content = bytearray()
    for part in response.stream(_CHUNK_BYTES):
        content += part
        if len(content) > _MAX_BODY_BYTES:
            raise ValueError(f"the answer is larger than {_MAX_BODY_BYTES:,} bytes")
    # `items()` gives each line of a name by itself, so that a dict of them would keep the last alone.
    named = {name.lower(): value for name, value in response.headers.itermerged()}
    return HttpAnswer(response.status, named, bytes(content), seconds_to_wait(named.get("retry-after")))


def _without_challenge(answer: HttpAnswer) -> HttpAnswer:
    """Of another host: it may not ask for the login of the one that sent there."""
    return answer._replace(headers={name: text for name, text in answer.headers.items() if name != "www-authenticate"})


def _reason(failed: Exception) -> str:
    """The innermost cause: urllib3 wraps it in exceptions of the retry and the pool."""
    cause: BaseException = failed
    while (inner := getattr(cause, "reason", None)) is not None and isinstance(inner, BaseException):
        cause = inner
    text = " ".join(str(cause).split())
    # "<urllib3.connection.HTTPConnection object at 0x…>: Failed to …"
    return text.partition(">: ")[2] or text or type(cause).__name__
