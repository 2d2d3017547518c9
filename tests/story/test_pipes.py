"""A pipe where a file is expected is an error at once: nobody may ever write to it, or read from it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd.config.regular_file import read_regular
from jetscale_cicd.tools.kubeconfig import current_context
from tests.support.command import command_environment
from tests.support.sample import Sample, released, small

pytestmark = pytest.mark.quick(3)

Case = Callable[[Sample, str], tuple[tuple[str, ...], dict[str, str]]]
READ: dict[str, tuple[str, Case]] = {
    "the payload": ("EVENT_PAYLOAD", lambda _, pipe: (("plan",), {"GITHUB_EVENT_PATH": pipe, "GITHUB_ACTIONS": "1"})),
    "a saved plan": ("PLAN_FILE", lambda _, pipe: (("stage6", "--plan", pipe), {})),
    "the configuration": ("CONFIG_UNREADABLE", lambda _, pipe: (("plan", "--config", pipe), {})),
    "a configuration to edit": ("CONFIG_UNREADABLE", lambda _, pipe: (("adopt", "v0.1.0", "--config", pipe), {})),
    "outputs": ("GITHUB_FILE", lambda _, pipe: (("plan",), {"GITHUB_OUTPUT": pipe})),
    "a summary": ("GITHUB_FILE", lambda _, pipe: (("plan",), {"GITHUB_STEP_SUMMARY": pipe})),
    "notes": ("FILE_UNWRITABLE", lambda _, pipe: (("plan", "--notes", pipe), {})),
    "a plan to save": ("FILE_UNWRITABLE", lambda _, pipe: (("plan", "--out", pipe), {})),
    "a kubeconfig": (
        "KUBECONFIG_MISSING",
        lambda sample, pipe: (("stage6", "--engine=helm"), {"KUBECONFIG": f"{sample.repo.path}/README.md:{pipe}"}),
    ),
}


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A stack without a release."""
    return small(tmp_path / "sample")


@pytest.mark.parametrize("name", READ)
def test_a_pipe_is_an_error_and_no_wait(sample: Sample, tmp_path: Path, name: str) -> None:
    code, case = READ[name]
    os.mkfifo(tmp_path / "pipe")
    arguments, env = case(sample, str(tmp_path / "pipe"))
    ended = sample.command(*arguments, env=env)
    assert (ended.status in (2, 3), f"error {code}" in ended.stderr) == (True, True), ended.stderr


def test_a_record_that_is_a_pipe_is_one_that_cannot_be_read(sample: Sample) -> None:
    record = released(sample).repo.path / "rendered/live/release.json"
    record.unlink()
    os.mkfifo(record)
    codes = {name: sample.command(name, "--output=json").json for name in ("status", "stage6")}
    assert "RECORD_UNREADABLE" in str(codes["status"])
    assert "RECORD_UNREADABLE" in str(codes["stage6"])


def test_a_configuration_of_the_work_tree_that_is_a_pipe_is_not_edited(sample: Sample) -> None:
    file = released(sample).repo.path / ".stage6.yaml"
    sample.repo.git("tag", "--force", "--message", "by hand", "v0.1.0")
    sample.repo.git("push", "--quiet", "--force", "origin", "v0.1.0")
    file.unlink()
    os.mkfifo(file)
    ended = sample.command("adopt", "v0.1.0", "--output=json")
    assert (ended.status, ended.json["error"]["code"]) == (2, "FILE_UNWRITABLE")


def test_what_the_shell_hands_over_is_a_plan_and_takes_notes(sample: Sample, tmp_path: Path) -> None:
    assert sample.command("plan", "--out", str(tmp_path / "plan.json")).status == 0
    stage6 = f"{sys.executable} -m jetscale_cicd"
    lines = (
        f"{stage6} plan --notes >(cat >'{tmp_path}/notes.md'); sleep 1",
        f"{stage6} stage6 --plan <(sleep 0.2; cat '{tmp_path}/plan.json')",
        f"cat '{tmp_path}/plan.json' | {stage6} stage6 --plan /dev/stdin",
        f"GITHUB_OUTPUT=/dev/null GITHUB_STEP_SUMMARY=/dev/null {stage6} plan",
    )
    for line in lines:
        finished = subprocess.run(
            ["bash", "-c", line],
            cwd=sample.repo.path,
            env=command_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, (line, finished.stderr)
    assert (tmp_path / "notes.md").read_text().startswith("## 0.1.0\n")


def test_a_context_is_looked_for_behind_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "config").write_text("current-context: one\n")
    assert current_context({"KUBECONFIG": f"{tmp_path}/pipe:{tmp_path}/config"}) == "one"


def test_of_a_regular_file_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert read_regular(tmp_path / "file", 2) == b"ab"
    for path in ("/dev/zero", str(tmp_path)):
        with pytest.raises(OSError, match="no regular file"):
            read_regular(Path(path), 2)
