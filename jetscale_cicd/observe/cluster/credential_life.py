"""When the credentials of a context end, as far as that can be seen without using them up.

An exec plugin is not run: it may ask a person, and renews what it gives by itself.
"""

from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.decide.cluster.credential_life import Credential, LifeReview, review_life
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.certificates import der_certificates, not_after
from jetscale_cicd.tools.kubeconfig_view import KubeconfigView, token_file, view_kubeconfig
from jetscale_cicd.tools.kubernetes import Kubernetes
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS

_LARGEST = 64 << 10
_PARTS = 3  # of a JSON Web Token (RFC 7519): header, claims, signature
_LOG_IN_ANEW = "give the run a newer token: kubectl create token ACCOUNT --duration 2h"
_NEWER_CERTIFICATE = "give the run a kubeconfig with a newer client certificate"


def check_credential_life(processes: Processes, env: Mapping[str, str], api: Kubernetes, target: Target) -> LifeReview:
    """Which credentials of the target's context end before a deploy may.

    Args:
        env: the environment that kubectl gets.
        api: the cluster of that context, by whose clock it is.

    Raises:
        CannotTellError: ``KUBECONFIG_UNREADABLE``.
    """
    view = view_kubeconfig(processes, env, api.context)
    found = tuple(_credentials(view, env, processes))
    return review_life(found, api.clock.now().timestamp(), target.timeout, target.name)


def _credentials(view: KubeconfigView, env: Mapping[str, str], processes: Processes) -> Iterator[Credential]:
    user = view.user
    if isinstance(token := user.get("token"), str) and token and not user.get("tokenFile"):
        yield Credential(what="token of the kubeconfig", ends=end_of_token(token), remedy=_LOG_IN_ANEW)
    if user.get("tokenFile"):
        writer = "the kubelet" if view.in_pod else "whoever writes its file"
        ends = _end_in_file(view, env, processes)
        yield Credential(what="token of the account", ends=ends, renewed_by=writer, remedy=_LOG_IN_ANEW)
    if isinstance(data := user.get("client-certificate-data"), str) and data:
        yield Credential(what="client certificate", ends=_end_of_certificate(data), remedy=_NEWER_CERTIFICATE)
    for key, what in (("exec", "login"), ("auth-provider", "login")):
        if user.get(key):
            yield Credential(what=what, renewed_by="its plugin")


def end_of_token(token: str) -> float | None:
    """When a token ends, in seconds since 1970, by what it says of itself; None of one that says nothing.

    It is not verified: the API server does that. Nothing of it but this number leaves the function.
    """
    parts = token.strip().split(".")
    if len(parts) != _PARTS or len(token) > _LARGEST:
        return None
    try:
        claims = read_json(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), max_bytes=_LARGEST)
    except (ValueError, JsonRefused):
        return None
    end = claims.get("exp") if isinstance(claims, dict) else None
    # A number that no clock reaches is none.
    return float(end) if isinstance(end, int | float) and not isinstance(end, bool) and 0 < end < 1 << 40 else None


def _end_in_file(view: KubeconfigView, env: Mapping[str, str], processes: Processes) -> float | None:
    file = token_file(view, env)
    if file is None:
        return None
    try:
        token = read_regular(file, _LARGEST).decode("ascii", "replace")
    except (OSError, ValueError):  # kubectl says so when it is used
        return None
    processes.redact.learn([token], MIN_KNOWN_CHARS)
    return end_of_token(token)


def _end_of_certificate(data: str) -> float | None:
    with suppress(ValueError):
        first = next(der_certificates(b64decode(data)), b"")
        end = not_after(first)
        return end.timestamp() if end else None
    return None
