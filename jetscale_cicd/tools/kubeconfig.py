"""The current context of the kubeconfig; every decision imports this module, so it imports nothing slow."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.shown import described, may_be_paths, shown
from jetscale_cicd.tools.paths import is_file, is_pipe

_CURRENT_CONTEXT = re.compile(r"(?m)^current-context:[^\S\n]*(\S.*)")
_LARGEST = 8 << 20
_COMMENT = re.compile(r"\s#")


def current_context(env: Mapping[str, str]) -> str:
    """The current context, read once: a switch during the run would lead helm to another cluster than kubectl.

    The first file that sets it wins (kubectl, "merging kubeconfig files"); "" where none does, or in a pod.
    """
    named = [Path(name) for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    for file in named or [_default(env)]:
        try:
            text = read_regular(file, _LARGEST).decode("utf-8", "replace")
        except (OSError, ValueError):  # kubectl skips a missing file, and reports any other problem itself
            continue
        if found := _context_in(text):
            return found
    return ""


def _context_in(text: str) -> str:
    if text.lstrip().startswith("{"):
        with suppress(ValueError):
            return str(read_json(text).get("current-context") or "")
    line = _CURRENT_CONTEXT.search(text)
    value = _COMMENT.split(line[1], maxsplit=1)[0].rstrip() if line else ""
    return value.strip("\"'")


def _default(env: Mapping[str, str]) -> Path:
    return Path(env.get("HOME", "~")).expanduser() / ".kube" / "config"


def _named(env: Mapping[str, str]) -> str:
    """What the variable names; of a content in its place, which has colons as a list of files has, nothing."""
    value = env["KUBECONFIG"]
    if pipe := next(filter(is_pipe, value.split(os.pathsep)), ""):
        return f"{shown(pipe)}, which is a pipe"
    paths = ", ".join(name for name in value.split(os.pathsep) if name)
    return (
        f"{paths}, which does not exist" if may_be_paths(value, os.pathsep) else f"no file: it holds {described(value)}"
    )


def _may_name_a_cluster(file: str) -> bool:
    """Whether a file can hold the address of a cluster; what cannot be read is for kubectl to report."""
    try:
        return b"server" in read_regular(Path(file), _LARGEST)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True


def has_kubeconfig(env: Mapping[str, str]) -> bool:
    """Whether a cluster is configured: by a kubeconfig, or by the service account of the pod.

    Raises:
        PreconditionError: ``KUBECONFIG_EMPTY``, no file that ``KUBECONFIG`` names has a cluster in it;
            ``KUBECONFIG_MISSING``, it names no existing file, or a pipe, for which kubectl and helm would wait.
    """
    named = [name for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    if named and (not any(map(is_file, named)) or any(map(is_pipe, named))):
        raise PreconditionError(
            "KUBECONFIG_MISSING",
            f"KUBECONFIG names {_named(env)}",
            where="KUBECONFIG",
            hint="name the file of a kubeconfig, or unset the variable",
        )
    if named and not any(map(_may_name_a_cluster, named)):
        raise PreconditionError(
            "KUBECONFIG_EMPTY",
            f"KUBECONFIG names {', '.join(map(shown, named))}, which has no cluster in it",
            where="KUBECONFIG",
            hint="was it written? kubectl config view shows what is in it",
        )
    return bool(named) or is_file(_default(env)) or "KUBERNETES_SERVICE_HOST" in env


def is_in_pod(env: Mapping[str, str]) -> bool:
    """Whether kubectl and helm use the service account of the pod that they are in: there is no kubeconfig."""
    named = [Path(name) for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    return "KUBERNETES_SERVICE_HOST" in env and not any(map(is_file, named or [_default(env)]))
