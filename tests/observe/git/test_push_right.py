"""Whether a tag could be pushed: what each kind of remote answers to a dry run, which changes nothing."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError, PreconditionError
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.push_right import check_push_right
from tests.support.history import Drawn, add_update_hook, bare, clone, draw, git, opened


@pytest.fixture
def local(tmp_path: Path) -> Drawn:
    work = draw(tmp_path / "work", "feat: a [x]", "feat: b [x]")
    return clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone")


def origin(local: Drawn) -> Path:
    return local.path.parent / "origin.git"


def release(local: Drawn, commit: str = "") -> Release:
    return Release(Version(0, 2, 0), "v0.2.0", commit or local.head)


def refs(local: Drawn) -> str:
    return git(origin(local), "for-each-ref", "refs/tags", "refs/stage6")


def test_who_may_push_has_no_finding_and_has_pushed_nothing(local: Drawn) -> None:
    assert check_push_right(opened(local), release(local)) == ()
    assert refs(local) == ""


def test_without_a_remote_there_is_nothing_to_push_to(tmp_path: Path) -> None:
    assert check_push_right(opened(alone := draw(tmp_path / "alone", "feat: a [x]")), release(alone)) == ()


@pytest.mark.parametrize("ref", ["refs/tags/v0.2.0", "refs/stage6/reserved/v0.2.0"])
@pytest.mark.parametrize("at", ["HEAD", "HEAD~1"])
def test_a_ref_that_is_there_is_another_question(local: Drawn, ref: str, at: str) -> None:
    git(origin(local), "update-ref", ref, local.git("rev-parse", at))
    assert check_push_right(opened(local), release(local, local.git("rev-parse", "HEAD~1"))) == ()


def test_a_rule_for_a_tag_is_known_to_a_push_alone(local: Drawn) -> None:
    add_update_hook(origin(local), "exit 1")
    assert check_push_right(opened(local), release(local)) == ()


def test_a_mirror_may_be_pushed_to(local: Drawn) -> None:
    local.git("config", "remote.origin.mirror", "true")
    assert check_push_right(opened(local), release(local)) == ()


def test_a_hook_of_the_users_is_not_run(local: Drawn) -> None:
    hook = local.path / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert check_push_right(opened(local), release(local)) == ()


# Words of OpenSSH and of hosts, as `git push` shows them.
SSH = {
    "ERROR: Permission to acme/app.git denied to deploy-bot.": True,
    "ERROR: The key you are authenticating with has been marked as read only.": True,
    "ERROR: This repository was archived so it is read-only.": True,
    "remote: ERROR: You are not allowed to push code to this project.": True,
    "git@example.test: Permission denied (publickey).": True,
    "remote: TF401027: You need the Git 'GenericContribute' permission to perform this action.": True,
    "ssh: connect to host example.test port 22: Connection timed out": False,
    "ssh: Could not resolve hostname example.test: Name or service not known": False,
    "ERROR: Repository not found.": False,
    "Host key verification failed.": False,
}


@pytest.mark.parametrize("said", SSH)
def test_what_a_host_says_by_ssh_is_a_refusal_or_leaves_it_open(
    local: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\ncat >&2 <<"END"\n{said}\nEND\nexit 255\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    local.git("config", "remote.origin.url", "git@example.test:acme/app.git")
    (error,) = check_push_right(opened(local), release(local))
    assert (type(error), error.code) == (
        (PreconditionError, "PUSH_DENIED") if SSH[said] else (CannotTellError, "PUSH_UNKNOWN")
    )
    assert said in error.message


@contextmanager
def host(status: int) -> Iterator[str]:
    """A host that answers everything with a status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "PUSH_DENIED"), (403, "PUSH_DENIED"), (404, "PUSH_UNKNOWN"), (500, "PUSH_UNKNOWN"), (503, "PUSH_UNKNOWN")],
)
def test_what_a_host_answers_by_http_is_a_refusal_or_leaves_it_open(local: Drawn, status: int, code: str) -> None:
    with host(status) as address:
        local.git("config", "remote.origin.url", f"http://ci:canary-word@{address}/app.git")
        (error,) = check_push_right(opened(local), release(local))
    assert error.code == code
    assert "canary" not in error.message


def test_a_remote_that_is_not_there_leaves_it_open(local: Drawn) -> None:
    local.git("config", "remote.origin.url", "../nowhere.git")
    (error,) = check_push_right(opened(local), release(local))
    assert error.code == "PUSH_UNKNOWN"
