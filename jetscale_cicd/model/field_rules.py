"""The rules for what a target names: labels, releases, paths, addresses, objects, variables."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jetscale_cicd.model.record import fields
from jetscale_cicd.model.shown import described, quoted

Check = Callable[[Any], None]

MAX_LABEL = 63
MAX_RELEASE = 53
MAX_TIMEOUT = 24 * 3600
MAX_WAIT = 3600
MAX_OBJECT = 253
MAX_GLOB = 1000

# RFC 1123, section 2.1, in Kubernetes' lower-case reading: names of namespaces and of our targets.
LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
# Helm, pkg/chartutil/validate_name.go: labels joined by dots, 53 characters so that a chart can append to the name.
RELEASE = rf"{LABEL}(?:\.{LABEL})*"
KUBE_VERSION = r"v?[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3}(?:[-+][0-9A-Za-z.+-]{1,80})?)?"
API_VERSION = r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?(?:/[A-Z][A-Za-z0-9]*)?"
# The UID of an object (RFC 9562); the SHA-256 of a certificate, bare or as openssl prints it; an API server's address.
CLUSTER = (
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|"
    r"sha256:(?:[0-9a-fA-F]{64}|(?:[0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2})|"
    r"https?://[^/?#@\s]+(?:/[^?#@\s]*)?"
)
_URL = re.compile(r"https?://[^/?#@\s]+(?:[/?#]\S*)?")
# With the characters that reorder or break a line on a terminal: a path is printed, and must not forge output.
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def check_text(text: str) -> None:
    """Refuse empty text and control characters.

    Raises:
        ValueError: one sentence, as from every check below.
    """
    if not text:
        raise ValueError("must not be empty")
    if _has_control(text):
        raise ValueError(f"{quoted(text)} contains a control character")


def _has_control(text: str) -> bool:
    # What is printable is none, and takes no expression to find out: to compile this one takes half a millisecond.
    return not text.isprintable() and re.search(_CONTROL, text) is not None


def check_label(text: str) -> None:
    """Refuse what Kubernetes would refuse as a namespace."""
    if len(text) > MAX_LABEL or not re.fullmatch(LABEL, text):
        rule = f"lower-case letters, digits and '-', at most {MAX_LABEL}, a letter or digit first and last"
        raise ValueError(f"{quoted(text)} is not an RFC 1123 label ({rule})")


def check_namespace(text: str) -> None:
    """Refuse what Kubernetes would refuse as a namespace; "" stands for none that is written."""
    if text:
        check_label(text)


def check_release(text: str) -> None:
    """Refuse what Helm would refuse as a release name."""
    if len(text) > MAX_RELEASE or not re.fullmatch(RELEASE, text):
        rule = f"lower-case letters, digits, '-' and '.', at most {MAX_RELEASE}, a letter or digit first and last"
        raise ValueError(f"{quoted(text)} is not a Helm release name ({rule})")


def check_path(text: str) -> None:
    """Refuse a path outside the repository, one that git writes otherwise, or one that would be read as an option."""
    _check_inside(text)
    if text.startswith("-"):
        raise ValueError(f"{quoted(text)} must not begin with '-'")
    if any(part in ("", ".") for part in text.split("/")):
        clean = "/".join(part for part in text.split("/") if part not in ("", "."))
        remedy = f"write {quoted(clean)}" if clean else "name a path below the repository's root"
        raise ValueError(f"{quoted(text)} is not how git writes a path: {remedy}")
    if re.search(r"[*?\[\\]", text):
        raise ValueError(f"{quoted(text)} must be one path: no '*', '?', '[' or '\\'")


def check_glob(text: str) -> None:
    """Refuse a glob that cannot match a path of the repository, or takes long to compile."""
    _check_inside(text)
    if len(text) > MAX_GLOB:
        raise ValueError(f"{quoted(text[:60])}… has more than {MAX_GLOB:,} characters")
    if text.startswith("!"):
        raise ValueError(f"{quoted(text)}: a glob cannot exclude; list the paths to include")
    if "//" in text or any(part == "." for part in text.split("/")):
        raise ValueError(f"{quoted(text)} matches nothing: paths in git contain neither '//' nor './'")


def _check_inside(text: str) -> None:
    check_text(text)
    parts = text.split("/")
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise ValueError(f"{quoted(text)} must be relative to the repository's root")
    if ".." in parts:
        raise ValueError(f"{quoted(text)} must not contain '..'")
    if any(part.lower() == ".git" for part in parts):
        raise ValueError(f"{quoted(text)} must not lie inside .git")


def check_url(text: str) -> None:
    """Refuse what is not a web address; "" stands for none."""
    if text and (_has_control(text) or not _URL.fullmatch(text)):
        # Not echoed: an address can hold a password, after "user:".
        raise ValueError("must be an http:// or https:// address without credentials")


def check_context(text: str) -> None:
    """Refuse a kubeconfig context that kubectl and helm would read as an option."""
    if text:
        check_text(text)
    if text.startswith("-"):
        raise ValueError(f"{quoted(text)} must not begin with '-'")


def check_cluster(text: str) -> None:
    """Refuse what identifies no cluster; "" stands for none."""
    if text and (_has_control(text) or not re.fullmatch(CLUSTER, text)):
        raise ValueError(
            f"{described(text)} identifies no cluster: write the UID of namespace kube-system, sha256:… of its "
            "certificate authority, or the https:// address of its API server"
        )


def check_object_name(text: str) -> None:
    """Refuse what Kubernetes would refuse as the name of an object."""
    if len(text) > MAX_OBJECT or not re.fullmatch(RELEASE, text):
        raise ValueError(f"{quoted(text)} is not the name of a Kubernetes object (RFC 1123, at most {MAX_OBJECT})")


def check_values_key(text: str) -> None:
    """Refuse what is not the key of a value, and the keys under which the record of a deploy is kept."""
    check_text(text)
    if any(not part or part != part.strip() for part in text.split(".")):
        raise ValueError(f"{quoted(text)} is not a dotted key such as backend-api.token")
    if text == "global" or f"{text}.".startswith("global.stage6."):
        raise ValueError(f"{quoted(text)} is where the record of a deploy is kept")


def check_variable(text: str) -> None:
    """Refuse what is not the name of an environment variable (POSIX.1-2017, 8.1)."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        # Not echoed: a secret may have been written in place of the variable that holds it.
        raise ValueError("must be the name of an environment variable, never the secret itself")


