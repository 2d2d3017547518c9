"""The workflows of this repository: linted, pinned, and their own `run:` lines at work as a runner would run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.history import Drawn, bare, draw, git

PROJECT = Path(__file__).resolve().parents[2]
GITHUB = PROJECT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
TOOLS = Path(sys.executable).parent

PINNED = re.compile(r"(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
EXPRESSION = re.compile(r"\$\{\{ steps\.(?P<step>\w+)\.outputs\.(?P<name>\w+) \}\}")

# The conditions of our jobs, by their text: a new one has to be understood here first.
CONDITIONS: Mapping[str | None, Callable[[str, str], bool]] = {
    None: lambda event, ref: True,
    "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'": lambda event, ref: (
        event != "pull_request" and ref == "refs/heads/main"
    ),
    "github.event_name == 'pull_request'": lambda event, ref: event == "pull_request",
}


def load(workflow: Path) -> dict[str, Any]:
    document = yaml.safe_load(workflow.read_text())
    assert isinstance(document, dict)
    return document


def steps_of(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in load(workflow)["jobs"].values() for step in job["steps"]]


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = TOOLS / name
    if not path.exists():
        message = f"{name} is a development tool and not here: `make test` brings it"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    return subprocess.run([str(path), *arguments], capture_output=True, text=True, cwd=PROJECT, timeout=120)


# --- what can be read off the files -------------------------------------------------------------------------------


def test_zizmor_has_nothing_to_say_not_even_pedantically() -> None:
    ended = tool("zizmor", "--offline", "--no-progress", "--no-ignores", "--persona", "pedantic", str(GITHUB))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "No findings to report" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        *(("vendor.github-workflows", workflow) for workflow in WORKFLOWS),
        *(("custom.github-workflows-require-timeout", workflow) for workflow in WORKFLOWS),
        ("vendor.dependabot", GITHUB / "dependabot.yml"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_the_schema_of_the_file_is_kept(schema: str, file: Path) -> None:
    ended = tool("check-jsonschema", "--builtin-schema", schema, str(file))
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
def test_the_workflow_to_copy_keeps_the_schema_and_the_rules_of_ours(tmp_path: Path) -> None:
    (text,) = (
        block
        for block in re.findall(r"```yaml\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
        if "jobs:" in block
    )
    copied = tmp_path / ".github" / "workflows" / "stage6.yml"
    copied.parent.mkdir(parents=True)
    copied.write_text(text)
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        ended = tool("check-jsonschema", "--builtin-schema", schema, str(copied))
        assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = tool("zizmor", "--offline", "--no-progress", "--no-ignores", str(tmp_path / ".github"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    pins = {line for file in WORKFLOWS for line in re.findall(r"uses: (\S+@\S+ # \S+)", file.read_text())}
    assert set(re.findall(r"uses: (.+)", text)) <= pins
    jobs = load(copied)["jobs"]
    assert jobs["simulate"]["permissions"] == {"contents": "read"}
    assert [step["with"]["persist-credentials"] for step in jobs["simulate"]["steps"] if "with" in step] == [
        False,
        False,
    ]
    assert [step["run"] for job in jobs.values() for step in job["steps"] if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(workflow: Path) -> None:
    uses = [line.strip() for line in workflow.read_text().splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


def test_one_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for workflow in WORKFLOWS:
        for line in re.findall(r"uses: (\S+@\S+ # \S+)", workflow.read_text()):
            action, _, pin = line.partition("@")
            pins.setdefault("/".join(action.split("/")[:2]), set()).add(pin)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_expression_stands_in_a_run_line(workflow: Path) -> None:
    assert [step["name"] for step in steps_of(workflow) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_gets_the_permissions_it_needs_and_the_rest_of_the_world_none(workflow: Path) -> None:
    document = load(workflow)
    assert document["permissions"] == {}
    given = {name: job["permissions"] for name, job in document["jobs"].items()}
    writing = {name: permissions for name, permissions in given.items() if "write" in permissions.values()}
    # Only the job that pushes the tag may write, and only contents.
    assert writing == ({"stage6": {"contents": "write"}} if workflow.name == "stage6.yml" else {})


def test_a_pull_request_leaves_no_credentials_to_the_code_that_it_brings() -> None:
    job = load(GITHUB / "workflows" / "stage6.yml")["jobs"]["simulate"]
    checkout = job["steps"][0]["with"]
    assert checkout == {"fetch-depth": 0, "persist-credentials": False}


def test_a_run_on_main_is_never_cut_short() -> None:
    concurrency = load(GITHUB / "workflows" / "stage6.yml")["concurrency"]
    assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


# --- the workflow at work -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """One job: the outputs that it exposes, its summary, its log, and the exit status of its last step."""

    outputs: dict[str, str]
    summary: str
    log: str
    status: int


@dataclass
class Runner:
    """Runs the jobs of stage6.yml: each in a fresh checkout, its `run:` lines verbatim, by the shell that GitHub uses.

    Replaced, and nothing else: the actions (checkout and cache by what they do, setup-python by this Python), and the
    steps "Set up …", whose work is done already: the program under test and one helm stand first on PATH.
    """

    remote: Path
    directory: Path
    helm: Path
    kept: Path | None = None  # what the cache holds
    runs: int = 0
    workspaces: dict[str, Path] = field(default_factory=dict)

    def run(self, event: str, payload: Mapping[str, object], *, sha: str, ref: str, **variables: str) -> dict[str, Ran]:
        """All jobs that the event starts, in order; a failed job keeps those that need it from running."""
        self.runs += 1
        ran: dict[str, Ran] = {}
        for name, job in load(GITHUB / "workflows" / "stage6.yml")["jobs"].items():
            needed = job.get("needs")
            if not CONDITIONS[job.get("if")](event, ref) or (needed and (needed not in ran or ran[needed].status)):
                continue
            temp = self.directory / f"run-{self.runs}" / name
            temp.mkdir(parents=True)
            (temp / "event.json").write_text(json.dumps(payload))
            env = self._environment(temp, event=event, sha=sha, ref=ref) | variables
            ran[name] = self._job(name, job, temp, env)
        return ran

    def _job(self, name: str, job: Mapping[str, Any], temp: Path, env: dict[str, str]) -> Ran:
        workspace = self.workspaces[name] = temp / "workspace"
        summary, log, outputs, status, keep = "", "", {}, 0, None
        for number, step in enumerate(job["steps"]):
            action = step.get("uses", "").partition("@")[0]
            if action == "actions/checkout":
                self._check_out(workspace, env, step["with"])
            elif action in ("actions/cache", "actions/cache/restore"):
                keep = step["with"]["path"].split() if action == "actions/cache" else None
                self._restore(workspace, step["with"]["path"].split())
            elif action:
                assert action == "actions/setup-python"
            elif not step["name"].startswith("Set up"):
                files = {key: temp / f"{number}-{key}" for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
                files["script"] = temp / f"{number}.sh"
                files["script"].write_text(step["run"])
                for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
                    files[key].touch()
                    env = {**env, key: str(files[key])}
                ended = subprocess.run(
                    ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(files["script"])],
                    cwd=workspace,
                    env=env,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=60,
                )
                log, status = log + ended.stdout, ended.returncode
                summary += files["GITHUB_STEP_SUMMARY"].read_text()
                outputs[step.get("id", "")] = read_outputs(files["GITHUB_OUTPUT"].read_text())
                if status:
                    break
        if keep and not status:
            self._keep(workspace, keep)
        return Ran(exposed(job["outputs"], outputs), summary, log, status)

    def _environment(self, temp: Path, *, event: str, sha: str, ref: str) -> dict[str, str]:
        only = self.directory / "bin"
        only.mkdir(exist_ok=True)
        if not (only / "helm").exists():
            (only / "helm").symlink_to(self.helm)
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/"),
            "GITHUB_REPOSITORY": "jetscale-ai/stack",
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": sha,
            "GITHUB_WORKSPACE": str(temp / "workspace"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(temp),
            "PATH": f"{only}:{TOOLS}:{os.environ['PATH']}",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(temp),
        }

    def _check_out(self, workspace: Path, env: Mapping[str, str], options: Mapping[str, object]) -> None:
        """As actions/checkout with fetch-depth 0: every branch and tag, then the ref that GITHUB_SHA belongs to."""
        assert options["fetch-depth"] == 0
        workspace.mkdir()
        git(workspace, "init", "--quiet", "--initial-branch=main")
        git(workspace, "remote", "add", "origin", self.remote.as_uri())
        git(workspace, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        ref, sha = env["GITHUB_REF"], env["GITHUB_SHA"]
        if ref.startswith("refs/heads/"):
            git(workspace, "checkout", "--quiet", "-B", ref.removeprefix("refs/heads/"), sha)
        else:
            local = f"refs/remotes/{ref.removeprefix('refs/')}"
            git(workspace, "fetch", "--quiet", "--no-tags", "origin", f"+{sha}:{local}")
            git(workspace, "checkout", "--quiet", "--force", local)

    def _restore(self, workspace: Path, paths: list[str]) -> None:
        for path in paths:
            if self.kept and (self.kept / path).exists():
                shutil.copytree(self.kept / path, workspace / path)

    def _keep(self, workspace: Path, paths: list[str]) -> None:
        self.kept = self.directory / f"cache-{self.runs}"
        for path in paths:
            if (workspace / path).exists():
                shutil.copytree(workspace / path, self.kept / path)


def exposed(declared: Mapping[str, str], outputs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The job's `outputs:`, each a reference to a step's output; an unset one is empty."""
    values = {}
    for name, expression in declared.items():
        match = EXPRESSION.fullmatch(expression)
        assert match, expression
        values[name] = outputs.get(match["step"], {}).get(match["name"], "")
    return values


