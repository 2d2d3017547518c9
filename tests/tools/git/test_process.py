"""A git whose child lives on and holds its streams open: neither its end nor its being stopped waits for that child."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetscale_cicd.tools.git import Git, open_repository
from jetscale_cicd.tools.redact import Redactor
from tests.support.history import Drawn, draw

LONG = 60  # seconds that the child lives, or that git itself waits for a server that says nothing
SOON = 20


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [x]")


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x.git"


def opened(repo: Drawn, **environment: str) -> Git:
    git = open_repository(repo.path, network=True, redact=Redactor.of(()))
    git.environment.update(environment)  # type: ignore[attr-defined]
    return git


def test_what_git_has_started_and_left_behind_is_not_waited_for(repo: Drawn, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\nsleep {LONG} </dev/null >/dev/null &\nshift\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    started = time.monotonic()
    with opened(repo, GIT_SSH_COMMAND=str(ssh), GIT_SSH_VARIANT="simple") as asked:
        listed = asked.ask("ls-remote", f"ssh://host{repo.path}", "HEAD")
    assert listed.decode().split() == [repo.head, "HEAD"]
    assert time.monotonic() - started < SOON


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_remote_that_does_not_answer_holds_no_failure_up(
    repo: Drawn, silent: str, error: type[BaseException]
) -> None:
    def fail() -> None:
        with opened(repo) as asked:
            asked.begin("ls-remote", silent)
            time.sleep(0.3)  # until it has started what talks to the server
            raise error

    started = time.monotonic()
    with pytest.raises(error):
        fail()
    assert time.monotonic() - started < SOON


def test_a_listing_that_is_taken_back_holds_no_fetch_up(repo: Drawn, silent: str) -> None:
    started = time.monotonic()
    with opened(repo) as asked:
        asked.begin("ls-remote", silent)
        time.sleep(0.3)
        assert asked.fetch("--quiet", os.fspath(repo.path), "HEAD").status == 0
    assert time.monotonic() - started < SOON
