"""What helm says, in words, when Kubernetes or helm itself refuses at once."""

import re

_OBJECTS = (
    r"\"(?P<name>[^\"]+)\" with kind (?P<kind>\w+)",
    r"object (?:[^/\s]+/)?(?P<name>\S+) \S+, Kind=(?P<kind>\w+)",
    r"\b(?P<kind>[A-Z][A-Za-z]+) \"(?P<name>[^\"]+)\"",
)
# Code, the words that tell it, and the next step. The first that fits.
REFUSALS: tuple[tuple[str, str, str], ...] = (
    (
        "ADMISSION_DENIED",
        r"admission webhook|failed calling webhook|denied (?:the )?request|violates PodSecurity",
        "change what the policy names, or bring its webhook up",
    ),
    ("HELM_KILLED", r"was killed by signal", "has this machine run out of memory? Then run again"),
    ("QUOTA", r"exceeded quota", "raise the quota of the namespace, or ask for less"),
    (
        "API_UNREACHABLE",
        (
            r"connection refused|no such host|TLS handshake timeout|i/o timeout|connection reset|EOF\b|unreachable|"
            r"the server is currently unable|etcdserver:|http2: client connection lost|Bad Gateway"
        ),
        "look after the API server; then run again: it goes on from what it finds",
    ),
    (
        "FORBIDDEN",
        r"is forbidden: User|forbidden: User|cannot (?:get|list|create|patch|update|delete) resource|Unauthorized",
        "grant that right to the account of this run (docs/deploy.md)",
    ),
    (
        "OWNERSHIP",
        r"invalid ownership metadata|cannot be imported into the current release",
        "it belongs to somebody else: remove it, or label and annotate it so that Helm adopts it",
    ),
    ("FIELD_CONFLICT", r"conflict(?:s)? with \"", "another controller owns that field: leave it out of the chart"),
    (
        "CHART_REFUSED",
        r"execution error at|error calling|YAML parse error|error converting YAML",
        "mend the chart, or the values",
    ),
    ("IMMUTABLE_FIELD", r"field is immutable|Forbidden: updates to", "rename the object, or delete it by hand first"),
    (
        "INVALID_OBJECT",
        r"is invalid:|unknown field|no matches for kind|cannot be handled as a|typed patch",
        "mend the chart",
    ),
    (
        "OPERATION_IN_PROGRESS",
        r"another operation .* is in progress",
        "a helm outside Stage 6 is at work: let it end",
    ),
)


def classify_error(said: str) -> tuple[str, str] | None:
    """Code and next step of a refusal, by its words."""
    return next(((code, step) for code, words, step in REFUSALS if re.search(words, said)), None)


def object_in_message(said: str) -> str:
    """The object that helm names first, in one of the three ways that it does."""
    for pattern in _OBJECTS:
        if match := re.search(pattern, said):
            return f"{match['kind']} {match['name']}"
    return ""
