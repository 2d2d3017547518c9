"""AWS Secrets Manager as bytes: botocore finds the credentials and the endpoint, signs, and repeats.

The body of an answer with a value is taken from the connection before botocore's parser, its log and its history get
it, and is bounded.
"""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.session import Session

CONNECT_SECONDS, READ_SECONDS = 3, 8
_ATTEMPTS = 3
# A value has 64 KiB at most, and JSON makes six of a byte.
_MAX_BODY_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 14
_CONNECTIONS = 8
_FIRST_REFUSAL = 300


class BodyTooLargeError(Exception):
    """An answer has more bytes than any that is one."""


class SecretsManager:
    """A client for one region; several threads may ask at the same time.

    Args:
        region: "" for the one that botocore finds.

    Raises:
        ImportError: botocore is not installed.
        Exception: one of botocore's, or of Python's, where its settings cannot be used.
    """

    def __init__(self, region: str) -> None:
        session = _session()
        self._client = _client(session, region)
        self.asked_for = region
        self.region: str = self._client.meta.region_name
        self.endpoint: str = self._client.meta.endpoint_url
        self._taken = threading.local()
        self._client.meta.events.register_first("before-send.secrets-manager", self._send)
        self._session = session

    def value(self, entry: str) -> bytes:
        """The answer of ``GetSecretValue``, which is JSON."""
        self._client.get_secret_value(SecretId=entry)
        return self._body()

    def description(self, entry: str) -> bytes:
        """The answer of ``DescribeSecret``, which is JSON and holds no value."""
        self._client.describe_secret(SecretId=entry)
        return self._body()

    @property
    def knows_region(self) -> bool:
        """Whether botocore's list, which may lack the newest one, has the region; True where the host has not."""
        session = self._session
        listed = (
            session.get_available_regions("secretsmanager", partition, allow_non_regional=True)
            for partition in session.get_available_partitions()
        )
        return f".{self.region}." not in self.endpoint or any(self.region in regions for regions in listed)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _body(self) -> bytes:
        body: bytes = self._taken.body
        del self._taken.body
        return body

    def _send(self, request: "AWSPreparedRequest", **_: object) -> "AWSResponse":
        """Send in botocore's place, and hand it an empty object in place of an answer that is none of an error."""
        from botocore.awsrequest import AWSResponse

        request.stream_output = True
        response = self._client._endpoint.http_session.send(request)
        body = _bounded(response.raw)
        if response.status_code < _FIRST_REFUSAL:
            self._taken.body, body = body, b"{}"
        return AWSResponse(response.url, response.status_code, response.headers, _Read(body))


class _Read:
    """A body that was read already."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        """As urllib3's."""
        yield self.body


def _session() -> "Session":
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session()
    # Also for the clients with which botocore asks STS and SSO for credentials.
    session.set_default_client_config(
        Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=_CONNECTIONS,
        )
    )
    return session


def _client(session: "Session", region: str) -> "BaseClient":
    assume_role: Any = session.get_component("credential_provider").get_provider("assume-role")
    assume_role._prompter = _ask_nobody
    return session.create_client("secretsmanager", region_name=region or None)


def _ask_nobody(_: str) -> NoReturn:
    """In place of a question at the terminal for a code."""
    from botocore.exceptions import RefreshWithMFAUnsupportedError

    raise RefreshWithMFAUnsupportedError


def _bounded(raw: Any) -> bytes:
    body = bytearray()
    for part in raw.stream(_CHUNK_BYTES):
        body += part
        if len(body) > _MAX_BODY_BYTES:
            raw.close()
            raise BodyTooLargeError
    return bytes(body)
