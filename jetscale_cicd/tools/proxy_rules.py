"""Which proxy a request goes through: the rules of Go's ``golang.org/x/net/http/httpproxy``, as helm follows them.

By other rules the login of a registry could be shown to a proxy that helm does not use. Those of Python's urllib know
neither networks nor loopback, and prefer the variable in lower case.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from jetscale_cicd.model.credential import credentials_in

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PORTS = {"http": "80", "https": "443"}
_NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Of an IPv4 network that is written as one of IPv6 (RFC 4291, 2.5.5.2).
_MAPPED_BITS = 96


class ProxyUnreadableError(ValueError):
    """A variable does not hold the address of a proxy; the message names it, and shows nothing of its content."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"{variable} does not hold the address of a proxy, as http://user:password@host:port, in which a "
            "character such as @ / : # or % of a password is written as %40 %2F %3A %23 or %25"
        )


class HttpProxy(NamedTuple):
    """A proxy.

    Args:
        address: its scheme, host and port.
        userinfo: user and password as they are written in an address; "" for none.
    """

    address: str
    userinfo: str = ""

    @property
    def authorization(self) -> str:
        """Value of a ``Proxy-Authorization`` header (RFC 7617); "" without a login."""
        return "Basic " + _basic(self.userinfo) if self.userinfo else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is to be masked of it."""
        return secrets_in(f"{self.userinfo}@") if self.userinfo else ()


def proxy_for(url: str, env: Mapping[str, str]) -> HttpProxy | None:
    """The proxy for a request, None where it goes to its host directly.

    ``HTTP_PROXY`` does not count where ``REQUEST_METHOD`` is set: there a client may have set it (httpoxy,
    CVE-2016-5385).

    Args:
        url: of the request.
        env: the variables of this process.

    Raises:
        ProxyUnreadableError: the variable that counts does not hold an address.
    """
    parts = urlsplit(url)
    upper = "" if parts.scheme == "http" and env.get("REQUEST_METHOD") else f"{parts.scheme.upper()}_PROXY"
    variable = _first_set((upper, f"{parts.scheme}_proxy"), env)
    if not variable:
        return None
    port = str(parts.port) if parts.port is not None else _PORTS.get(parts.scheme, "")
    if goes_directly(parts.hostname or "", port, env.get(_first_set(("NO_PROXY", "no_proxy"), env), "")):
        return None
    return _read(variable, env[variable])


def goes_directly(host: str, port: str, no_proxy: str) -> bool:
    """Whether a request uses no proxy: to this machine never, and to what the value of ``NO_PROXY`` lists.

    An entry is a name with all below it, ``.name`` or ``*.name`` for what is below it alone, an IP address, each of
    them with or without ``:port``, a network (``10.0.0.0/8``), or ``*``. What is none of these matches nothing.
    """
    host = _ascii(host.lower())
    address = _address(host.partition("%")[0])
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    entries = {entry.strip().lower() for entry in no_proxy.split(",")}
    return "*" in entries or any(_matches(entry, host, port, address) for entry in entries)


def secrets_in(address: str) -> tuple[str, ...]:
    """What is to be masked of a proxy's address, whether it can be read or not.

    That is its password as it is written, decoded, and as it is sent; a user alone is a name, unless it looks like a
    token.
    """
    userinfo = (address.partition("://")[2] or address).rpartition("@")[0]
    user, _, password = userinfo.partition(":")
    written = password or "".join(credentials_in(f"http://{user}@host"))
    return (written, unquote(written, errors="surrogateescape"), _basic(userinfo)) if written else ()


def _first_set(names: tuple[str, ...], env: Mapping[str, str]) -> str:
    return next((name for name in names if env.get(name)), "")


def _matches(entry: str, host: str, port: str, address: _Address | None) -> bool:
    network = _network(entry)
    if network is not None:
        return address is not None and address in network
    name, only_port = _split(entry)
    if not name or only_port not in ("", port):
        return False
    named = _address(name)
    if named is not None or address is not None:
        return named == address
    return _is_below(name, host)


def _split(entry: str) -> tuple[str, str]:
    """Name and port of an entry; an IPv6 address with a port has brackets."""
    if entry.startswith("["):
        name, bracket, port = entry[1:].partition("]:")
        return (name, port) if bracket else (entry, "")
    name, _, port = entry.partition(":")
    return (entry, "") if ":" in port else (name, port)


def _is_below(name: str, host: str) -> bool:
    name = name[1:] if name.startswith("*.") else name
    if name.startswith("."):
        return host.endswith(_ascii(name))
    return host == _ascii(name) or host.endswith(f".{_ascii(name)}")


def _address(text: str) -> _Address | None:
    if "%" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    start, _, bits = text.partition("/")
    if "%" in start or not (bits.isascii() and bits.isdigit()):
        return None  # a mask such as /255.0.0.0 is none for Go
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


def _ascii(name: str) -> str:
    """A name as it is asked of DNS (RFC 3490)."""
    if name.isascii():
        return name
    try:
        return ".".join(label.encode("idna").decode() if label else "" for label in name.split("."))
    except UnicodeError:
        return name


def _read(variable: str, value: str) -> HttpProxy:
    """The address in a variable; without a scheme it is that of an http proxy, as for Go and curl."""
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ProxyUnreadableError(variable) from None
    userinfo, _, place = parts.netloc.rpartition("@")
    # An @ after the host is that of a login in which a / ? or # is not encoded: the host is a part of the password.
    after = f"{parts.path}{parts.query}{parts.fragment}"
    readable = address.isprintable() and " " not in address and not _NOT_ENCODED.search(userinfo) and "@" not in after
    if not readable or parts.scheme not in _PORTS or not parts.hostname:
        raise ProxyUnreadableError(variable)
    return HttpProxy(f"{parts.scheme}://{place}", userinfo)


def _basic(userinfo: str) -> str:
    user, _, password = userinfo.encode("utf-8", "surrogateescape").partition(b":")
    return b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()
