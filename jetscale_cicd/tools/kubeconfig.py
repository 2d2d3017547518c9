"""The current context of the kubeconfig; every decision imports this module, so it imports nothing slow."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.errors import PreconditionError

_CURRENT_CONTEXT = re.compile(r"(?m)^current-context:[^\S\n]*(\S.*)")
_COMMENT = re.compile(r"\s#")


def current_context(env: Mapping[str, str]) -> str:
    """The current context, read once: a switch during the run would lead helm to another cluster than kubectl.

    The first file that sets it wins (kubectl, "merging kubeconfig files"); "" where none does, or in a pod.
    """
    named = [Path(name) for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    for file in named or [_default(env)]:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:  # kubectl skips a missing file, and reports any other problem itself
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


def has_kubeconfig(env: Mapping[str, str]) -> bool:
    """Whether a cluster is configured: by a kubeconfig, or by the service account of the pod.

    Raises:
        PreconditionError: ``KUBECONFIG_MISSING``, ``KUBECONFIG`` names no existing file.
    """
    named = [name for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    if named and not any(Path(name).is_file() for name in named):
        raise PreconditionError(
            "KUBECONFIG_MISSING",
            f"KUBECONFIG names {', '.join(named)}, which does not exist",
            where="KUBECONFIG",
            hint="name a kubeconfig, or unset the variable",
        )
    return bool(named) or _default(env).is_file() or "KUBERNETES_SERVICE_HOST" in env
