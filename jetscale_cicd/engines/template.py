"""`helm template` for any engine, and helm commands as they could be typed in a shell."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from jetscale_cicd.errors import DeployError
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.helm import Helm, ProcessTimeout, failure_of


def render_manifests(helm: Helm, target: Target, chart: Path, values: Sequence[Path]) -> bytes:
    """Render the manifests of a chart with a target's values.

    Raises:
        DeployError: ``RENDER_FAILED``, with helm's message, or ``RENDER_TIMEOUT``.
    """
    try:
        finished = helm.template(target.release, chart, target.namespace, values, timeout=target.timeout)
    except ProcessTimeout as late:
        raise DeployError(
            "RENDER_TIMEOUT", str(late), where=target.name, hint=f"raise targets.{target.name}.timeout"
        ) from late
    if finished.status != 0:
        raise DeployError(
            "RENDER_FAILED",
            f"helm cannot render target {target.name}: {failure_of(finished)}",
            where=f"target {target.name}: {', '.join(target.values)}",
            hint=f"reproduce it without changing anything: jetscale-cicd simulate --target {target.name}",
        )
    return finished.stdout


def helm_command(verb: Sequence[str], target: Target, reference: str, version: str) -> str:
    """A helm command for a target's release, as it could be typed in a shell.

    Args:
        verb: ``("upgrade", "--install")`` or ``("template",)``.
    """
    at_version = ["--version", version] if reference.startswith("oci://") else []
    files = [part for value in target.values for part in ("--values", value)]
    return shlex.join(["helm", *verb, target.release, reference, *at_version, "--namespace", target.namespace, *files])
