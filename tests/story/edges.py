"""What the tests of every edge of the decision share: histories, the command, and how its answer is read."""

import json
from pathlib import Path
from typing import Any

from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import read_values
from tests.conftest import PROJECT
from tests.support.command import Ended, command
from tests.support.history import Drawn, bare, draw, opened

RELEASE = ("feat: a [charts/app/Chart.yaml charts/app/values.yaml envs/live/values.yaml]", "tag v0.1.0")
FIX = "fix: b [charts/app/values.yaml]"
VALUES = "chore: v [envs/live/values.yaml]"
DOCS = "docs: d [README.md]"
ZERO = "0" * 40
GONE = "1234567890123456789012345678901234567890"


# A registry that holds nothing, for plans that shall ask none over the network; a later option replaces it.
EMPTY = f"--registry={PROJECT / 'tests' / 'fixtures' / 'empty-registry'}"


def plan(repo: Drawn, *arguments: str, env: dict[str, str] | None = None) -> Ended:
    return command("plan", "--output", "json", EMPTY, *arguments, cwd=repo.path, env=env)


def decision(ended: Ended) -> str:
    assert ended.status == 0, ended.stderr
    return str(ended.json["decision"])


def refusal(ended: Ended) -> tuple[int, str]:
    """Exit status and code of a refusal, which always says what to do next."""
    error = ended.json["error"]
    assert error["message"]
    assert error["hint"]
    return ended.status, error["code"]


def answer(ended: Ended) -> tuple[Any, ...]:
    """What has to be the same for every clone of a repository."""
    document = ended.json
    target = document["targets"][0]
    return ended.status, *(document[key] for key in ("decision", "version", "latest", "changes")), target["compared"]


def pushed(repo: Drawn, directory: Path, before: str, **payload: object) -> dict[str, str]:
    """The environment of a GitHub run for a push, with its payload in a file."""
    file = directory / "event.json"
    file.write_text(json.dumps({"ref": "refs/heads/main", "before": before, "after": repo.head, **payload}))
    names = {"EVENT_NAME": "push", "EVENT_PATH": str(file), "REF": "refs/heads/main", "SHA": repo.head}
    return {"GITHUB_ACTIONS": "true", **{f"GITHUB_{name}": value for name, value in names.items()}}


def deployed(repo: Drawn, commit: str, version: str = "0.1.0") -> tuple[str, ...]:
    """Leave the record of a deploy, and return the options that make a plan look at it."""
    there = opened(repo).find(commit)[0]
    values = read_values(opened(repo), commit, Target(name="live")).digest if there else "sha256:0"
    record = {"version": version, "commit": commit, "digest": "sha256:0", "values_digest": values}
    repo.write("rendered/live/release.json", json.dumps(record))
    repo.write("rendered/live/manifests.yaml", "")
    (repo.path / "registry").mkdir(exist_ok=True)
    return "--engine=render", "--registry=registry"


def hosted(tmp_path: Path, *steps: str) -> tuple[Drawn, Path]:
    """A repository, and the remote that hosts it."""
    repo = draw(tmp_path / "repo", *RELEASE, *steps)
    return repo, bare(repo, tmp_path / "origin.git")
