"""At a terminal a laptop is asked before a cluster is changed; nobody else is."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.sample import CONFIG, Sample, small
from tests.support.terminal import typed

pytestmark = pytest.mark.quick(4)

HELM = CONFIG.replace("render", "helm")
QUESTION = "Go on? [y/N]"
# A server that refuses everything at once, so that whoever is not stopped by the question ends with another error.
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: far
clusters: [{name: far, cluster: {server: "http://127.0.0.1:PORT"}}]
contexts: [{name: far, context: {cluster: far, user: me}}]
users: [{name: me, user: {}}]
"""


class Refusing(BaseHTTPRequestHandler):
    """Lets nobody in."""

    def do_GET(self) -> None:
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, port: int) -> Sample:
    sample = small(tmp_path_factory.mktemp("confirm"), {".stage6.yaml": HELM})
    sample.directory.joinpath("kubeconfig").write_text(KUBECONFIG.replace("PORT", str(port)))
    return sample


def at_a_terminal(stack: Sample, answer: str, *words: str, **env: str) -> tuple[int, str]:
    """Exit status and screen of a command in the stack."""
    kubeconfig = {"KUBECONFIG": str(stack.directory / "kubeconfig")}
    return typed(answer, *words, cwd=stack.repo.path, env={**kubeconfig, **env})


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04"])
def test_who_does_not_answer_yes_changes_nothing(stack: Sample, answer: str) -> None:
    status, screen = at_a_terminal(stack, answer, "rollback", "--to", "1")
    assert (status, QUESTION in screen, "DECLINED" in screen) == (3, True, True)
    assert "jetscale-prod/jetscale-stack in the cluster far" in screen


def test_who_answers_yes_goes_on(stack: Sample) -> None:
    status, screen = at_a_terminal(stack, "Yes\n", "rollback", "--to", "1")
    assert (status, "DECLINED" in screen) == (8, False), screen


def test_a_ci_is_never_asked(stack: Sample) -> None:
    assert QUESTION not in at_a_terminal(stack, "", "rollback", "--to", "1", CI="true")[1]


def test_who_said_yes_in_advance_is_not_asked(stack: Sample) -> None:
    assert QUESTION not in at_a_terminal(stack, "", "rollback", "--to", "1", "--yes")[1]


def test_a_directory_is_written_without_a_question(stack: Sample, tmp_path: Path) -> None:
    mine = stack.copy(tmp_path)
    status, screen = at_a_terminal(mine, "", "stage6", "--engine", "render")
    assert (status, QUESTION in screen) == (0, False), screen
