"""Why a push was refused, whether repeating it could help, and what to do next."""

import re
from typing import NamedTuple

from jetscale_cicd.errors import PublishError
from jetscale_cicd.tools.http import HttpAnswer
from jetscale_cicd.tools.registry.answers import login_command

# helm 3.17 (containerd): "unexpected status from POST request to http://…: 404 Not Found";
# helm 3.22 and 4.3 (oras-go 2): "response status code 404: name unknown: …" (measured).
_STATUS = re.compile(r"(?:response status code |unexpected status(?: code)?(?: from \w+ request to \S+)?: ?)(\d{3})\b")
# What helm says of a login before it has asked the registry, or without the status.
_LOGIN = re.compile(r"\b(unauthorized|denied|forbidden|credential|insufficient_scope)\b", re.IGNORECASE)
# 4xx is the client's fault, and the same request gets the same answer (RFC 9110, 15.5); but for these.
_PASSING = (408, 425, 429)
# What a push of the same package at the same time cannot bring about: no right, no such request, a body too large. Any
# other refusal can be its doing: docker-registry on a file system writes the links to blobs in place, so that a
# manifest that arrives meanwhile gets 400, "manifest blob unknown" (2 of 120 pushes, two at once: measured on 2.8.2);
# 404 and 416 are for an upload that another one ended, 409 for a conflict. helm 3 reports the status alone.
_CERTAIN = (401, 403, 405, 413)


class PushPlace(NamedTuple):
    """Where a push goes: ``oci://host/path/chart``, its host, and the repository ``path/chart``."""

    reference: str
    host: str
    repository: str


def status_in(message: str) -> int | None:
    """The HTTP status in helm's unredacted message; 401 where it only speaks of a login; None where none refused."""
    statuses = _STATUS.findall(message)
    if statuses:
        return int(statuses[-1])
    return 401 if _LOGIN.search(message) else None


def is_permanent(status: int | None) -> bool:
    """Whether a refusal stays, however often it is asked for."""
    return status is not None and 400 <= status < 500 and status not in _PASSING


def is_certain(status: int | None) -> bool:
    """Whether a push that was let begin, and then refused, would be refused again when no other one is under way."""
    return status in _CERTAIN


def push_failed(message: str, status: int | None, place: PushPlace, size: int) -> PublishError:
    """The error of a push that helm gave up.

    Args:
        message: of helm, on one line.
        status: the HTTP status in it.
        size: bytes of the archive.
    """
    return _refused(f"helm push failed: {message}", place, status, size=size)


def push_not_allowed(answer: HttpAnswer, said: str, place: PushPlace) -> PublishError:
    """The error of a push that the registry does not let begin.

    Args:
        answer: with which an upload, or a token for it, was refused.
        said: the same for people.
    """
    message = f"the registry takes no push from this run: {said}"
    return _refused(message, place, answer.status, wait=answer.wait)


def _refused(
    message: str, place: PushPlace, status: int | None, *, size: int = 0, wait: int | None = None
) -> PublishError:
    if not is_permanent(status):
        return _error(message, place, f"run again in {wait} s" if wait else "run again")
    if status in (401, 403):
        return _error(message, place, f"log in with the right to push: {login_command(place.host)}")
    if status == 404:
        return _error(
            message,
            place,
            f"create the repository {place.repository} in the registry (Amazon ECR: aws ecr create-repository), or "
            "correct chart.registry, and run again",
        )
    if status == 405:
        return _error(message, place, "chart.registry takes no pushes: is it a mirror or a cache of another registry?")
    if status == 413:
        package = f"the package has {size:,} bytes, and " if size else ""
        return _error(
            message,
            place,
            f"{package}the registry or a proxy before it takes less: raise its limit, or make the chart smaller",
        )
    return _error(message, place, "the registry refuses this for good: correct what it names, then run again")


def _error(message: str, place: PushPlace, hint: str) -> PublishError:
    return PublishError("PUSH_FAILED", message, where=place.reference, hint=hint)
