"""What the program prints: its help, the scenes of `make run`, and a simulation on a copy of the stack."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from scripts.docs.source import PROJECT

# Scenes that the transcript leaves out, and the one that the README shows.
LEFT_OUT = ("A stack with one chart", "Scene 5")
README_SCENE = "Scene 3"


def fenced(text: str) -> str:
    """A block of text in Markdown."""
    return f"```text\n{text.strip()}\n```\n"


def path_with_tools() -> str:
    """PATH, with helm and kubectl as `make tools` installs them."""
    return os.pathsep.join((os.environ["PATH"], str(Path(sys.executable).parent)))


def program(*arguments: str, cwd: Path = PROJECT) -> str:
    """stdout of a command, as an 80-column terminal without colours and without a CI would show it."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR")}
    env = {**kept, "COLUMNS": "80", "PATH": path_with_tools(), "GIT_CONFIG_GLOBAL": os.devnull}
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def help_of(*command: str) -> str:
    """The help of the program, or of one of its commands."""
    shown = program("-m", "jetscale_cicd", *command, "--help")
    return fenced(f"$ {' '.join(('jetscale-cicd', *command, '--help'))}\n{shown}")


def transcript() -> str:
    """What `make run` prints, without the scenes that are left out."""
    return fenced("\n".join(scene for scene in _scenes() if not any(word in scene for word in LEFT_OUT)))


def readme_scene() -> str:
    """The one scene of it that the README shows."""
    (scene,) = (scene for scene in _scenes() if README_SCENE in scene)
    return fenced(scene)


@cache
def _scenes() -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        shown = program(str(PROJECT / "examples" / "five_scenes.py"), str(directory / "stage6-sample"))
    scenes = re.split(r"\n(?=── )", shown.replace(str(directory), "…"))
    return tuple(scene for scene in scenes if scene.startswith("── "))


def simulation() -> str:
    """`simulate --worktree` with this repository's own configuration, on a copy of its stack."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name)
        for folder in ("charts", "envs", "tests/fixtures/charts"):
            shutil.copytree(PROJECT / folder, clone / folder)
        shutil.copy(PROJECT / ".stage6.yaml", clone)
        identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.invalid")
        for arguments in (
            ("init", "--quiet"),
            ("add", "--all"),
            (*identity, "commit", "--quiet", "--message", "feat: the stack"),
        ):
            subprocess.run(
                ["git", *arguments], cwd=clone, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
            )
        values = clone / "envs/preview/values.yaml"
        values.write_text(values.read_text().replace("host: preview.jetscale.ai", "host: next.jetscale.ai"))
        shown = program("-m", "jetscale_cicd", "simulate", "--base", "HEAD", "--worktree", cwd=clone)
    edit = "$ sed -i s/preview.jetscale.ai/next.jetscale.ai/ envs/preview/values.yaml"
    return fenced(f"{edit}\n$ jetscale-cicd simulate --base HEAD --worktree\n{shown}")
