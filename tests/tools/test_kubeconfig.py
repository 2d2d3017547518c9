"""Which context is meant, as kubectl reads it."""

from pathlib import Path

import pytest

from jetscale_cicd.tools.kubeconfig import current_context


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("kind: Config\ncurrent-context: prod\n", "prod"),
        ("current-context: prod#2  # a comment\n", "prod#2"),
        ('current-context: "arn:aws:eks:eu-1:1:cluster/x"\n', "arn:aws:eks:eu-1:1:cluster/x"),
        ("current-context: ''\n", ""),
        ("current-context:\nkind: Config\n", ""),
        ("contexts:\n- current-context: nested\n", ""),
        ('{"kind": "Config", "current-context": "json"}', "json"),
        ("", ""),
    ],
)
def test_the_current_context_of_a_file(tmp_path: Path, text: str, context: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    assert current_context({"KUBECONFIG": str(file)}) == context


def test_of_several_files_the_first_with_a_current_context_wins(tmp_path: Path) -> None:
    silent, first, second = (tmp_path / name for name in ("silent", "first", "second"))
    silent.write_text("kind: Config\n")
    first.write_text("current-context: one\n")
    second.write_text("current-context: two\n")
    assert current_context({"KUBECONFIG": f"{tmp_path}/gone:{silent}:{first}:{second}"}) == "one"
