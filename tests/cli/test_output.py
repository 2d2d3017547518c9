"""Output that cannot be written changes no decision and no status; and the options of the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import command
from tests.support.history import Drawn, draw
from tests.support.sample import small

pytestmark = pytest.mark.quick(18)

STORY = ("feat: a [charts/app/Chart.yaml charts/app/values.yaml envs/live/values.yaml]", "tag v0.1.0", "docs: b [x]")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return draw(tmp_path_factory.mktemp("repo"), *STORY)


def shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line of bash in which ``stage6`` is the program."""
    env = {**os.environ, "STAGE6": f"{sys.executable} -m jetscale_cicd"}
    line = f"set -o pipefail; {script}"
    return subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False
    )


DECIDE = "$STAGE6 plan --since event --base v0.1.0"


@pytest.mark.parametrize(
    "tail", ["| true", "2>&1 | true", ">&-", "2>&-", ">&- 2>&-", ">/dev/full 2>/dev/null || [ $? = 2 ]"]
)
def test_a_reader_that_went_away_is_no_failure(repo: Drawn, tail: str) -> None:
    ended = shell(f"{DECIDE} {tail}", repo.path)
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False)


@pytest.mark.parametrize("tail", ["| true", "2>&1 | true", ">&-", "2>/dev/full"])
def test_a_failure_stays_one_without_a_reader(repo: Drawn, tail: str) -> None:
    ended = shell(f"{DECIDE}-no-such-tag {tail}", repo.path)
    assert (ended.returncode, "Traceback" in ended.stderr) == (8, False)


@pytest.mark.parametrize("name", ["plan --since event --base v0.1.0", "schema", "explain x"])
def test_a_full_disk_is_an_error(repo: Drawn, name: str) -> None:
    ended = shell(f"$STAGE6 {name} >/dev/full", repo.path)
    assert ended.returncode == 2
    assert "OUTPUT_UNWRITABLE" in ended.stderr
    assert "No space left" in ended.stderr


def test_a_run_without_a_reader_does_all_of_its_work(tmp_path: Path) -> None:
    stack = small(tmp_path)
    assert shell("$STAGE6 stage6 2>&1 | true", stack.repo.path).returncode == 0
    assert (list(stack.remote_tags), stack.record()["version"]) == (["v0.1.0"], "0.1.0")


def test_outputs_that_cannot_be_written_hide_no_failure(tmp_path: Path) -> None:
    stack = small(tmp_path, {"charts/app/templates/config.yaml": '{{ fail "no" }}\n'})
    ended = stack.run(env={"GITHUB_OUTPUT": "/proc/nowhere", "GITHUB_ACTIONS": "true"})
    assert ended.status == 5
    assert ended.json["error"]["code"] == "RENDER_FAILED"
    assert "RENDER_FAILED" in ended.stderr
    assert "GITHUB_FILE" in ended.stderr


def test_outputs_that_cannot_be_written_fail_a_run_that_did_not(tmp_path: Path) -> None:
    stack = small(tmp_path)
    ended = stack.run(env={"GITHUB_OUTPUT": "/proc/nowhere"})
    assert (ended.status, ended.json["outcome"]) == (2, "done")


