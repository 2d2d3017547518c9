"""Settings of git: those of the environment count as for git itself, those that are pinned are never overruled."""

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from jetscale_cicd.tools.git import Git, open_repository
from jetscale_cicd.tools.redact import Redactor
from tests.support.history import Drawn, bare, draw, git

Give = Callable[[dict[str, str]], dict[str, str]]


def counted(settings: dict[str, str]) -> dict[str, str]:
    """As git-config(1) describes GIT_CONFIG_COUNT."""
    pairs = enumerate(settings.items())
    given = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, pair in pairs
        for part, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {"GIT_CONFIG_COUNT": str(len(settings)), **given}


def parameters(settings: dict[str, str]) -> dict[str, str]:
    """As `git -c` hands them to what it starts."""
    return {"GIT_CONFIG_PARAMETERS": " ".join(f"'{key}'='{value}'" for key, value in settings.items())}


@pytest.fixture(params=[counted, parameters])
def give(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put settings into the environment, in either way."""

    def put(settings: dict[str, str]) -> None:
        for name, value in request.param(settings).items():
            monkeypatch.setenv(name, value)

    return put


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [x]")


def opened(repo: Drawn) -> Git:
    return open_repository(repo.path, network=True, redact=Redactor.of(()))


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that wants a login, and the ones that it got."""
    logins: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            logins.append(self.headers.get("Authorization", ""))
            self.send_response(404 if logins[-1] else 401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the screen."""

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/x.git", logins
        server.shutdown()


def test_a_directory_that_it_calls_safe_is_safe(
    repo: Drawn, give: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert "dubious ownership" in opened(repo).run("rev-parse", "HEAD").stderr
    give({"safe.directory": str(repo.path)})
    with opened(repo) as safe:
        assert safe.ask("rev-parse", "HEAD").decode().strip() == repo.head
        assert safe.read("HEAD")[0]


def test_an_address_is_rewritten(repo: Drawn, give: Callable[..., None], tmp_path: Path) -> None:
    origin = bare(repo, tmp_path / "origin.git")
    repo.git("remote", "add", "origin", "https://git.invalid/x.git")
    give({f"url.{origin.as_uri()}.insteadOf": "https://git.invalid/x.git"})
    assert repo.head in opened(repo).ask("ls-remote", "origin", "HEAD").decode()
    assert opened(repo).write("push", "--quiet", "origin", "HEAD:refs/heads/pushed").status == 0
    assert git(origin, "rev-parse", "pushed") == repo.head


def test_a_header_is_sent(repo: Drawn, give: Callable[..., None], asked: tuple[str, list[str]]) -> None:
    address, logins = asked
    give({f"http.{address}.extraHeader": "Authorization: Basic eDp5"})
    opened(repo).run("ls-remote", address)
    assert logins[0] == "Basic eDp5"


@pytest.mark.parametrize("trace", ["GIT_TRACE_CURL", "GIT_CURL_VERBOSE"])
def test_a_header_that_is_sent_is_shown_in_no_trace(
    repo: Drawn, give: Callable[..., None], asked: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch, trace: str
) -> None:
    address, _ = asked
    sent = base64.b64encode(b"x-access-token:a-long-token").decode()
    give({f"http.{address}.extraHeader": f"AUTHORIZATION: basic {sent}"})
    monkeypatch.setenv(trace, "1")
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    message = opened(repo).run("ls-remote", address).stderr
    assert ("Send header" in message, sent in message) == (True, False)
    git = opened(repo)
    assert git.remotes == ()  # which reads the settings
    assert git.redact(f"{sent} a-long-token") == "*** ***"


def test_a_credential_helper_is_asked(repo: Drawn, give: Callable[..., None], asked: tuple[str, list[str]]) -> None:
    address, logins = asked
    give({"credential.helper": "!f() { echo username=robot; echo password=secret; }; f"})
    opened(repo).run("ls-remote", address)
    assert base64.b64encode(b"robot:secret").decode() in logins[-1]


def test_a_remote_is_named(repo: Drawn, give: Callable[..., None]) -> None:
    give({"remote.origin.url": "https://git.invalid/x.git", "user.name": "Robot"})
    assert opened(repo).remotes == ("origin",)
    assert opened(repo).config["user.name"] == "Robot"


@pytest.mark.parametrize("place", ["environment", "repository"])
def test_no_hook_no_monitor_and_no_other_work_tree(
    repo: Drawn, give: Callable[..., None], tmp_path: Path, place: str
) -> None:
    ran = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "monitor"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (hooks / name).chmod(0o755)
    origin = bare(repo, tmp_path / "origin.git")
    repo.git("remote", "add", "origin", str(origin))
    elsewhere = draw(tmp_path / "elsewhere", "feat: another [y]")
    hostile = {"core.hooksPath": str(hooks), "core.fsmonitor": str(hooks / "monitor"), "push.followTags": "true"}
    for event in ("pre-push", "reference-transaction"):  # git 2.54 and newer run these
        hostile |= {f"hook.{event}-spy.event": event, f"hook.{event}-spy.command": f"touch {ran}"}
    if place == "environment":
        give({**hostile, "core.worktree": str(elsewhere.path), "core.bare": "true", "core.quotePath": "true"})
    else:
        for key, value in hostile.items():
            repo.git("config", key, value)
    with opened(repo) as used:
        assert used.ask("rev-parse", "--show-toplevel").decode().strip() == str(repo.path)
        assert used.write("push", "--quiet", "origin", "HEAD:refs/heads/pushed").status == 0
        assert used.write("update-ref", "refs/tags/v1", "HEAD").status == 0
        assert used.fetch("--quiet", "origin", "refs/heads/pushed:refs/heads/fetched").status == 0
        used.ask("status", "--porcelain")
    assert not ran.exists()


def test_what_git_cannot_read_is_its_error(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "many")
    assert "bogus count" in opened(repo).run("rev-parse", "HEAD").stderr


@pytest.mark.parametrize("place", ["environment", "repository"])
def test_a_damaged_commit_graph_that_its_owner_has_switched_off_is_not_read(
    repo: Drawn, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.draw("fix: b [x]", "fix: c [x]")
    repo.git("commit-graph", "write", "--reachable")
    graph = repo.path / ".git/objects/info/commit-graph"
    graph.chmod(0o644)
    content = bytearray(graph.read_bytes())
    entry = content.index(b"CDAT")  # in the table of chunks, with its offset: gitformat-commit-graph(5)
    first = int.from_bytes(content[entry + 4 : entry + 12], "big")
    for commit in range(3):
        parent = first + 36 * commit + 20
        content[parent : parent + 4] = b"\x00\xff\xff\xff"
    graph.write_bytes(content)
    question = ("rev-list", "HEAD")
    assert opened(repo).run(*question).status != 0
    if place == "environment":
        for name, value in counted({"core.commitGraph": "false"}).items():
            monkeypatch.setenv(name, value)
    else:
        repo.git("config", "core.commitGraph", "false")
    assert len(opened(repo).ask(*question).split()) == 3
