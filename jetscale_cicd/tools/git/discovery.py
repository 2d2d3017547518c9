"""Where the repository around a directory is, by git's own rules (gitrepository-layout), without a process."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.tools.paths import exists, is_directory, is_file

_LONGEST = 1 << 14  # bytes of a file of git's that holds one path or name
_HEAD = re.compile(rb"ref:[ \t]*refs/.*|[0-9a-f]{40}(?:[0-9a-f]{24})?", re.DOTALL)


class Location(NamedTuple):
    """A repository.

    Args:
        root: top of the working tree (of a bare repository: its directory).
        git_dir, common_dir: where git keeps this work tree's and all work trees' data.
    """

    root: Path
    git_dir: Path
    common_dir: Path


def locate(directory: Path) -> Location | None:
    """The repository that holds a directory, None where there is none.

    One without a work tree has to be the directory itself, as for git's ``safe.bareRepository``: its parts can be
    committed as ordinary files, and its configuration runs programs.

    Raises:
        ConfigurationError: ``REPOSITORY_IN_TREE``, it lies in the work tree of another one.
    """
    # Not expanded: a directory may be called `~` or `$HOME`. Not resolved: people see the path that they gave.
    start = Path(os.path.abspath(directory))  # noqa: PTH100 - Path.absolute keeps `..`, whose parents are no parents
    for top in (start, *start.parents) if exists(start) else ():
        if git_dir := _git_dir_of(top):
            return Location(top, git_dir, _common_dir(git_dir))
        if top.name == ".git" and _is_git_dir(top):  # git adds no file below such a name
            return Location(top.parent, top, _common_dir(top))
        if top == start and _is_git_dir(top):
            _check_outside(top)
            return Location(top, top, _common_dir(top))
    return None


def _check_outside(bare: Path) -> None:
    own = Path(os.path.realpath(bare))
    for top in bare.parents:
        git_dir = _git_dir_of(top)
        if git_dir and not own.is_relative_to(os.path.realpath(_common_dir(git_dir))):
            raise ConfigurationError(
                "REPOSITORY_IN_TREE",
                f"it is a repository among the files of another one, {top}, where anybody may have committed it",
                where=str(bare),
                hint="run in the repository that is released, or name it: --repo DIR",
            )


def _git_dir_of(top: Path) -> Path | None:
    """The ``.git`` of a work tree, None where there is none."""
    dot = top / ".git"
    git_dir = _pointed_to(dot) if is_file(dot) else dot
    return git_dir if git_dir and _is_git_dir(git_dir) else None


def _pointed_to(file: Path) -> Path | None:
    """The directory that a ``.git`` file of a linked work tree or a submodule names."""
    content = read_regular(file, _LONGEST)
    if not content.startswith(b"gitdir: "):
        return None
    return file.parent / os.fsdecode(content.removeprefix(b"gitdir: ").rstrip(b"\r\n"))


def _is_git_dir(directory: Path) -> bool:
    head = directory / "HEAD"
    if not (is_file(head) or head.is_symlink()):
        return False
    try:
        common = _common_dir(directory)
        named = head.is_symlink() or _HEAD.match(read_regular(head, _LONGEST))
    except OSError:  # git could not use it either
        return False
    return bool(named) and is_directory(common / "objects") and is_directory(common / "refs")


def _common_dir(git_dir: Path) -> Path:
    try:
        return git_dir / os.fsdecode(read_regular(git_dir / "commondir", _LONGEST).rstrip(b"\r\n"))
    except FileNotFoundError:
        return git_dir
