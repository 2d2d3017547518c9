"""What git begins while the modules that plan are imported: what the plan is going to ask for, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.context import open_context
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git import trees
from jetscale_cicd.tools.git import Git
from tests.support.history import Drawn, bare, clone, draw

PUSH: dict[str, Any] = {"ci": "github", "kind": EventKind.PUSH, "base": "HEAD~1", "head": "HEAD"}
AUTO = {"diff-tree": 0, "for-each-ref": 1, "ls-remote": 1}
EVENT = {"diff-tree": 1, "for-each-ref": 1, "ls-remote": 0}
TAGS = {"diff-tree": 0, "for-each-ref": 1, "ls-remote": 0}
NOTHING = {"diff-tree": 0, "for-each-ref": 0, "ls-remote": 0}


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    work = draw(tmp_path / "work", "feat: a [charts/app/x envs/live/values.yaml]", "tag v0.1.0", "docs: b [README.md]")
    return clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone")


def begun(request: Request, *, plans: bool = True) -> dict[str, int]:
    """How often each command was begun, however large the difference is."""
    commands: list[str] = []
    begin = Git.begin

    def count(git: Git, *args: str, lasts: bool = False) -> None:
        commands.append(args[0])
        begin(git, *args, lasts=lasts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "_TREES", 0)
        patch.setattr(Git, "begin", count)
        with open_context(request, lambda _: None, plans=plans):
            assert set(commands) <= NOTHING.keys()
            return {name: commands.count(name) for name in NOTHING}


@pytest.mark.parametrize(
    ("event", "asked", "expected"),
    [
        ({}, {}, AUTO),
        ({}, {"network": False}, TAGS),
        ({}, {"since": "event"}, EVENT),
        ({}, {"since": "v0.1.0"}, TAGS),
        ({"base_is_branch_tip": True}, {"since": "event"}, TAGS),
        ({"base_is_first_parent": True}, {"since": "event"}, TAGS),
        ({}, {"since": "event", "base": "HEAD~1", "from_merge_base": True}, TAGS),
        ({"base": "0" * 40}, {"since": "event"}, TAGS),
    ],
)
def test_what_a_plan_is_going_to_ask_for_is_begun(
    repo: Drawn, event: dict[str, Any], asked: dict[str, Any], expected: dict[str, int]
) -> None:
    assert begun(Request(repo=repo.path, event=Event(**{**PUSH, **event}), **asked)) == expected


def test_nothing_is_begun_for_a_command_that_makes_no_plan(repo: Drawn) -> None:
    assert begun(Request(repo=repo.path, event=Event(**PUSH)), plans=False) == NOTHING


def test_a_shallow_clone_is_completed_before_it_is_asked(repo: Drawn, tmp_path: Path) -> None:
    shallow = clone(tmp_path / "origin.git", tmp_path / "shallow", "--depth=1")
    assert begun(Request(repo=shallow.path, event=Event(**PUSH))) == NOTHING


def test_release_commits_ask_the_remote_for_their_branch_too(repo: Drawn) -> None:
    repo.commit("chore: configure", **{".stage6.yaml": "release: {commit: true}\n"})
    assert begun(Request(repo=repo.path, event=Event(**PUSH))) == TAGS