def read_outputs(text: str) -> dict[str, str]:
    """``name<<DELIMITER`` … ``DELIMITER`` blocks, as the runner reads them."""
    values, lines = {}, iter(text.splitlines())
    for line in lines:
        name, separator, delimiter = line.partition("<<")
        assert separator, line
        block: list[str] = []
        while (content := next(lines)) != delimiter:
            block.append(content)
        values[name] = "\n".join(block)
    return values


@pytest.fixture
def stack(tmp_path: Path) -> Drawn:
    """This repository's stack with its own .stage6.yaml, at its first commit."""
    stack = draw(tmp_path / "developer")
    for folder in ("charts", "envs", "tests/fixtures/charts"):
        shutil.copytree(PROJECT / folder, stack.path / folder)
    shutil.copy(PROJECT / ".stage6.yaml", stack.path)
    stack.commit("feat: the stack")
    remote = bare(stack, tmp_path / "remote.git")
    stack.git("remote", "add", "origin", remote.as_uri())
    return stack


@pytest.fixture
def runner(stack: Drawn, tmp_path: Path, helm4: Path) -> Runner:
    return Runner(tmp_path / "remote.git", tmp_path / "runner", helm4)


@pytest.fixture(autouse=True)
def directory_of_the_runner(tmp_path: Path) -> None:
    (tmp_path / "runner").mkdir()


