"""A git whose child lives on is not waited for, and a git whose remote does not answer is stopped with its children."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.tools.git import Git, client, objects, open_repository, process
from jetscale_cicd.tools.git.descendants import descendants
from jetscale_cicd.tools.git.process import Patience
from jetscale_cicd.tools.redact import Redactor
from tests.conftest import rest_slow
from tests.support.history import Drawn, bare, clone, draw

pytestmark = pytest.mark.quick(14)

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


class Locked(BaseHTTPRequestHandler):
    """Asks for a login."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on the screen."""


@pytest.fixture
def locked() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Locked) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/x.git"
        server.shutdown()


ASKED = [("ls-remote", "origin"), ("fetch", "origin"), ("push", "origin", "HEAD:refs/x")]


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A program that never ends."""
    program = tmp_path / "git-remote-waiting"
    program.write_text(f"#!/bin/sh\nsleep {LONG}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("kind", ["ssh", "git", "http", "credentials", "helper"])
@pytest.mark.parametrize("asked", rest_slow(ASKED, ASKED[0]))
def test_a_remote_that_does_not_answer_is_named_in_time_and_nothing_is_left(
    repo: Drawn,
    silent: str,
    locked: str,
    waiting: Path,
    kind: str,
    asked: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = silent.partition("127.0.0.1:")[2]
    address = {"ssh": f"ssh://{port}", "git": f"git://127.0.0.1:{port}", "http": silent}.get(kind, locked)
    repo.git("remote", "add", "origin", "waiting::x" if kind == "helper" else address)
    repo.git("config", "credential.helper", str(waiting))
    monkeypatch.setattr(process, "_POLL", 0.05)
    monkeypatch.setattr(client, "_PATIENCE", dict.fromkeys(client._PATIENCE, Patience(0.2, 60)))
    path = f"{waiting.parent}{os.pathsep}{os.environ['PATH']}"
    with opened(repo, GIT_SSH_COMMAND=str(waiting), PATH=path) as git:
        before, started = descendants(os.getpid()), time.monotonic()
        with pytest.raises(CannotTellError) as late:
            git.write(*asked) if asked[0] == "push" else git.run(*asked)
        assert time.monotonic() - started < SOON
    assert (late.value.code, late.value.exit_status) == ("REMOTE_SILENT", 8)
    assert late.value.message.startswith("origin did not answer")
    deadline = time.monotonic() + SOON
    while set(descendants(os.getpid())) - set(before):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.02)


def test_what_a_partial_clone_lacks_is_not_waited_for_without_end(
    repo: Drawn, waiting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = clone(bare(repo, tmp_path / "origin.git"), tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    partial.git("remote", "set-url", "origin", f"ssh://host{repo.path}")
    monkeypatch.setattr(process, "_POLL", 0.05)
    monkeypatch.setattr(objects, "_ANSWER", 0.3)
    monkeypatch.setattr(client, "_LAZY", Patience(0.2, 60))
    with opened(partial, GIT_SSH_COMMAND=str(waiting)) as git:
        for ask in (lambda: git.read("HEAD:x"), lambda: git.run("archive", "HEAD")):
            with pytest.raises(CannotTellError) as late:
                ask()
            assert late.value.code == "REMOTE_SILENT"


def test_a_remote_that_answers_slowly_is_waited_for(
    repo: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor turn in 1 2 3; do sleep 0.3; echo "wait" >&2; done\nshift\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    monkeypatch.setattr(client, "_PATIENCE", {"ls-remote": Patience(0.75, 60)})
    with opened(repo, GIT_SSH_COMMAND=str(ssh), GIT_SSH_VARIANT="simple") as asked:
        assert asked.run("ls-remote", f"ssh://host{repo.path}", "HEAD").status == 0


def test_the_progress_of_a_fetch_is_no_part_of_what_went_wrong(repo: Drawn, tmp_path: Path) -> None:
    origin = draw(tmp_path / "origin", *(f"feat: {number} [a{number}]" for number in range(20)))
    fetched = opened(repo).fetch(origin.path.as_uri(), "refs/heads/main:refs/heads/main")
    assert fetched.status != 0
    assert [line for line in fetched.stderr.splitlines() if "objects" in line or "Total" in line] == []
    assert "refusing to fetch" in fetched.stderr
