"""Why there was no answer, in words of our own: the text of a transport's error may quote what came over the wire."""

import re

_CAUSES = (
    (re.compile(r"(?i)resolve|name or service|nodename|getaddrinfo"), "the name of its host does not resolve"),
    (re.compile(r"(?i)refused"), "the connection was refused"),
    (
        re.compile(r"(?i)no such file|CA certificate bundle|permission denied"),
        "the file of its authorities cannot be read",
    ),
    (re.compile(r"(?i)certificate|self.signed"), "its certificate is not trusted"),
    (re.compile(r"(?i)ssl|tls"), "there was no TLS connection"),
    (re.compile(r"(?i)proxy|tunnel"), "the proxy did not connect"),
    (re.compile(r"(?i)redirect"), "it sends to another place, to which no login is sent"),
    (re.compile(r"(?i)larger than"), "its answer is larger than any that is one"),
    (re.compile(r"(?i)timed out|timeout|within"), "there was no complete answer in time"),
    (re.compile(r"(?i)unreachable|no route"), "there is no route to its host"),
)
_BROKEN = "the connection broke"
_MAX_READ = 2000


def cause_of(text: str) -> str:
    """Which of the known causes the text of an error has, without a word of it."""
    read = text[:_MAX_READ]
    return next((cause for pattern, cause in _CAUSES if pattern.search(read)), _BROKEN)
