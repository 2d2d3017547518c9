"""Real repositories, drawn in a line: ``draw(path, "feat: a [charts/app/values.yaml]", "tag v0.1.0")``."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.git import open_repository
from jetscale_cicd.tools.redact import Redactor

CHART = "apiVersion: v2\nname: jetscale-stack\nversion: 0.0.0\n"
_STEP = re.compile(r"(?P<message>.*?)(?:\s*\[(?P<paths>[^\]]*)\])?", re.DOTALL)
_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Dev"), ("EMAIL", "dev@example.invalid"), ("DATE", "2026-01-01T12:00:00Z"))
}


def dated(number: int) -> dict[str, str]:
    """A minute between commits, as nothing else tells a commit's time from that of the one before it."""
    when = f"{1767268800 + 60 * number} +0000"
    return {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}


@dataclass(frozen=True)
class Drawn:
    """A real repository, with git as a test wants it: no configuration but its own."""

    path: Path

    def git(self, *arguments: str | bytes, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        """Run git here and return its output without the last newline."""
        return git(self.path, *arguments, stdin=stdin, env=env)

    @property
    def head(self) -> str:
        """Commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def commit(self, message: str, *paths: str, **contents: str) -> str:
        """Commit a change of each path (``-path`` deletes it) and return the commit.

        A changed file gets the number of commits as its content, but for a Chart.yaml, which stays a chart.
        """
        number = self.git("rev-list", "--all", "--count")
        for path in paths:
            if path.startswith("-"):
                self.git("rm", "--quiet", "--", path[1:])
                continue
            file = self.path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{CHART}description: '{number}'\n" if file.name == "Chart.yaml" else f"number: {number}\n")
        for path, content in contents.items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, env=dated(int(number)))
        return self.head

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the work tree, without committing it."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def draw(self, *steps: str) -> "Drawn":
        """Draw more: ``message [path path -deleted]``, or tag, branch, checkout, merge and a name."""
        for step in steps:
            verb, _, name = step.partition(" ")
            if verb == "tag" and ":" not in step:
                self.git("tag", "--annotate", "--message", name, name)
            elif verb in ("branch", "checkout") and ":" not in step:
                self.git("checkout", "--quiet", *(("-b",) if verb == "branch" else ()), name)
            elif verb == "merge" and ":" not in step:
                self.git("merge", "--quiet", "--no-ff", "--message", f"Merge {name}", *name.split(" "))
            else:
                match = _STEP.fullmatch(step)
                assert match
                self.commit(match["message"], *(match["paths"] or "").split())
        return self


def draw(path: Path, *steps: str) -> Drawn:
    """A new repository on branch main with this history."""
    create(path)
    return Drawn(path).draw(*steps)


def create(path: Path, *options: str) -> None:
    """A new repository on branch main, without the fourteen examples of hooks that git copies into each."""
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "--initial-branch=main", "--template=", *options)
    (path / ("hooks" if "--bare" in options else ".git/hooks")).mkdir()


def opened(repo: Drawn, *, network: bool = True) -> Repository:
    """The repository as the program asks it."""
    return Repository(open_repository(repo.path, network=network, redact=Redactor.of(())))


def clone(origin: Drawn | Path, path: Path, *options: str) -> Drawn:
    """A clone over ``file://``, so that shallow and partial clones are what they would be over a network."""
    source = origin.path if isinstance(origin, Drawn) else origin
    git(path.parent, "clone", "--quiet", "--template=", *options, source.as_uri(), str(path))
    return Drawn(path)


def bare(origin: Drawn, path: Path) -> Path:
    """A bare copy of a repository, to be its remote; it serves any commit and partial clones, as hosts do."""
    git(path.parent, "clone", "--quiet", "--bare", "--template=", str(origin.path), str(path))
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(path, "config", key, "true")
    return path


def add_update_hook(remote: Path, script: str) -> Path:
    """The hook that a bare repository asks for each ref of a push: its name is $1, its new object $3."""
    hook = remote / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)
    return hook


def being_written(remote: Path, ref: str, then: str) -> None:
    """Another push writes this ref while the next one arrives: its lock is there, and what it writes comes later.

    Args:
        then: what the other one does when it is done.
    """
    git(remote, "config", "core.filesRefLockTimeout", "10")
    lock = remote / f"{ref}.lock"
    later = f"(sleep 0.25; rm '{lock}'; {then}) >/dev/null 2>&1 </dev/null &"
    meets = f"mkdir -p '{lock.parent}'; touch '{lock}'; unset GIT_QUARANTINE_PATH; {later}"
    add_update_hook(remote, f'[ "$1" = "{ref}" ] && [ ! -e met ] || exit 0; touch met; {meets}')


def undeletable(remote: Path) -> None:
    """Let no ref be deleted by a push, as gitolite does without D."""
    add_update_hook(remote, '[ -n "$(echo "$3" | tr -d 0)" ] || { echo "deletion denied" >&2; exit 1; }')


def git(directory: Path, *arguments: str | bytes, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
    """Run git with an identity and without anybody's configuration."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {
        **clean,
        **_IDENTITY,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_MERGE_AUTOEDIT": "no",
    }
    finished = subprocess.run(
        ["git", *arguments], cwd=directory, env={**own, **(env or {})}, input=stdin, check=False, capture_output=True
    )
    assert finished.returncode == 0, f"git {arguments}: {finished.stderr.decode(errors='replace')}"
    return os.fsdecode(finished.stdout).removesuffix("\n")
