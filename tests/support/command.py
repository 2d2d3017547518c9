"""The real command in a process of its own, as a CI would start it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.forked import AT_START, run_forked

_TIMEOUT = 120


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


def command_environment(helm: Path | None = None) -> dict[str, str]:
    """A laptop's environment (no CI), with one helm on PATH where given."""
    kept = {
        name: value for name, value in os.environ.items() if name in ("HOME", "PATH", "LANG", "SYSTEMROOT", "TMPDIR")
    }
    kept |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    if helm:
        kept["PATH"] = f"{_only(helm)}:{kept['PATH']}"
    return kept


def command(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, helm: Path | None = None, anew: bool = False
) -> Ended:
    """Run ``python -m jetscale_cicd`` with a laptop's environment (no CI), and one helm on PATH where given.

    Args:
        anew: by an interpreter that starts for it; else forked off one that has imported everything already.
    """
    whole = {**command_environment(helm), **(env or {})}
    if anew or any(name.startswith(AT_START) for name in env or ()):
        finished = subprocess.run(
            [sys.executable, "-m", "jetscale_cicd", *arguments],
            cwd=cwd,
            env=whole,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_TIMEOUT,
            check=False,
        )
        ended = Ended(finished.returncode, finished.stdout, finished.stderr)
    else:
        ended = Ended(*run_forked(arguments, cwd, whole, command_environment(), _TIMEOUT))
    assert "Traceback" not in ended.stderr or "--debug" in arguments, ended.stderr
    return ended


def _only(helm: Path) -> Path:
    """A directory that holds one helm under the name helm."""
    directory = helm.parent / f".only-{helm.name}"
    directory.mkdir(exist_ok=True)
    link = directory / "helm"
    if not link.exists():
        link.unlink(missing_ok=True)
        with suppress(FileExistsError):  # another test worker made it
            link.symlink_to(helm)
    return directory