def check_kube_version(text: str) -> None:
    """Refuse what helm does not take as a version of Kubernetes; "" stands for none."""
    if text and not re.fullmatch(KUBE_VERSION, text):
        raise ValueError(f"{quoted(text)} is not a version of Kubernetes: write '1.34' or '1.34.2', with quotes")


def check_api_version(text: str) -> None:
    """Refuse what is neither ``group/version`` nor ``group/version/Kind``; the core of Kubernetes has no group."""
    if not re.fullmatch(API_VERSION, text):
        raise ValueError(f"{quoted(text)} is not an API version, such as apps/v1 or apps/v1/Deployment")


def check_timeout(seconds: int) -> None:
    """Refuse a timeout of zero, or above a day."""
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError("must be between 1 second and 24 hours")


def check_wait(seconds: int) -> None:
    """Refuse a wait above an hour."""
    if not 0 <= seconds <= MAX_WAIT:
        raise ValueError("must be at most 1 hour")


def apply_checks(record: Any) -> None:
    """Apply the ``check`` of every field to its value or items, and its ``check_key`` to the keys of a mapping.

    Raises:
        ValueError: the first rule that is broken, as ``field: sentence``.
    """
    for each in fields(record):
        value = getattr(record, each.name)
        if "check" not in each.metadata or value is None:
            continue
        try:
            for item in _items(value):
                each.metadata["check"](item)
            for key in value if isinstance(value, Mapping) else ():
                each.metadata["check_key"](key)
        except ValueError as error:
            raise ValueError(f"{each.name}: {error}") from None


def _items(value: Any) -> Iterator[Any]:
    """What a check is applied to: a value, the items of a list, or the values of a mapping, which may be lists."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _items(item)
    elif isinstance(value, tuple):
        yield from value
    else:
        yield value
