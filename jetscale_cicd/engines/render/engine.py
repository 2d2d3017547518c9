"""The engine that needs no cluster: the manifests of a release, in a directory, with a record of their origin."""

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from jetscale_cicd.errors import DeployError, PreconditionError
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.live import MANIFESTS, RECORD, RECORD_FIELDS, output_directory
from jetscale_cicd.tools.helm import Helm, ProcessTimeout, failure_of


def render(helm: Helm, target: Target, chart: Path, values: Sequence[Path]) -> bytes:
    """Manifests of a chart with a target's values.

    Raises:
        DeployError: ``RENDER_FAILED`` with helm's own word, or ``RENDER_TIMEOUT``.
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
            hint=f"reproduce it, without changing anything: jetscale-cicd simulate --target {target.name}",
        )
    return finished.stdout


def check_output(root: Path, target: Target) -> None:
    """Refuse to replace a directory that somebody else filled.

    Raises:
        PreconditionError: ``RENDER_FOREIGN``.
    """
    directory = output_directory(root, target)
    if directory.is_dir() and not (directory / RECORD).exists() and any(directory.iterdir()):
        raise PreconditionError(
            "RENDER_FOREIGN",
            "the output directory holds something that no deploy wrote, and it would be replaced",
            where=str(directory),
            hint=f"empty it, or set targets.{target.name}.output to another directory",
        )


def deploy(root: Path, target: Target, manifests: bytes, record: Deployed) -> str:
    """Replace the target's directory by one that holds the manifests and the record: all of it, or nothing.

    Raises:
        PreconditionError: ``RENDER_FOREIGN``, the directory is not ours to replace.
        DeployError: ``RENDER_WRITE``.
    """
    check_output(root, target)
    directory = output_directory(root, target)
    fresh = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    try:
        fresh.mkdir(parents=True)
        _write(fresh / MANIFESTS, manifests)
        _write(
            fresh / RECORD,
            json.dumps({name: getattr(record, name) for name in RECORD_FIELDS}, indent=2).encode() + b"\n",
        )
        _swap(fresh, directory)
    except OSError as unwritable:
        raise DeployError(
            "RENDER_WRITE", f"the manifests cannot be written: {unwritable.strerror}", where=str(directory)
        ) from unwritable
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return f"{record.version} with the values of {record.commit[:12]} in {directory}"


def _swap(fresh: Path, directory: Path) -> None:
    """Put ``fresh`` in the place of ``directory``; a crash in between leaves the old one under its own name or none."""
    if directory.exists():
        old = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
        directory.rename(old)
        fresh.rename(directory)
        shutil.rmtree(old)
    else:
        fresh.rename(directory)


def _write(file: Path, content: bytes) -> None:
    """Write and flush; readable to the owner alone, for manifests can hold Secrets."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
