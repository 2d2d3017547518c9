"""Which cluster is meant, as far as files say; imported by every decision, so nothing that is slow to import."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jetscale_cicd.errors import PreconditionError

_CURRENT = re.compile(r"(?m)^current-context:[^\S\n]*(\S.*?)[^\S\n]*(?:\s#.*)?$")


def current_context(env: Mapping[str, str]) -> str:
    """The context that is meant now: whoever switches it during a run would send helm to another cluster than kubectl.

    The first file that says one decides (kubectl, "merging kubeconfig files"); "" where none does, or in a pod.
    """
    named = [Path(name) for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    for file in named or [_default(env)]:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:  # kubectl passes over a file that is not there, and says what it makes of any other
            continue
        if found := _said(text):
            return found
    return ""


def _said(text: str) -> str:
    if text.lstrip().startswith("{"):
        with suppress(ValueError):
            return str(json.loads(text).get("current-context") or "")
    line = _CURRENT.search(text)
    return line[1].strip("\"'") if line else ""


def _default(env: Mapping[str, str]) -> Path:
    return Path(env.get("HOME", "~")).expanduser() / ".kube" / "config"


def has_kubeconfig(env: Mapping[str, str]) -> bool:
    """Whether anything says which cluster: a kubeconfig, or the account of the pod that this runs in.

    Raises:
        PreconditionError: ``KUBECONFIG_MISSING``, one is named and is not there: that is no "nowhere".
    """
    named = [name for name in env.get("KUBECONFIG", "").split(os.pathsep) if name]
    if named and not any(Path(name).is_file() for name in named):
        raise PreconditionError(
            "KUBECONFIG_MISSING",
            f"KUBECONFIG names {', '.join(named)}, and that is no file",
            where="KUBECONFIG",
            hint="name a kubeconfig, or unset the variable",
        )
    return bool(named) or _default(env).is_file() or "KUBERNETES_SERVICE_HOST" in env
