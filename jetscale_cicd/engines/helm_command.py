"""helm commands as they could be typed in a shell; a plan shows them, and starts none."""

import shlex
from collections.abc import Sequence

from jetscale_cicd.model.target import Target


def helm_command(verb: Sequence[str], target: Target, reference: str, version: str) -> str:
    """A helm command for a target's release, as it could be typed in a shell.

    Args:
        verb: ``("upgrade", "--install")`` or ``("template",)``.
    """
    at_version = ["--version", version] if reference.startswith("oci://") else []
    files = [part for value in target.values for part in ("--values", value)]
    return shlex.join(["helm", *verb, target.release, reference, *at_version, "--namespace", target.namespace, *files])
