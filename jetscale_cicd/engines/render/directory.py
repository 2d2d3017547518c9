"""A directory of rendered manifests and the record of their deploy: read, checked, and replaced as a whole."""

import json
import os
import re
import secrets
import shutil
from pathlib import Path

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import CannotTellError, DeployError, PreconditionError
from jetscale_cicd.model.commit import FULL_COMMIT_NAME
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.boundary import check_inside
from jetscale_cicd.tools.scratch import locked, sweep

RECORD, MANIFESTS = "release.json", "manifests.yaml"
# A record has four short fields.
_LARGEST = 1 << 16
_FIELDS = ("version", "commit", "digest", "values_digest")


def output_directory(root: Path, target: Target) -> Path:
    """The directory of a target's manifests.

    Raises:
        ConfigurationError: ``LINK_ESCAPES``, a link leads out of the repository.
    """
    directory = root / (target.output or f"rendered/{target.name}")
    for path in (directory, directory / RECORD, directory / MANIFESTS):
        check_inside(root, path)
    return directory


def read_output(root: Path, target: Target) -> LiveState:
    """The deployed state, from the record in the directory.

    Raises:
        CannotTellError: ``RECORD_UNREADABLE``.
    """
    record = output_directory(root, target) / RECORD
    try:
        content = read_json(read_regular(record, _LARGEST + 1), max_bytes=_LARGEST)
    except FileNotFoundError:
        return NotDeployed()
    except (OSError, ValueError) as unreadable:
        raise _unreadable(record, getattr(unreadable, "strerror", None) or str(unreadable)) from unreadable
    if not isinstance(content, dict) or not all(isinstance(content.get(name), str) for name in _FIELDS):
        raise _unreadable(record, f"it lacks one of {', '.join(_FIELDS)}")
    if not FULL_COMMIT_NAME.fullmatch(content["commit"]):
        raise _unreadable(record, "its commit is not a full object name")
    if not (record.parent / MANIFESTS).is_file():
        return NotDeployed()  # there are no manifests any more
    return Deployed(**{name: content[name] for name in _FIELDS})


def _unreadable(record: Path, why: str) -> CannotTellError:
    return CannotTellError(
        "RECORD_UNREADABLE",
        f"the record of the last deploy cannot be read: {why}",
        where=str(record),
        hint="restore the file, or remove the directory to deploy again",
    )


def check_output(root: Path, target: Target) -> None:
    """Refuse to replace a directory that has other files than those of a deploy.

    Raises:
        PreconditionError: ``RENDER_FOREIGN``.
    """
    directory = output_directory(root, target)
    if directory.is_dir() and not (directory / RECORD).exists() and any(directory.iterdir()):
        raise PreconditionError(
            "RENDER_FOREIGN",
            "the output directory has files of no deploy, and they would be removed",
            where=str(directory),
            hint=f"empty it, or set targets.{target.name}.output to another directory",
        )


def replace_output(root: Path, target: Target, manifests: bytes, record: Deployed) -> str:
    """Replace the target's directory by one with the manifests and the record, completely or not at all.

    Raises:
        PreconditionError: ``RENDER_FOREIGN``, the directory has files of no deploy.
        DeployError: ``RENDER_WRITE``.
    """
    check_output(root, target)
    directory = output_directory(root, target)
    # What a killed run left beside it.
    sweep(directory.parent, re.compile(rf"\.{re.escape(directory.name)}\.[0-9a-f]{{8}}"), private=False)
    fresh = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    try:
        fresh.mkdir(parents=True)
        content = json.dumps({name: getattr(record, name) for name in _FIELDS}, indent=2)
        with locked(fresh):
            _write(fresh / MANIFESTS, manifests)
            _write(fresh / RECORD, content.encode() + b"\n")
            _swap(fresh, directory)
    except OSError as unwritable:
        raise DeployError(
            "RENDER_WRITE", f"the manifests cannot be written: {unwritable.strerror}", where=str(directory)
        ) from unwritable
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return f"{record.version} with the values of {record.commit[:12]} in {directory}"


def _swap(fresh: Path, directory: Path) -> None:
    """Replace ``directory`` by ``fresh``; after a crash in between, the directory is the old one or absent."""
    if directory.exists():
        old = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
        directory.rename(old)
        fresh.rename(directory)
        shutil.rmtree(old)
    else:
        fresh.rename(directory)


def _write(file: Path, content: bytes) -> None:
    """Write and flush; readable only by the owner, because manifests can contain Secrets."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
