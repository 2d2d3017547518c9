"""Why there was no answer, in words of our own: the text of a transport's error may quote what came over the wire."""

import re

_CAUSES = (
    (r"resolve|name or service|nodename|getaddrinfo", "the name of its host does not resolve"),
    (r"refused", "the connection was refused"),
    (r"no such file|CA certificate bundle|permission denied", "the file of its authorities cannot be read"),
    (r"certificate|CERTIFICATE_VERIFY|self.signed", "its certificate is not trusted"),
    (r"ssl|tls", "there was no TLS connection"),
    (r"proxy|tunnel", "the proxy did not connect"),
    (r"redirect", "it sends to another place, to which no login is sent"),
    (r"larger than", "its answer is larger than any that is one"),
    (r"timed out|time.?out|within", "there was no complete answer in time"),
    (r"unreachable|no route", "there is no route to its host"),
)
_BROKEN = "the connection broke"
_MAX_READ = 2000


def cause_of(text: str) -> str:
    """Which of the known causes the text of an error has, without a word of it."""
    read = text[:_MAX_READ]
    return next((cause for pattern, cause in _CAUSES if re.search(rf"(?i){pattern}", read)), _BROKEN)
