"""How a context of the kubeconfig reaches its cluster: address, authority and user, as kubectl merges the files."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.tools.kubeconfig import is_in_pod
from jetscale_cicd.tools.process import Processes, ProcessTimeout
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS, Redactor

# client-go, rest/config.go: InClusterConfig.
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOST, _PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"
_LARGEST = 1 << 20
_TIMEOUT = 15
# Of a user; a certificate's key is learnt as the text that it is, which the redactor knows in base64 too.
_SECRETS = ("token", "password", "client-key-data")


@frozen(kw_only=True)
class KubeconfigView:
    """How one context reaches its cluster.

    Args:
        server: address of the API server.
        authority: the certificates that its own is checked with, PEM; empty where those of the system are.
        user: how this run logs in, with secrets.
        in_pod: by the service account of the pod, without a kubeconfig.
    """

    server: str
    authority: bytes = field(default=b"", repr=False)
    user: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    in_pod: bool = False


def view_kubeconfig(processes: Processes, env: Mapping[str, str], context: str) -> KubeconfigView:
    """What kubectl makes of the kubeconfig; its secrets are masked from now on.

    Args:
        env: the environment that kubectl gets.
        context: of the kubeconfig; "" is the current one.

    Raises:
        CannotTellError: ``KUBECONFIG_UNREADABLE``.
        PreconditionError: ``TOOL_MISSING``, there is no kubectl.
    """
    if not context and is_in_pod(env):
        return _of_pod(env)
    named = (f"--context={context}",) if context else ()
    argv = ["kubectl", "config", "view", "--minify", "--flatten", "--raw", "--output=json", *named]
    try:
        finished = processes.run(argv, env=env, timeout=_TIMEOUT)
    except ProcessTimeout as late:
        raise _unreadable(str(late)) from None
    if finished.status:
        raise _unreadable(finished.stderr.strip() or f"kubectl ended with status {finished.status}")
    try:
        document = read_json(finished.stdout)
    except JsonRefused as refused:
        raise _unreadable(f"of what kubectl answered, {refused}") from None
    return _view(document, processes.redact)


def _of_pod(env: Mapping[str, str]) -> KubeconfigView:
    try:
        authority = read_regular(ACCOUNT / "ca.crt", _LARGEST)
    except (OSError, ValueError):  # the system's certificates are taken then
        authority = b""
    host = env[_HOST]
    address = f"[{host}]" if ":" in host else host
    user = {"tokenFile": str(ACCOUNT / "token")}
    return KubeconfigView(server=f"https://{address}:{env.get(_PORT, '')}", authority=authority, user=user, in_pod=True)


def _view(document: object, redact: Redactor) -> KubeconfigView:
    cluster, user = _first(document, "cluster"), _first(document, "user")
    redact.learn(_secrets(user), MIN_KNOWN_CHARS)
    server = cluster.get("server")
    if not isinstance(server, str) or not server:
        raise _unreadable("the context names no cluster with an address")
    return KubeconfigView(server=server, authority=_decoded(cluster.get("certificate-authority-data")), user=user)


def _first(document: object, kind: str) -> dict[str, Any]:
    """The one cluster, or user, of a kubeconfig that was cut down to one context; empty where it has none."""
    entries = document.get(f"{kind}s") if isinstance(document, dict) else None
    entry = entries[0] if isinstance(entries, list) and entries else None
    found = entry.get(kind) if isinstance(entry, dict) else None
    return found if isinstance(found, dict) else {}


def _secrets(user: Mapping[str, Any]) -> Iterator[str]:
    for name in _SECRETS:
        if isinstance(value := user.get(name), str):
            yield value
            yield _decoded(value).decode("utf-8", "replace") if name == "client-key-data" else value
    exec_ = user.get("exec")
    variables = exec_.get("env") if isinstance(exec_, dict) else None
    for each in variables if isinstance(variables, list) else ():
        if isinstance(each, dict) and Redactor.is_secret_name(str(each.get("name"))):
            yield str(each.get("value") or "")


def _decoded(data: object) -> bytes:
    from base64 import b64decode

    with suppress(ValueError):
        return b64decode(data) if isinstance(data, str) else b""
    return b""


def token_file(view: KubeconfigView, env: Mapping[str, str]) -> Path | None:
    """The file of the user's token; None where it has none, or where it is, cannot be told.

    A relative one belongs to the folder of the kubeconfig that names it, and which of several does, is not told.
    """
    name = view.user.get("tokenFile")
    if not isinstance(name, str) or not name:
        return None
    if Path(name).is_absolute():
        return Path(name)
    files = [each for each in env.get("KUBECONFIG", "").split(os.pathsep) if each]
    if len(files) > 1:
        return None
    return (Path(files[0]) if files else Path(env.get("HOME", "~")).expanduser() / ".kube" / "config").parent / name


def _unreadable(why: str) -> CannotTellError:
    return CannotTellError(
        "KUBECONFIG_UNREADABLE",
        f"it cannot be told which cluster is meant, and by which login: {why}",
        where="kubeconfig",
        hint="kubectl config get-contexts lists the contexts that there are",
    )
