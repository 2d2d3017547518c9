"""Which cluster is meant, as far as files say; imported by every decision, so nothing that is slow to import."""

import os
from collections.abc import Mapping
from pathlib import Path

from jetscale_cicd.errors import PreconditionError


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
    default = Path(env.get("HOME", "~")).expanduser() / ".kube" / "config"
    return bool(named) or default.is_file() or "KUBERNETES_SERVICE_HOST" in env