@pytest.mark.slow
def test_a_summary_is_cut_before_github_refuses_it(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    stack = small(tmp_path / "stack", {f"charts/app/files/{number}.txt": "x\n" * 20 for number in range(3)})
    stack.repo.write("charts/app/templates/many.yaml", "".join(f"# {number}\n" for number in range(10)))
    big = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c{{ $i }}}\ndata: {x: {{ repeat 2000 "x" }}}\n'
    many = f"{{{{ range $i := until 1000 }}}}{big}{{{{ end }}}}"
    stack.repo.write("charts/app/templates/many.yaml", many)
    stack.repo.commit("feat: many")
    ended = stack.command("simulate", "--base=HEAD~1", env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert ended.status == 0
    assert len(ended.stdout) > 1 << 20
    assert summary.stat().st_size < 1 << 20
    assert "cut here" in summary.read_text()


# Options


@pytest.mark.parametrize("option", ["--base=", "--head=", "--since=", "--registry="])
def test_an_unset_variable_is_no_value(repo: Drawn, option: str) -> None:
    ended = command("plan", option, "--output=json", cwd=repo.path)
    assert (ended.status, ended.json["error"]["code"]) == (2, "USAGE")


def test_the_work_tree_has_no_head(repo: Drawn) -> None:
    ended = command("simulate", "--worktree", "--head=v0.1.0", "--output=json", cwd=repo.path)
    assert (ended.status, ended.json["error"]["code"]) == (2, "USAGE")


def test_the_version_is_shown(repo: Drawn) -> None:
    assert command("--version", cwd=repo.path).stdout.startswith("jetscale-cicd 0.")


@pytest.mark.parametrize("path", ["charts/app/values.yaml", "./charts/app/values.yaml", "docs/../charts/app/x", "/"])
def test_a_path_is_explained_however_it_is_spelled(repo: Drawn, path: str) -> None:
    spelled = f"{repo.path}/charts/app/values.yaml" if path == "/" else path
    ended = command("explain", spelled, "--output=json", cwd=repo.path)
    assert [reason["counts"] for reason in ended.json["paths"]] == [True]


def test_the_configuration_counts_although_no_scope_watches_it(repo: Drawn) -> None:
    ended = command("explain", ".stage6.yaml", "--output=json", cwd=repo.path)
    assert [(reason["scope"], reason["counts"]) for reason in ended.json["paths"]] == [("configuration", True)]


def test_a_path_is_explained_from_where_one_stands(repo: Drawn) -> None:
    ended = command("explain", "values.yaml", "--output=json", cwd=repo.path / "envs" / "live")
    assert ended.json["paths"][0]["path"] == "envs/live/values.yaml"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "."])
def test_a_path_outside_is_refused(repo: Drawn, path: str) -> None:
    ended = command("explain", path, "--output=json", cwd=repo.path)
    assert (ended.status, ended.json["error"]["code"]) == (2, "USAGE")


@pytest.mark.parametrize("kind", ["directory", "link", "pipe"])
def test_a_configuration_that_is_no_file_is_no_default(tmp_path: Path, kind: str) -> None:
    repo = draw(tmp_path / "repo", *STORY)
    file = repo.path / ".stage6.yaml"
    if kind == "directory":
        file.mkdir()
    elif kind == "link":
        file.symlink_to("nowhere")
    else:
        os.mkfifo(file)
    ended = command("plan", "--since=event", "--base=v0.1.0", "--output=json", cwd=repo.path)
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (2, "CONFIG_UNREADABLE")
    assert error["where"].endswith(".stage6.yaml")


def test_what_was_not_observed_is_not_called_satisfied(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    repo = draw(tmp_path / "repo", *STORY)
    options = ("--registry=../registry", "--engine=helm")
    plan = command("plan", *options, "--output=json", cwd=repo.path).json
    steps = {step["name"]: step["state"] for step in plan["steps"]}
    assert steps["deploy"] == "unknown"
    assert "  ? deploy live" in command("plan", *options, cwd=repo.path).stdout


def test_a_change_shows_no_secret_wherever_it_stands(tmp_path: Path) -> None:
    template = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: {{ .Values.secret }}}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {url: 'db://me:{{ .Values.secret }}'}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec:\n  containers:\n  - name: c\n"
        "    env:\n    - {name: API_TOKEN, value: {{ .Values.token }}}\n"
    )
    values = "secret: a-canary-{0}\ntoken: another-canary-{0}\n"
    first: dict[str, str | bytes | None] = {
        "charts/app/templates/s.yaml": template,
        "charts/app/values.yaml": "size: 1\n" + values.format(1),
    }
    stack = small(tmp_path, first)
    stack.repo.write("charts/app/values.yaml", "size: 1\n" + values.format(2))
    stack.repo.commit("feat: new ones")
    for form in ("text", "json"):
        ended = stack.command("simulate", "--base=HEAD~1", f"--output={form}")
        assert ended.status == 0
        assert "canary" not in ended.stdout
        assert "would change" in ended.stdout or len(json.loads(ended.stdout)["manifests"][0]["diff"]) > 100
