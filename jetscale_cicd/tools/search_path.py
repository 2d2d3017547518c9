"""Where a program is looked up by its name: on the absolute parts of PATH alone.

An empty part of PATH stands for the working directory (POSIX, "Environment Variables"), and `.` or `bin` depends on it.
Stage 6 works in a checkout, so a `git` or a `helm` that somebody has committed would be run by its name. What is
started gets a PATH of the same parts, because git and helm start programs by their names, too.

The search is written here because `shutil`, which has one, imports every compressor.
"""

import os
from collections.abc import Mapping

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.shown import shown

# What `make tools` brings.
_OURS = ("helm", "kubectl")


def search_path(env: Mapping[str, str]) -> str:
    """The absolute parts of PATH; without any, the system's own, because an empty PATH is the working directory."""
    return os.pathsep.join(filter(_is_absolute, _parts(env))) or os.defpath


def relative_parts(env: Mapping[str, str]) -> tuple[str, ...]:
    """The parts of PATH that are not searched."""
    return tuple(part for part in _parts(env) if not _is_absolute(part))


def _parts(env: Mapping[str, str]) -> list[str]:
    return env.get("PATH", os.defpath).split(os.pathsep)


def _is_absolute(path: str) -> bool:
    return path.startswith("/")


def with_search_path(env: Mapping[str, str]) -> dict[str, str]:
    """An environment for a program: its PATH has absolute parts alone."""
    return {**env, "PATH": search_path(env)}


def find_program(name: str, env: Mapping[str, str]) -> str:
    """The absolute path of a program.

    Args:
        name: of the program, or its absolute path.

    Raises:
        PreconditionError: ``TOOL_MISSING``.
    """
    if "/" in name:
        candidates = [name] if _is_absolute(name) else []
    else:
        candidates = [f"{folder}/{name}" for folder in search_path(env).split(os.pathsep)]
    for path in candidates:
        if os.access(path, os.X_OK) and not os.path.isdir(path):  # noqa: PTH112 - before every git
            return path
    raise missing_tool(name, env)


def missing_tool(name: str, env: Mapping[str, str]) -> PreconditionError:
    """The error for a program that is not on PATH."""
    ours = ", or run `make tools` in a checkout of jetscale-cicd" if name in _OURS else ""
    hint = "install git 2.30 or newer" if name == "git" else f"install {shown(name)}{ours}"
    ignored = ", ".join(map(repr, relative_parts(env)))
    if not ignored:
        return PreconditionError("TOOL_MISSING", f"{shown(name)} is not on PATH", hint=hint)
    message = f"{shown(name)} is not on PATH, whose relative parts are not searched: {ignored}"
    return PreconditionError("TOOL_MISSING", message, hint=hint)
