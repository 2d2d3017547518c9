"""HTTP as typed calls: one answer or one reason, bounded in time and size; with ``urllib3``.

Retries are urllib3's: transport errors, 429 and 5xx, with backoff and jitter, and ``Retry-After`` where it is short.
Only what changes nothing is asked here, so that every call may be repeated.
"""

import ssl
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    import urllib3

# A manifest of a chart has a kilobyte; the distribution spec lets a registry refuse more than 4 MiB.
_LARGEST = 4 << 20
_CHUNK = 1 << 14
_AGAIN = (429, 500, 502, 503, 504)


class HttpFailure(Exception):  # noqa: N818 - callers turn it into the answer "cannot tell"
    """No answer came; the text says why, redacted."""


class HttpAnswer(NamedTuple):
    """What a server said; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Http:
    """A client for one run.

    Args:
        redact: masks secrets in reasons.
        connect, read: seconds until one attempt gives up, by phase.
        total_timeout: seconds that the body of one answer may take.
        retries: further attempts after the first.
        backoff: seconds before the second attempt, doubled each time, with as much jitter.
        max_retry_after: longest ``Retry-After`` that is waited for, in seconds.
    """

    redact: Redactor
    connect: float = 10
    read: float = 20
    total_timeout: float = 60
    retries: int = 4
    backoff: float = 0.3
    max_retry_after: int = 30

    def get(self, url: str, headers: Mapping[str, str], *, retry: bool = True) -> HttpAnswer:
        """GET, redirects followed without credentials for another host; ``retry=False`` without a second attempt.

        Raises:
            HttpFailure: no whole answer came.
        """
        return self._request("GET", url, headers, None, retry)

    def post_form(self, url: str, form: Mapping[str, str]) -> HttpAnswer:
        """POST of a form that asks for a token, which changes nothing.

        Raises:
            HttpFailure: no whole answer came.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._request("POST", url, headers, urlencode(form).encode(), True)

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, retry: bool
    ) -> HttpAnswer:
        import urllib3

        retries = self._retry if retry else urllib3.Retry(0, raise_on_status=False)
        try:
            response = self._pool(url).request(
                method, url, headers=dict(headers), body=body, preload_content=False, retries=retries
            )
            try:
                content = self._body(response)
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as failed:
            raise HttpFailure(self.redact(_reason(failed))) from None
        return HttpAnswer(response.status, {name.lower(): value for name, value in response.headers.items()}, content)

    def _body(self, response: "urllib3.BaseHTTPResponse") -> bytes:
        deadline = time.monotonic() + self.total_timeout
        content = bytearray()
        for part in response.stream(_CHUNK):
            content += part
            if len(content) > _LARGEST:
                raise ValueError(f"the answer is larger than {_LARGEST:,} bytes")
            if time.monotonic() > deadline:
                raise ValueError(f"the answer was not complete after {self.total_timeout:g} s")
        return bytes(content)

    def _pool(self, url: str) -> "urllib3.PoolManager":
        host = urlsplit(url).hostname or ""
        proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(urlsplit(url).scheme)
        return self._proxied(proxy) if proxy else self._direct

    @cached_property
    def _direct(self) -> "urllib3.PoolManager":
        import urllib3

        return urllib3.PoolManager(ssl_context=self._tls, timeout=self._timeout)

    def _proxied(self, proxy: str) -> "urllib3.PoolManager":
        import urllib3

        login = urllib3.util.parse_url(proxy).auth
        return urllib3.ProxyManager(
            proxy,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=login) if login else None,
            ssl_context=self._tls,
            timeout=self._timeout,
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The system's authorities, or those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, which helm reads as well."""
        return ssl.create_default_context()

    @property
    def _timeout(self) -> "urllib3.Timeout":
        import urllib3

        return urllib3.Timeout(connect=self.connect, read=self.read)

    @property
    def _retry(self) -> "urllib3.Retry":
        import urllib3

        return urllib3.Retry(
            total=self.retries,
            connect=min(self.retries, 2),  # a name that does not resolve seldom does a second later
            redirect=5,
            status_forcelist=_AGAIN,
            allowed_methods=None,
            raise_on_status=False,
            backoff_factor=self.backoff,
            backoff_jitter=self.backoff,
            retry_after_max=self.max_retry_after,
        )


def _reason(failed: Exception) -> str:
    """The cause at the bottom: urllib3 wraps it in the attempts and the pool."""
    cause: BaseException = failed
    while (inner := getattr(cause, "reason", None)) is not None and isinstance(inner, BaseException):
        cause = inner
    text = " ".join(str(cause).split())
    # "<urllib3.connection.HTTPConnection object at 0x…>: Failed to …"
    return text.partition(">: ")[2] or text or type(cause).__name__
