"""Registries on this machine, to which helm has to be told that they may have no TLS."""

import re

_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?")


def is_loopback(host: str) -> bool:
    """Whether ``host[:port]`` is this machine."""
    return _LOOPBACK.fullmatch(host) is not None


def plain_http(*references: str) -> tuple[str, ...]:
    """``--plain-http`` where every registry is on this machine.

    Without it helm 3.17.3 detects that itself, helm 3.22.0 too, but sends no login, and helm 4.3.1 does not (measured).
    """
    return ("--plain-http",) if references and all(map(_is_on_this_machine, references)) else ()


def needs_several_transports(*references: str) -> bool:
    """Whether some of them are registries on this machine and others are not: ``--plain-http`` is for all of a call."""
    return len(set(map(_is_on_this_machine, references))) > 1


def _is_on_this_machine(reference: str) -> bool:
    return is_loopback(reference.removeprefix("oci://").partition("/")[0])
