"""Stage 6 at work: a throwaway stack, a registry directory, and five commits, each with the decision that it must get.

usage: five_scenes.py [DIRECTORY]     (default: ./stage6-sample, made anew)
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
MARK = ".stage6-sample"
CONFIG = """\
chart:
  registry: {registry}
  mirrors:
    "oci://ghcr.io/jetscale-ai/charts": {mirror}
targets:
  live:
    namespace: jetscale-prod
    release: jetscale-stack
    engine: render
"""


@dataclass(frozen=True)
class Scene:
    """A commit and what Stage 6 must make of it; no message means: the same commit again."""

    title: str
    message: str
    edits: tuple[tuple[str, str, str], ...]
    decision: str
    version: str


SCENES = (
    Scene(
        "only documentation changes",
        "docs: how to call us",
        (("README.md", "stack", "stack, on call: +1 555 0100"),),
        "nothing",
        "",
    ),
    Scene(
        "only live values change",
        "chore(live): four replicas",
        (("envs/live/values.yaml", "replicaCount: 3", "replicaCount: 4"),),
        "redeploy",
        "0.1.0",
    ),
    Scene(
        "the chart changes",
        "feat: an hour of ingress idle time",
        (("charts/app/values.yaml", "# ", "#  "),),
        "publish",
        "0.2.0",
    ),
    Scene(
        "chart and live values change together",
        "fix: wording, and five replicas",
        (("charts/app/values.yaml", "#  ", "# "), ("envs/live/values.yaml", "replicaCount: 4", "replicaCount: 5")),
        "publish",
        "0.2.1",
    ),
    Scene("the same commit once more", "", (), "nothing", ""),
)


def main() -> int:
    """Build the sample, play the scenes, and say whether each decision was the right one."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("directory", type=Path, nargs="?", default=Path("stage6-sample"))
    directory = cli.parse_args().directory.resolve()
    clone = build(directory)
    say("A stack with one chart and one live target. Its first run publishes and deploys 0.1.0:")
    wrong = [] if stage6(clone) == ("publish", "0.1.0") else ["the first release"]
    for number, scene in enumerate(SCENES, 1):
        say(f"Scene {number}: {scene.title}")
        play(clone, scene)
        if stage6(clone) != (scene.decision, scene.version):
            wrong.append(scene.title)
    say(f"Files are in {directory}: stack/ (the clone), stack/rendered/live/, registry/, remote.git/")
    for title in wrong:
        print(f"WRONG: {title}", file=sys.stderr)
    return 1 if wrong else 0


def build(directory: Path) -> Path:
    """A bare remote, a clone of it with the project's own stack, and an empty registry."""
    if directory.exists():
        if not (directory / MARK).exists():
            raise SystemExit(f"{directory} exists and is no earlier sample: name another directory")
        print(f"(the earlier sample in {directory} is made anew)", flush=True)
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    (directory / MARK).touch()
    (directory / "registry").mkdir()
    clone = directory / "stack"
    git(directory, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(directory, "clone", "--quiet", "remote.git", "stack")
    git(clone, "checkout", "--quiet", "-B", "main")
    for folder in ("charts", "envs"):
        shutil.copytree(PROJECT / folder, clone / folder)
    (clone / "README.md").write_text("# The stack\n\nThe JetScale stack.\n")
    (clone / ".gitignore").write_text("/rendered/\n")
    mirror = PROJECT / "tests" / "fixtures" / "charts"
    (clone / ".stage6.yaml").write_text(
        CONFIG.format(registry=(directory / "registry").as_uri(), mirror=mirror.as_uri())
    )
    commit(clone, "feat: the stack")
    return clone


def play(clone: Path, scene: Scene) -> None:
    """Edit, commit and push as a developer would."""
    for name, old, new in scene.edits:
        file = clone / name
        text = file.read_text()
        assert old in text, f"{name} lacks {old!r}"
        file.write_text(text.replace(old, new))
    if scene.message:
        commit(clone, scene.message)


def commit(clone: Path, message: str) -> None:
    """Commit everything and push."""
    print(f"$ git commit -m {message!r} && git push", flush=True)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", message)
    git(clone, "push", "--quiet", "origin", "main")


def stage6(clone: Path) -> tuple[str, str]:
    """Run the real thing, and read back the outputs that a CI would get."""
    print("$ python -m jetscale_cicd stage6", flush=True)
    outputs = clone.parent / "outputs"
    outputs.unlink(missing_ok=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GITLAB_"))}
    subprocess.run(
        [sys.executable, "-m", "jetscale_cicd", "stage6"],
        cwd=clone,
        env={**env, "GITHUB_OUTPUT": str(outputs)},
        check=False,
    )
    lines = outputs.read_text().splitlines() if outputs.exists() else []
    values = {line.partition("<<")[0]: lines[index + 1] for index, line in enumerate(lines) if "<<" in line}
    return values.get("decision", ""), values.get("version", "")


def git(directory: Path, *arguments: str) -> None:
    """git with a name of its own, away from the user's settings."""
    identity = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "Dev"), ("EMAIL", "dev@example.invalid"))
    }
    env = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=directory, env=env, check=True)


def say(title: str) -> None:
    """A heading."""
    print(f"\n── {title}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
