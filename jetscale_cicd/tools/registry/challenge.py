"""The challenges of a 401: how a server wants to be logged in to (RFC 9110, 11.6.1)."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# Some servers leave the quotes of an address out.
_PARAMETER = re.compile(rf'\s*({_NAME})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|\Z)')
# A scheme stands alone, before its first parameter, or before one token (`Negotiate YII…=`).
_SCHEME = re.compile(rf"[\s,]*({_NAME})(?:\s+[A-Za-z0-9._~+/-]+=*\s*(?:,|\Z)|\s+|,|\Z)")


class Challenge(NamedTuple):
    """One challenge; scheme and names of parameters in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """The challenges of a ``WWW-Authenticate`` header, also of several lines that were joined by commas.

    What cannot be read ends the list; what was read before it counts.
    """
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while at < len(header):
        if found and (parameter := _PARAMETER.match(header, at)):
            name, quoted, plain = parameter.groups()
            found[-1][1].setdefault(name.lower(), plain or re.sub(r"\\(.)", r"\1", quoted or ""))
            at = parameter.end()
        elif scheme := _SCHEME.match(header, at):
            found.append((scheme[1].lower(), {}))
            at = scheme.end()
        else:
            break
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)
