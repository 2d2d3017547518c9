"""GitPython, which starts every git that writes (commits, tags, pushes); the only module that imports it.

Its import costs about 100 ms of CPU, so a decision does without it. Where something is written, python-semantic-release
has nearly always imported it already.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jetscale_cicd.tools.git.process import Process

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
    """
    from git import Git

    git = cast("Git", opened.git) if opened else Git(root)
    started = git.execute(command, istream=subprocess.PIPE, as_process=True, env=env)
    process, started.proc = started.proc, None  # or GitPython would end it as soon as `started` is gone
    return cast("Process", process)
