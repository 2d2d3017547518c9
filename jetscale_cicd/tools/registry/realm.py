"""Where the login of a registry may be sent: a registry names its token server, and may be in somebody else's hands."""

import ipaddress
from urllib.parse import urlsplit

from jetscale_cicd.tools.loopback import is_loopback


def may_send_login(realm: str, registry: str, *, plain: bool) -> bool:
    """Whether a token server may get the login of a registry: a rule of two parts, both of CVE-2026-48978.

    Over TLS, except where that was given up by the configuration, or where both are on this machine; and never to an
    address inside some network (this machine, a cloud's metadata) that the registry does not have itself. Another host
    by its name is usual.

    Args:
        realm: address of the token server, as the registry gives it.
        registry: its host and port.
        plain: whether the configuration says that it has no TLS.
    """
    try:
        parts = urlsplit(realm)
        host = parts.hostname or ""
    except ValueError:  # half an IPv6 address
        return False
    here = is_loopback(parts.netloc) and is_loopback(registry)
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and (plain or here))):
        return False
    return here or _is_same_place(parts.netloc, registry) or not _is_inside(host)


def _is_same_place(realm: str, registry: str) -> bool:
    """Whether both are one host by the same name, whatever their ports are."""
    return urlsplit(f"//{realm}").hostname == urlsplit(f"//{registry}").hostname


def _is_inside(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Resolvers also take 127.1, 2130706433 and 0x7f000001 for addresses (inet_aton(3)).
        return host.replace(".", "").isdecimal() or host.startswith("0x")
    return not address.is_global
