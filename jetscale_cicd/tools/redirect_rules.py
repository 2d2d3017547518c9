"""Where a request may be sent on to: never from https to http, and to another host only where the caller allows it.

Another host could say in place of the registry that a version does not exist, and so could everybody in between where
there is no TLS. Content with a known digest may come from anywhere: the storage of most registries is elsewhere.
"""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from jetscale_cicd.model.shown import quoted

# RFC 9110, 15.4: those of a place to ask in place of this one.
_STATUS = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


class RedirectRefusedError(ValueError):
    """A redirect that is not followed; the message is the reason."""


class _Origin(NamedTuple):
    """Scheme, host and port of an address (RFC 6454)."""

    scheme: str
    host: str
    port: int


def is_redirect(status: int, location: str) -> bool:
    """Whether an answer asks for the same at another address."""
    return status in _STATUS and bool(location)


def redirected(url: str, location: str, *, elsewhere: bool) -> str:
    """The address to ask in place of this one.

    Args:
        url: that was asked.
        location: where it redirects, which may be relative to it.
        elsewhere: whether another host will do.

    Raises:
        RedirectRefusedError: it leads from https to http, or to another host, or to nothing that is asked over HTTP.
    """
    try:
        there = urljoin(url, location)
        here, target = _origin(url), _origin(there)
    except ValueError:
        raise RedirectRefusedError("it redirects to an address that cannot be read") from None
    if target.scheme not in _PORTS or not target.host:
        raise RedirectRefusedError("it redirects to an address that is not one of http or https")
    if here.scheme == "https" and target.scheme == "http":
        raise RedirectRefusedError(f"it redirects from https to http, at {quoted(target.host)}, which is not followed")
    if not elsewhere and not is_same_place(url, there):
        place = quoted(f"{target.host}:{target.port}")
        raise RedirectRefusedError(f"it redirects to another host, {place}, whose answer would not be its own")
    return there


def is_same_place(url: str, other: str) -> bool:
    """Whether two addresses are those of one server: the same origin, or the same host with TLS at the usual port."""
    here, there = _origin(url), _origin(other)
    return here == there or (here == ("http", there.host, 80) and there == ("https", here.host, 443))


def may_keep_login(url: str, other: str) -> bool:
    """Whether ``Authorization`` may go along: to the same origin alone."""
    return _origin(url) == _origin(other)


def _origin(url: str) -> _Origin:
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else _PORTS.get(parts.scheme, 0)
    return _Origin(parts.scheme, parts.hostname or "", port)