def edit(stack: Drawn, name: str, old: str, new: str) -> None:
    text = (stack.path / name).read_text()
    assert old in text
    stack.write(name, text.replace(old, new))


def push(runner: Runner, stack: Drawn, message: str, *, before: str | None = None) -> dict[str, Ran]:
    """Commit what is edited, push it to main, and run the workflow for that push."""
    before = before or stack.head
    after = stack.commit(message)
    stack.git("push", "--quiet", "origin", "HEAD:main")
    return runner.run("push", push_payload(before, after, message), sha=after, ref="refs/heads/main")


def push_payload(before: str, after: str, message: str) -> dict[str, object]:
    """The fields of a push that a runner finds in the file at GITHUB_EVENT_PATH (GitHub Docs, "Webhook events")."""
    commit = {"id": after, "message": message, "distinct": True, "author": {"name": "Dev"}}
    return {
        "ref": "refs/heads/main",
        "before": before,
        "after": after,
        "base_ref": None,
        "created": before == "0" * 40,
        "deleted": False,
        "forced": False,
        "commits": [commit],
        "head_commit": commit,
        "pusher": {"name": "dev"},
        "repository": {"full_name": "jetscale-ai/stack", "default_branch": "main", "private": True},
    }


def outputs(decision: str, version: str) -> dict[str, str]:
    tag = f"v{version}" if version else ""
    return {"decision": decision, "version": version, "tag": tag, "namespace": "jetscale-prod"}


@pytest.mark.slow
def test_pushes_to_main_publish_redeploy_or_do_nothing(runner: Runner, stack: Drawn) -> None:
    ran = push(runner, stack, "feat: begin", before="0" * 40)
    assert list(ran) == ["plan", "stage6"]
    for job in ran.values():
        assert job.status == 0, job.log
        assert job.outputs == outputs("publish", "0.1.0")
        assert job.summary.startswith("### Stage 6: publish 0.1.0")
    assert stack.git("ls-remote", "origin", "refs/tags/v0.1.0^{}").startswith(stack.head)

    stack.write("README.md", "# The stack\n")
    ran = push(runner, stack, "docs: a title")
    assert [job.outputs for job in ran.values()] == [outputs("nothing", "")] * 2
    assert ran["stage6"].summary.startswith("### Stage 6: nothing to do")

    edit(stack, "envs/live/values.yaml", "replicaCount: 3", "replicaCount: 4")
    ran = push(runner, stack, "chore(live): four replicas")
    assert [job.outputs for job in ran.values()] == [outputs("redeploy", "0.1.0")] * 2
    manifests = (runner.workspaces["stage6"] / "rendered/live/manifests.yaml").read_text()
    assert "replicas: 4" in manifests
    assert not (runner.workspaces["plan"] / "rendered/live/manifests.yaml").read_text().count("replicas: 4")

    edit(stack, "charts/app/values.yaml", "# ", "#  ")
    edit(stack, "envs/live/values.yaml", "replicaCount: 4", "replicaCount: 5")
    ran = push(runner, stack, "fix: wording, and five replicas")
    assert [job.outputs for job in ran.values()] == [outputs("publish", "0.1.1")] * 2


