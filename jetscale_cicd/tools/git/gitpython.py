"""GitPython, which starts every git that writes (commits, tags, pushes); the only module that imports it.

Its import costs about 100 ms of CPU, so a decision does without it. Where something is written, python-semantic-release
has nearly always imported it already.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jetscale_cicd.tools.git.process import Process, located
from jetscale_cicd.tools.limits import limit_memory
from jetscale_cicd.tools.search_path import find_program, search_path, with_search_path

if TYPE_CHECKING:
    from git import Git

    from jetscale_cicd.model.request import OpenedRepository


def start_writing(
    opened: "OpenedRepository | None", root: Path, command: Sequence[str], env: Mapping[str, str]
) -> Process:
    """Start a git that reads its input from a pipe.

    Args:
        opened: the ``git.Repo`` that a caller handed over.
        root: of the repository, where none was.
        env: on top of the environment of this process.

    Raises:
        PreconditionError: ``TOOL_MISSING``, there is no git on PATH.
    """
    from git import Git

    whole = with_search_path({**os.environ, **env})
    git = cast("Git", opened.git) if opened else Git(root)
    started = git.execute(located(command, whole), istream=subprocess.PIPE, as_process=True, env=whole)
    process, started.proc = started.proc, None  # or GitPython would end it as soon as `started` is gone
    running = cast("Process", process)
    limit_memory(running.pid)
    return running


def load_gitpython() -> None:
    """Import GitPython where PATH has relative parts: it runs `git version` while it is imported, by the name alone.

    Meanwhile PATH lacks those parts for this whole process. python-semantic-release, which deciding uses, imports
    GitPython as well, and gets the one that is here.

    Raises:
        PreconditionError: ``TOOL_MISSING``, there is no git on PATH.
    """
    if "git" in sys.modules:
        return
    find_program("git", os.environ)
    given = os.environ["PATH"]
    os.environ["PATH"] = search_path(os.environ)
    try:
        import git  # noqa: F401
    finally:
        os.environ["PATH"] = given
