"""helm's error messages: the only form in which helm reports what Kubernetes, or helm itself, refused."""

import re

from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.model.diagnosis import FailedAt

_OBJECTS = (
    r"\"(?P<name>[^\"]+)\" with kind (?P<kind>\w+)",
    r"object (?:[^/\s]+/)?(?P<name>\S+) \S+, Kind=(?P<kind>\w+)",
    r"\b(?P<kind>[A-Z][A-Za-z]+) \"(?P<name>[^\"]+)\"",
)
# helm, pkg/action: an upgrade reports the former, an installation the latter.
_HOOK = r"(?:pre|post)-(?:upgrade|rollback|install) hooks failed|failed (?:pre|post)-install"
# helm, pkg/action/install.go: the templates are rendered by then, and a kind of theirs is not on the cluster (or the
# object is another release's).
_RENDERED = r"unable to build kubernetes objects|no matches for kind|[Uu]nable to continue with install"
# The second is the client's own limit of calls, which ends a wait a moment before its deadline.
_WAITED = r"deadline exceeded|would exceed context deadline|timed out"


def failed_at(message: str) -> FailedAt:
    """What helm was doing when it failed, by its message."""
    if re.search(_HOOK, message):
        return FailedAt.HOOK
    return FailedAt.WAIT if re.search(_WAITED, message) else FailedAt.REQUEST


def was_rendered(message: str) -> bool:
    """Whether a chart was rendered, and helm failed with its objects afterwards."""
    return bool(re.search(_RENDERED, message))


def classify_error(message: str) -> FaultCode | None:
    """The code of a message; None where no row of the table fits."""
    return next((code for code in FaultCode if code.pattern and re.search(code.pattern, message)), None)


def object_in_message(message: str) -> str:
    """The object that a message names first, in one of the three ways in which helm does; "" where it names none."""
    for pattern in _OBJECTS:
        if match := re.search(pattern, message):
            return f"{match['kind']} {match['name']}"
    return ""
