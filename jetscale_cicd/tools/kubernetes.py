"""The Kubernetes API as typed calls, through one `kubectl proxy` on a socket that only this user can reach.

kubectl reads the same kubeconfig as helm with the same code (contexts, exec plugins, client certificates, a pod's own
account), so both reach one cluster as one user; a Python client library reads it differently (ADR 21).
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from jetscale_cicd.config.bounded_json import JsonRefused
from jetscale_cicd.tools.api_object import LARGEST, read_object, shortened, status_of, warnings_in
from jetscale_cicd.tools.deadline import within
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.retry import PatientRetry
from jetscale_cicd.tools.scratch import scratch_directory
from jetscale_cicd.tools.server_clock import ServerClock
from jetscale_cicd.tools.unix_socket import SocketPool

Object = dict[str, Any]
# A collection without the content of its objects (Kubernetes API concepts, "Fetching resources as metadata").
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_AGAIN = (429, 500, 502, 503, 504)
_ATTEMPTS = 4
_BACKOFF = 0.25
_BROKEN_READS = 2
_PATIENCE = 10  # seconds: what one call may wait because of Retry-After
_TIMEOUT = urllib3.Timeout(connect=5, read=15)
_TOTAL = 90.0  # seconds, with all attempts
_PAGE, _PAGES = 250, 200
_LONGEST_TEXT = 500
_START = 15.0
# Of a Unix socket's path (108 bytes on Linux, 104 elsewhere, with the final zero).
_LONGEST_PATH = 103
_SOCKET = "api"


class ApiFailure(Exception):  # noqa: N818 - callers turn it into the error of their step
    """The API server did not do what was asked; the text is redacted.

    Args:
        status: of HTTP; 0 where no answer came.
        message: of the Status object, or what a proxy answered.
        reason: of the Status object (``Forbidden``, ``AlreadyExists``, …); "" where there is none.
        causes: reasons of its ``details.causes`` (``NamespaceTerminating``, …).
        name: the object that ``details`` names; "" where they name none.
    """

    def __init__(
        self, status: int, message: str, *, reason: str = "", causes: tuple[str, ...] = (), name: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason
        self.causes = causes
        self.name = name

    @property
    def unreachable(self) -> bool:
        """Whether the API server did not answer, or could not."""
        return self.status == 0 or self.status in _AGAIN

    @property
    def conflict(self) -> bool:
        """Whether the object was changed or created meanwhile."""
        return self.status == 409

    @property
    def namespace_terminating(self) -> bool:
        """Whether the namespace is being deleted, so that nothing can be created in it."""
        return "NamespaceTerminating" in self.causes


@dataclass
class Kubernetes:
    """One API server, called with one user's rights.

    Every call may be repeated: an update names the version that it replaces, so that the same update is refused as a
    conflict the second time; hence retries of transport errors, 429 and 5xx for all of them.

    Args:
        proxy: where `kubectl proxy` listens.
        redact: masks secrets in reasons.
        ended: gives why the proxy ended, None while it serves.
        context: of the kubeconfig that kubectl was started with.
    """

    proxy: Path
    redact: Redactor
    ended: Callable[[], str | None] = lambda: None
    context: str = ""
    clock: ServerClock = field(default_factory=ServerClock)

    def __post_init__(self) -> None:
        self._pool = SocketPool(self.proxy)

    def get(self, path: str, **query: str | int) -> Object | None:
        """An object, or None where the server has none.

        Raises:
            ApiFailure: any other answer than these two.
        """
        try:
            return self.request("GET", path, query=query)
        except ApiFailure as failed:
            if failed.status == 404:
                return None
            raise

    def items(self, path: str, *, accept: str = "application/json", **query: str | int) -> list[Object]:
        """All objects of a collection.

        Raises:
            ApiFailure: they were not given.
        """
        found: list[Object] = []
        page: dict[str, str | int] = {}
        for _ in range(_PAGES):
            answer = self.request("GET", path, query={**query, **page, "limit": _PAGE}, accept=accept)
            found += answer.get("items", ())
            following = answer.get("metadata", {}).get("continue")
            if not following:
                return found
            page = {"continue": str(following)}
        raise ApiFailure(0, f"{path}: the list has no end after {len(found):,} objects")

    def create(self, path: str, body: Object) -> Object:
        """POST to a collection."""
        return self.request("POST", path, body=body)

    def replace(self, path: str, body: Object) -> Object:
        """PUT of an object at the version that its metadata names."""
        return self.request("PUT", path, body=body)

    def delete(self, path: str) -> None:
        """DELETE of an object, and of what it owns; one that is gone already is no failure."""
        try:
            self.request("DELETE", path, query={"propagationPolicy": "Background"})
        except ApiFailure as failed:
            if failed.status != 404:
                raise

    def apply(self, path: str, body: Object, manager: str) -> Object:
        """What a server-side apply would make of an object, without doing it."""
        query = {"dryRun": "All", "fieldManager": manager, "force": "true"}
        return self.request("PATCH", path, query=query, body=body, content="application/apply-patch+yaml")

    def text(self, path: str, **query: str | int) -> str:
        """What the server answers as plain text (a container's log), redacted.

        Raises:
            ApiFailure: it was not given.
        """
        return self.redact(self._answer("GET", _url(path, query), {"Accept": "*/*"}, None).decode("utf-8", "replace"))

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Object | None = None,
        accept: str = "application/json",
        content: str = "application/json",
        final: tuple[int, ...] = (),
        warnings: list[str] | None = None,
    ) -> Object:
        """One call, its answer as JSON.

        Args:
            final: statuses for which it is not made again.
            warnings: receives what the server warns of.

        Raises:
            ApiFailure: another status than 2xx, or no answer.
        """
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Accept": accept, **({"Content-Type": content} if sent else {})}
        answer = self._answer(method, _url(path, query or {}), headers, sent, final=final, warnings=warnings)
        try:
            return read_object(answer)
        except JsonRefused as refused:
            # Of Secrets, what cannot be read may still hold their values.
            shown = "" if "/secrets" in path else f": {self._text(answer)}"
            raise ApiFailure(0, f"{path}: {refused}{shown}") from None

    def _wait_for_proxy(self) -> None:
        deadline = time.monotonic() + _START
        while not self.proxy.exists():
            if (why := self.ended()) or time.monotonic() > deadline:
                raise ApiFailure(0, f"kubectl proxy: {why or 'it does not start to serve'}")
            time.sleep(0.005)

    def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        sent: bytes | None,
        *,
        final: tuple[int, ...] = (),
        warnings: list[str] | None = None,
    ) -> bytes:
        self._wait_for_proxy()
        retries = _retry(final)

        def ask() -> tuple[urllib3.BaseHTTPResponse, bytes]:
            answer = self._pool.urlopen(
                method, url, body=sent, headers=dict(headers), retries=retries, timeout=_TIMEOUT, preload_content=False
            )
            read: bytes = answer.read(LARGEST + 1)
            answer.release_conn()
            return answer, read

        def ask_again() -> tuple[urllib3.BaseHTTPResponse, bytes]:
            for _ in range(_BROKEN_READS):
                # What is cut off after its status is repeated here: urllib3 repeats only what has no status yet.
                with suppress(urllib3.exceptions.ProtocolError):
                    return ask()
            return ask()

        try:
            answer, read = within(_TOTAL, ask_again)
        except (urllib3.exceptions.HTTPError, OSError) as failed:
            raise ApiFailure(0, self.ended() or self.redact(f"{url}: {_cause(failed)}")) from None
        self.clock.update(answer.headers.get("Date"))
        if warnings is not None:
            warnings += map(self.redact, warnings_in(answer.headers.getlist("Warning")))
        if not 200 <= answer.status < 300:
            raise self._failure(answer.status, read)
        return read

    def _failure(self, status: int, answer: bytes) -> ApiFailure:
        found = status_of(answer)
        if found is None:
            return ApiFailure(status, self._text(answer) or f"status {status}")
        message = shortened(self.redact(found["message"]), _LONGEST_TEXT)
        return ApiFailure(status, message, reason=found["reason"], causes=found["causes"], name=found["name"])

    def _text(self, answer: bytes) -> str:
        return self.redact(" ".join(answer.decode("utf-8", "replace").split()))[:_LONGEST_TEXT]


def _url(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _retry(final: tuple[int, ...]) -> PatientRetry:
    return PatientRetry.make(
        _PATIENCE,
        lambda _: None,
        total=_ATTEMPTS,
        read=2,
        status_forcelist=[each for each in _AGAIN if each not in final],
        backoff_factor=_BACKOFF,
        backoff_jitter=_BACKOFF,
    )


def _cause(failed: Exception) -> str:
    cause: BaseException = failed
    while isinstance(inner := getattr(cause, "reason", None), BaseException):
        cause = inner
    return " ".join(str(cause).split()).rpartition(">: ")[2] or type(cause).__name__


@contextmanager
def open_kubernetes(processes: Processes, env: Mapping[str, str], context: str, scratch: Path) -> Iterator[Kubernetes]:
    """A cluster until the end of the block; kubectl starts meanwhile, and the first call waits for it.

    Args:
        env: environment with the kubeconfig.
        context: of the kubeconfig; "" is what kubectl makes of it.
        scratch: a directory of this run alone.

    Raises:
        PreconditionError: ``TOOL_MISSING``, there is no kubectl.
    """
    named = (f"--context={context}",) if context else ()
    with ExitStack() as held:
        directory = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="api-", dir=scratch)))
        if len(os.fsencode(directory / _SOCKET)) > _LONGEST_PATH:
            directory = held.enter_context(scratch_directory("api", short=True))
        listening = directory / _SOCKET
        serving = processes.background(["kubectl", "proxy", *named, f"--unix-socket={listening}"], env=env)
        ended = held.enter_context(serving)
        yield Kubernetes(listening, processes.redact, ended, context)
