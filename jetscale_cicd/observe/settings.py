"""The configuration files of a repository, read and overridden by what was asked on the command line."""

import os
from pathlib import Path

from jetscale_cicd.config.bounded_yaml import MAX_BYTES
from jetscale_cicd.config.reader import default_settings, read_settings
from jetscale_cicd.config.release_rules import ReleaseRules, read_release_rules
from jetscale_cicd.config.settings import Settings, check_registry
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Request

FILE = ".stage6.yaml"
_RELEASERC = ("releaserc.toml", "releaserc.json")


def load_settings(root: Path, request: Request) -> Settings:
    """``.stage6.yaml`` of the repository, or the file that the request names, and its overrides.

    Raises:
        ConfigurationError: the named file is missing, or wrong; an unknown target; a bad registry.
    """
    text = _read(request.config) if request.config else _read_optional(root / FILE)
    if request.config and text is None:
        raise ConfigurationError(
            "CONFIG_MISSING", "there is no such configuration file", where=str(request.config), hint="check --config"
        )
    settings = default_settings() if text is None else read_settings(text, str(request.config or FILE))
    unknown = [name for name in request.targets if name not in {target.name for target in settings.targets}]
    if unknown:
        known = ", ".join(target.name for target in settings.targets)
        raise ConfigurationError(
            "UNKNOWN_TARGET", f"there is no target {unknown[0]!r}", where="--target", hint=f"targets are: {known}"
        )
    targets = (target for target in settings.targets if not request.targets or target.name in request.targets)
    left_out = tuple(target for target in settings.targets if request.targets and target.name not in request.targets)
    if request.engine:
        targets = (replace(target, engine=request.engine) for target in targets)
    chart = settings.chart
    if request.registry:
        try:
            check_registry(request.registry)
        except ValueError as refused:
            raise ConfigurationError("CONFIG_VALUE", f"registry: {refused}", where="--registry") from None
        chart = replace(chart, registry=request.registry)
    try:
        return replace(settings, chart=chart, targets=tuple(targets), left_out=left_out)
    except ValueError as clash:
        raise ConfigurationError("CONFIG_VALUE", str(clash), where="--engine") from None


def load_release_rules(root: Path) -> ReleaseRules:
    """python-semantic-release's own configuration, where the repository has one."""
    releaserc = next(((name, text) for name in _RELEASERC if (text := _read_optional(root / name)) is not None), None)
    return read_release_rules(_read_optional(root / "pyproject.toml"), releaserc)


def _read_optional(file: Path) -> str | None:
    return _read(file) if os.path.lexists(file) else None


def _read(file: Path) -> str | None:
    try:
        if file.exists() and not file.is_file():  # a pipe would be waited for
            raise OSError(0, "it is no regular file")
        with file.open("rb") as source:
            content = source.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if file.is_symlink():
            raise ConfigurationError("CONFIG_UNREADABLE", "the link names no file", where=str(file)) from None
        return None
    except OSError as unreadable:
        raise ConfigurationError(
            "CONFIG_UNREADABLE",
            f"it cannot be read: {unreadable.strerror}",
            where=str(file),
            hint="make it a plain file that this user may read",
        ) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = content.count(b"\n", 0, bad.start) + 1
        raise ConfigurationError(
            "CONFIG_YAML", "it is not UTF-8", where=f"{file}:{line}", hint="save it as UTF-8"
        ) from None
