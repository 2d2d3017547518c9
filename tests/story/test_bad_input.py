"""Whatever comes in: a clear error with its place and its exit status, no traceback, and nothing written."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import rest_slow
from tests.support.command import Ended, command
from tests.support.history import git
from tests.support.sample import CONFIG, SMALL, Sample, released, small

pytestmark = pytest.mark.quick(14)

CONFIG_FILE, LIVE, CHART, LOCK = (
    ".stage6.yaml",
    "envs/live/values.yaml",
    "charts/app/Chart.yaml",
    "charts/app/Chart.lock",
)
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = "[" * 500_000
SOPS = "ENC[AES256_GCM,data:Tr7o,iv:1,tag:k,type:str]"
PLAN = (
    '{"schema": %d, "decision": "nothing", "version": null, "changes": {"head": "HEAD"}, '
    '"request": {"since": "auto", "base": null, "engine": "%s"}, "steps": []}'
)
DEPENDENT = SMALL[CHART] + "dependencies: [{name: sub, version: 1.0.0, repository: 'oci://host/x'}]\n"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return small(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return released(small(tmp_path_factory.mktemp("first")))


@pytest.fixture
def stack(fresh: Sample, tmp_path: Path) -> Sample:
    """A stack that was never released."""
    return fresh.copy(tmp_path)


def refused(
    stack: Sample, status: int, code: str, *arguments: str, env: dict[str, str] | None = None
) -> dict[str, str]:
    """The error of a run that left everything as it was."""
    before = stack.tracks()
    ended = stack.run(*arguments, env=env)
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (status, code), ended.stderr
    assert stack.tracks() == before
    assert f"error {code}: " in ended.stderr
    assert isinstance(error, dict)
    return error


@pytest.mark.parametrize(
    ("path", "content", "code", "where"),
    [
        (CONFIG_FILE, "chart:\n  nope: 1\n", "CONFIG_UNKNOWN_KEY", ".stage6.yaml:2:3"),
        (CONFIG_FILE, "chart:\n  path: [1]\n", "CONFIG_TYPE", ".stage6.yaml:2:9"),
        (CONFIG_FILE, BOMB, "CONFIG_YAML", ".stage6.yaml:1:4"),
        (CONFIG_FILE, DEEP, "CONFIG_YAML", ".stage6.yaml:1:"),
        (CONFIG_FILE, b"\xff\xfe", "CONFIG_YAML", ".stage6.yaml:1"),
        (LIVE, "a: [\n", "VALUES", f"{LIVE}:2:1"),
        (LIVE, "- a\n- b\n", "VALUES", f"{LIVE}:1:1"),
        (LIVE, "just text\n", "VALUES", f"{LIVE}:1:1"),
        (LIVE, "a: 1\n---\nb: 2\n", "VALUES", LIVE),
        (LIVE, b"a: caf\xe9\n", "VALUES", f"{LIVE}:1"),
        (LIVE, "a: 1\n1: b\n'1': c\n", "VALUES", f"{LIVE}:3:1"),
        (LIVE, "a: !!bool maybe\n", "VALUES", LIVE),
        (LIVE, "a: !!timestamp soon\n", "VALUES", LIVE),
        (LIVE, 'a: !!int ""\n', "VALUES", LIVE),
        (LIVE, "a: .inf\n", "VALUES", f"{LIVE}:1:4"),
        (LIVE, "a: &a [*a]\n", "VALUES", f"{LIVE}:1:8"),
        (LIVE, "? [a, b]\n: c\n", "VALUES", f"{LIVE}:1:3"),
        (LIVE, BOMB, "VALUES", f"{LIVE}:"),
        (LIVE, DEEP, "VALUES", f"{LIVE}:1:"),
        pytest.param(LIVE, b"a: " + b"x" * (20 << 20), "VALUES", LIVE, marks=pytest.mark.slow),
        (LIVE, None, "VALUES_MISSING", LIVE),
        (LIVE, f"password: {SOPS}\n", "VALUES_ENCRYPTED", LIVE),
        ("charts/app/values.yaml", f"size: 1\npassword: {SOPS}\n", "VALUES_ENCRYPTED", "charts/app/values.yaml"),
        (CHART, "apiVersion: v2\nname: small\n", "CHART_VERSION", f"{CHART}:1:1"),
        (CHART, "apiVersion: v2\nname: [\n", "CHART_YAML", f"{CHART}:"),
        (CHART, "name: ../../x\napiVersion: v2\nversion: 0.0.0\n", "CHART_YAML", f"{CHART}:1:7"),
        (CHART, BOMB, "CHART_YAML", f"{CHART}:"),
        (CHART, DEEP, "CHART_YAML", f"{CHART}:1:"),
        (CHART, "[" * 200_000, "CHART_YAML", f"{CHART}:1:"),
        (CHART, None, "CHART_MISSING", CHART),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used(
    stack: Sample, path: str, content: str | bytes | None, code: str, where: str
) -> None:
    stack.commit("fix: spoil it", {path: content})
    assert where in refused(stack, 2, code)["where"]


@pytest.mark.parametrize("content", [BOMB, DEEP, "[" * 200_000, "dependencies: {}\n", "", "dependencies: [\n"])
def test_a_lock_that_cannot_be_used(stack: Sample, content: str) -> None:
    stack.commit("fix: spoil it", {CHART: DEPENDENT, LOCK: content})
    # Chart.lock is read when the chart is packaged, which is the first step and writes nothing.
    assert refused(stack, 2, "CHART_LOCK")["where"].startswith(LOCK)


def test_a_chart_with_dependencies_and_no_lock(stack: Sample) -> None:
    stack.commit("fix: spoil it", {CHART: DEPENDENT})
    assert "helm dependency update charts/app" in refused(stack, 2, "CHART_LOCK_MISSING")["hint"]


def test_a_values_path_that_is_a_directory(stack: Sample) -> None:
    stack.commit("fix: spoil it", {CONFIG_FILE: CONFIG.replace("render}", "render, values: [envs/live]}")})
    assert refused(stack, 2, "VALUES_MISSING")["where"] == "envs/live"


@pytest.mark.parametrize(
    ("link", "code"), [("/etc/passwd", "LINK_ESCAPES"), ("../../../x", "LINK_ESCAPES"), ("none", "LINK_BROKEN")]
)
def test_values_that_are_a_symlink_to_elsewhere(stack: Sample, link: str, code: str) -> None:
    (stack.repo.path / LIVE).unlink()
    (stack.repo.path / LIVE).symlink_to(link)
    stack.commit("fix: spoil it", {})
    assert refused(stack, 2, code)["where"] == LIVE


def test_values_for_another_namespace(stack: Sample) -> None:
    stack.edit("fix: spoil it", LIVE, "env: prod", "env: staging")
    error = refused(stack, 3, "NAMESPACE_MISMATCH")
    assert "staging" in error["message"]
    assert error["where"] == LIVE


@pytest.mark.parametrize(
    ("arguments", "code", "where"),
    [
        (("--config", "nowhere.yaml"), "CONFIG_MISSING", "nowhere.yaml"),
        (("--config", "envs"), "CONFIG_UNREADABLE", "envs"),
        (("--target", "moon"), "UNKNOWN_TARGET", "--target"),
        (("--registry", "ftp://x"), "CONFIG_VALUE", "--registry"),
        (("--registry", "oci://user:hunter2@host/x"), "CONFIG_VALUE", "--registry"),
        (("--repo", "/"), "NOT_A_REPOSITORY", "/"),
        (("--repo", "nowhere"), "NOT_A_REPOSITORY", "nowhere"),
        (("--nope",), "USAGE", ""),
        (("--targ", "live"), "USAGE", ""),
        (("--engine", "rocket"), "USAGE", ""),
        (("--base", "-x"), "USAGE", ""),
        (("--head", "a b"), "BAD_REVISION", ""),
        (("--head", "a\nb"), "BAD_REVISION", ""),
        (("--plan", "nowhere.json"), "PLAN_FILE", "nowhere.json"),
        (("--plan", LIVE), "PLAN_FILE", LIVE),
        (("--plan", LIVE, "--base", "HEAD"), "USAGE", "--plan"),
    ],
)
def test_an_argument_that_cannot_be_used(stack: Sample, arguments: tuple[str, ...], code: str, where: str) -> None:
    error = refused(stack, 2, code, *arguments)
    assert error["where"] == where
    assert "hunter2" not in json.dumps(error)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "nul",
        "[" * 100_000,
        PLAN % (2, "render"),
        PLAN % (1, "rocket"),
    ],
)
def test_a_plan_file_that_is_none(stack: Sample, content: str) -> None:
    (stack.directory / "plan.json").write_text(content)
    assert refused(stack, 2, "PLAN_FILE", "--plan", "../plan.json")["where"] == "../plan.json"


def test_a_revision_that_is_not_there(stack: Sample) -> None:
    refused(stack, 8, "NO_SUCH_REVISION", "--head", "nowhere")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "stack")
    (tmp_path / "registry").mkdir()
    assert refused(Sample(tmp_path), 8, "NO_COMMITS")["hint"]


def test_an_engine_that_is_not_reached(stack: Sample) -> None:
    refused(stack, 3, "ENGINE_NOT_REACHED", "--engine", "argocd")


@pytest.mark.slow
def test_an_oci_registry_that_has_no_address_cannot_tell(stack: Sample) -> None:
    error = refused(stack, 8, "REGISTRY_CANNOT_TELL", "--registry", "oci://host.invalid/charts")
    assert error["where"].startswith("oci://host.invalid/charts/")
    assert "host.invalid" in error["message"]


def test_a_registry_directory_that_is_missing_cannot_tell(stack: Sample) -> None:
    # 8, not 3 or 4: whether the version exists is unknown, and unknown is never "absent".
    stack.registry.rmdir()
    assert "mkdir" in refused(stack, 8, "REGISTRY_CANNOT_TELL")["hint"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a directory that even root cannot write to")
def test_a_registry_that_takes_no_package(stack: Sample) -> None:
    before = stack.tracks()
    ended = stack.run("--registry", "/proc")
    assert (ended.status, ended.json["error"]["code"]) == (4, "REGISTRY_WRITE")
    assert stack.tracks() == before


def test_an_output_directory_that_somebody_else_filled(stack: Sample) -> None:
    stack.repo.write("rendered/live/mine.txt", "precious\n")
    assert "targets.live.output" in refused(stack, 3, "RENDER_FOREIGN")["hint"]


def test_an_output_directory_that_is_empty_is_ours(stack: Sample) -> None:
    (stack.repo.path / "rendered/live").mkdir(parents=True)
    assert stack.run().status == 0


def test_an_output_directory_that_is_a_file(stack: Sample) -> None:
    stack.repo.write("rendered/live", "file\n")
    refused(stack, 8, "RECORD_UNREADABLE")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": "0.1.0"}', '{"commit": "--exec=x"}'])
def test_a_record_that_cannot_be_read_is_never_taken_for_absent(first: Sample, tmp_path: Path, content: str) -> None:
    stack = first.copy(tmp_path)
    stack.repo.write("rendered/live/release.json", content)
    refused(stack, 8, "RECORD_UNREADABLE")


def test_a_branch_that_looks_like_an_option(stack: Sample) -> None:
    stack.repo.git("update-ref", "refs/heads/-rf", "HEAD")
    stack.repo.git("symbolic-ref", "HEAD", "refs/heads/-rf")
    assert stack.run().status == 0
    assert stack.run("--head=-rf").json["decision"] == "nothing"


def test_a_path_with_a_newline_and_escapes_is_a_path(stack: Sample) -> None:
    name = "charts/app/files/a\n::set-output name=x::y\x1b[2J.txt"
    stack.commit("feat: odd", {name: "x\n"})
    ended = stack.command("stage6")
    assert ended.status == 0, ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\n::" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("arguments", [(), ("nope",), ("stage6", "--output", "xml"), ("explain",)])
def test_a_command_line_that_means_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = command(*arguments, cwd=tmp_path)
    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error USAGE: ")


def test_an_error_is_one_json_object_even_before_the_options_are_parsed(tmp_path: Path) -> None:
    ended = command("stage6", "--nope", "--output", "json", cwd=tmp_path)
    assert (ended.json["schema"], ended.json["error"]["code"]) == (1, "USAGE")


def test_the_last_of_two_outputs_counts(tmp_path: Path) -> None:
    assert command("plan", "--output", "json", "--output", "text", cwd=tmp_path).stdout == ""


def test_a_payload_that_is_no_json(stack: Sample) -> None:
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(stack.repo.path / LIVE)}
    assert refused(stack, 2, "EVENT_PAYLOAD", env=env)["where"].endswith(LIVE)


# Signals


@pytest.fixture
def sleeper(tmp_path: Path) -> Path:
    """A helm that tells its process id and never ends."""
    directory = tmp_path / "bin"
    directory.mkdir()
    file = directory / "helm"
    file.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid.part\nmv {tmp_path}/pid.part {tmp_path}/pid\nexec sleep 60\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("number", rest_slow([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], signal.SIGTERM))
def test_an_interrupted_run_leaves_no_file_and_no_child(
    fresh: Sample, tmp_path: Path, sleeper: Path, number: signal.Signals
) -> None:
    stack = fresh.copy(tmp_path / "sample")
    (tmp_path / "tmp").mkdir()
    before = stack.tracks()
    env = {**os.environ, "PATH": f"{sleeper.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path / "tmp")}
    run = subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "stage6", "--output", "json"],
        cwd=stack.repo.path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # nohup, and the background of a script, ignore some.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509 - this process has no other thread
    )
    until((tmp_path / "pid").exists)
    run.send_signal(number)
    stdout, stderr = run.communicate(timeout=30)
    assert (run.returncode, json.loads(stdout)["error"]["code"]) == (130, "INTERRUPTED")
    assert "Traceback" not in stderr
    assert list((tmp_path / "tmp").iterdir()) == []
    assert stack.tracks() == before
    child = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}")
    until(lambda: not child.exists())


def test_a_helm_that_is_killed_is_named(stack: Sample, sleeper: Path) -> None:
    sleeper.write_text("#!/bin/sh\nkill -9 $$\n")
    ended = command("stage6", "--output", "json", cwd=stack.repo.path, env=_first(sleeper))
    assert ended.json["error"]["code"] == "TOOL_KILLED"
    assert stack.published == []


@pytest.mark.slow
def test_a_render_without_end_is_stopped_by_the_targets_timeout(stack: Sample, sleeper: Path, helm4: Path) -> None:
    sleeper.write_text(f'#!/bin/sh\n[ "$1" = template ] && exec sleep 60\nexec {helm4} "$@"\n')
    stack.commit("fix: timeout", {CONFIG_FILE: CONFIG.replace("render}", "render, timeout: 1s}")})
    ended = command("stage6", "--output", "json", cwd=stack.repo.path, env=_first(sleeper))
    assert (ended.status, ended.json["error"]["code"]) == (5, "RENDER_TIMEOUT")
    assert (stack.published, stack.remote_tags) == ([], {})


def _first(program: Path) -> dict[str, str]:
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_git_it_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    ended: Ended = command("plan", "--output", "json", cwd=tmp_path, env={"PATH": str(empty)})
    assert (ended.status, ended.json["error"]["code"]) == (3, "TOOL_MISSING")
    assert shutil.which("git", path=str(empty)) is None
