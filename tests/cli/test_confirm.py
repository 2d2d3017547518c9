"""At a terminal a laptop is asked before a cluster is changed; nobody else is."""

from pathlib import Path

import pytest

from tests.support.sample import CONFIG, Sample, small
from tests.support.terminal import typed

HELM = CONFIG.replace("render", "helm")
QUESTION = "Go on? [y/N]"
# Nobody listens there, so whoever is not stopped by the question ends with another error.
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: far
clusters: [{name: far, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: far, context: {cluster: far, user: me}}]
users: [{name: me, user: {}}]
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    sample = small(tmp_path_factory.mktemp("confirm"), {".stage6.yaml": HELM})
    sample.directory.joinpath("kubeconfig").write_text(KUBECONFIG)
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