@pytest.mark.slow
def test_a_lost_cache_is_rebuilt_from_the_tag_to_the_same_bytes(runner: Runner, stack: Drawn) -> None:
    push(runner, stack, "feat: begin", before="0" * 40)
    archive = runner.workspaces["stage6"] / "registry" / "jetscale-stack-0.1.0.tgz"
    published = archive.read_bytes()

    runner.kept = None
    stack.write("README.md", "# The stack\n")
    ran = push(runner, stack, "docs: a title")
    assert ran["stage6"].outputs == outputs("redeploy", "0.1.0"), ran["stage6"].log
    rebuilt = runner.workspaces["stage6"] / "registry" / "jetscale-stack-0.1.0.tgz"
    assert rebuilt != archive
    assert rebuilt.read_bytes() == published


def test_a_failed_run_says_so_on_its_page_and_leaves_no_tag(runner: Runner, stack: Drawn) -> None:
    edit(stack, "envs/live/values.yaml", "env: prod", "env: staging")
    ran = push(runner, stack, "feat: begin", before="0" * 40)
    last = ran[list(ran)[-1]]
    assert last.status == 3
    assert "::error title=Stage 6%3A NAMESPACE_MISMATCH::" in last.log
    assert "NAMESPACE_MISMATCH" in last.summary
    assert stack.git("ls-remote", "origin", "refs/tags/*") == ""


@pytest.mark.slow
def test_a_pull_request_is_simulated_and_counts_nobody_elses_changes(runner: Runner, stack: Drawn) -> None:
    push(runner, stack, "feat: begin", before="0" * 40)
    opened_on = stack.head
    stack.git("checkout", "--quiet", "-b", "change")
    edit(stack, "envs/preview/values.yaml", "preview.jetscale.ai", "next.jetscale.ai")
    tip = stack.commit("feat(preview): another address")
    # Others go on: main changes the chart and the live values before GitHub makes its merge.
    stack.git("checkout", "--quiet", "main")
    edit(stack, "charts/app/values.yaml", "# ", "#  ")
    edit(stack, "envs/live/values.yaml", "replicaCount: 3", "replicaCount: 9")
    stack.commit("feat: not of this pull request")
    stack.git("push", "--quiet", "origin", "main", "change")
    stack.git("checkout", "--quiet", "--detach", "main")
    stack.git("merge", "--quiet", "--no-ff", "--message", f"Merge {tip} into {opened_on}", "change")
    stack.git("push", "--quiet", "origin", "HEAD:refs/pull/1/merge")

    repository = {"full_name": "jetscale-ai/stack", "default_branch": "main", "private": True}
    request = {
        "number": 1,
        "state": "open",
        "merged": False,
        "merge_commit_sha": stack.head,
        "head": {"ref": "change", "sha": tip, "repo": repository},
        "base": {"ref": "main", "sha": opened_on, "repo": repository},
    }
    ran = runner.run(
        "pull_request",
        {"action": "synchronize", "number": 1, "pull_request": request, "repository": repository},
        sha=stack.head,
        ref="refs/pull/1/merge",
        GITHUB_BASE_REF="main",
        GITHUB_HEAD_REF="change",
        GITHUB_REF_NAME="1/merge",
    )
    assert list(ran) == ["simulate"]
    simulated = ran["simulate"]
    assert simulated.status == 0, simulated.log
    assert simulated.outputs["decision"] == "redeploy"
    assert simulated.outputs["version"] == "0.1.0"
    assert "redeploy 0.1.0 to preview" in simulated.summary
    assert "-  - host: preview.jetscale.ai" in simulated.summary
    assert "+  - host: next.jetscale.ai" in simulated.summary
    assert "replicas: 9" not in simulated.summary


@pytest.mark.slow
def test_a_run_by_hand_does_what_is_missing_and_only_on_main(runner: Runner, stack: Drawn) -> None:
    push(runner, stack, "feat: begin", before="0" * 40)
    payload = {"inputs": None, "ref": "refs/heads/main", "workflow": ".github/workflows/stage6.yml"}
    assert runner.run("workflow_dispatch", payload, sha=stack.head, ref="refs/heads/change") == {}
    ran = runner.run("workflow_dispatch", payload, sha=stack.head, ref="refs/heads/main")
    assert [job.outputs for job in ran.values()] == [outputs("nothing", "")] * 2, ran["stage6"].log
