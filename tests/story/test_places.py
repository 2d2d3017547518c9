"""Where a run happens, and whose settings it meets, change nothing."""

import json
import shutil
from pathlib import Path

import pytest

import jetscale_cicd
from jetscale_cicd import Stage6Error
from tests.conftest import sampled
from tests.story.edges import DOCS, EMPTY, FIX, RELEASE, VALUES, answer, decision, plan, refusal
from tests.support.command import Ended, command
from tests.support.history import CHART, Drawn, bare, draw, git

# Odd places of a repository; the quick suite has the ordinary one.
pytestmark = pytest.mark.slow


def script(directory: Path) -> tuple[Path, Path]:
    """A program of the user's that leaves a mark when it runs, and the mark."""
    program, mark = directory / "program", directory / "ran"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat \"$1\" 2>/dev/null\n")
    program.chmod(0o755)
    return program, mark


def test_a_detached_head_is_a_head(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX)
    repo.git("checkout", "--quiet", "--detach")
    repo.git("branch", "--delete", "--force", "main")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.1.1")


@pytest.mark.parametrize("where", ["charts/app", "docs", ".git"])
def test_a_subdirectory_decides_as_the_whole_repository(tmp_path: Path, where: str) -> None:
    repo = draw(tmp_path, *RELEASE, VALUES, "docs: x [docs/x]")
    repo.git("config", "diff.relative", "true")
    assert answer(command("plan", "--output", "json", EMPTY, cwd=tmp_path / where)) == answer(plan(repo))
    assert decision(plan(repo)) == "redeploy"


def test_a_linked_worktree_decides_for_its_own_head(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE)
    repo.git("worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "linked"))
    linked = Drawn(tmp_path / "linked").draw(FIX)
    assert (decision(plan(repo)), decision(plan(linked))) == ("nothing", "publish")


def test_a_submodule_checkout_is_a_repository_of_its_own(tmp_path: Path) -> None:
    inner = draw(tmp_path / "inner", *RELEASE, FIX)
    outer = draw(tmp_path / "outer", "docs: outer [README.md]")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    assert decision(plan(Drawn(outer.path / "sub"))) == "publish"


def test_a_bare_repository_decides_for_its_head(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, FIX)
    origin = bare(repo, tmp_path / "bare.git")
    assert decision(command("plan", "--output=json", EMPTY, f"--repo={origin}", cwd=tmp_path)) == "publish"
    ended = command("simulate", "--worktree", "--output=json", f"--repo={origin}", cwd=tmp_path)
    assert refusal(ended) == (8, "GIT_FAILED")
    assert "work tree" in ended.json["error"]["message"]


@pytest.mark.parametrize("name", sampled(['a "b"', "a:b", "$HOME", "~"], one_of=2))
def test_a_repository_may_have_any_name(tmp_path: Path, name: str) -> None:
    draw(tmp_path / name, *RELEASE).write("charts/app/new", "x")
    ended = command("simulate", "--worktree", "--output=json", f"--repo={name}", cwd=tmp_path)
    assert decision(ended) == "publish"


def test_a_directory_that_is_no_repository_is_an_error(tmp_path: Path) -> None:
    assert refusal(command("plan", "--output=json", cwd=tmp_path)) == (2, "NOT_A_REPOSITORY")


@pytest.mark.parametrize("arguments", [("plan",), ("simulate",), ("simulate", "--worktree"), ("stage6",)])
def test_a_repository_without_commits_is_an_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    draw(tmp_path).write("charts/app/Chart.yaml", CHART)
    assert refusal(command(*arguments, "--output=json", cwd=tmp_path)) == (8, "NO_COMMITS")


def test_a_sha256_repository_is_decided_and_replayed(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo")
    repo = Drawn(tmp_path / "repo").draw(*RELEASE, FIX)
    ended = plan(repo)
    assert (decision(ended), len(ended.json["changes"]["base"])) == ("publish", 64)
    assert decision(plan(repo, "--since=event", "--base=HEAD~1", f"--head={repo.head}")) == "publish"


def test_the_first_commit_of_a_sha256_repository_is_a_first_version(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo")
    ended = plan(Drawn(tmp_path / "repo").draw(RELEASE[0]))
    assert (decision(ended), ended.json["version"]) == ("publish", "0.1.0")


def test_as_a_hook_the_command_forgets_what_the_parent_git_left(tmp_path: Path) -> None:
    other = draw(tmp_path / "other", *RELEASE)
    repo = draw(tmp_path / "repo", *RELEASE, FIX)
    git_dir = other.path / ".git"
    env = {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(other.path), "GIT_INDEX_FILE": str(git_dir / "index")}
    more = {"GIT_OBJECT_DIRECTORY": str(git_dir / "objects"), "GIT_PREFIX": "x/", "GIT_CONFIG_PARAMETERS": "'a.b=c'"}
    assert answer(plan(repo, env=env | more)) == answer(plan(repo))


def test_the_library_refuses_what_the_parent_git_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = draw(tmp_path, *RELEASE, FIX)
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    with pytest.raises(Stage6Error) as refused:
        jetscale_cicd.plan(jetscale_cicd.local_request(repo.path))
    assert (refused.value.code, refused.value.exit_status) == ("GIT_ENVIRONMENT", 2)


@pytest.mark.parametrize("place", ["local", "global"])
def test_no_program_of_the_users_is_run(tmp_path: Path, place: str) -> None:
    repo = draw(tmp_path / "repo")
    repo.write(".gitattributes", "* diff=mine merge=mine\n")
    repo.draw(*RELEASE, FIX)
    program, mark = script(tmp_path)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-push"):
        shutil.copy(program, hooks / hook)
        shutil.copy(program, repo.path / ".git/hooks" / hook)
    file = repo.path / ".git/config" if place == "local" else tmp_path / "gitconfig"
    keys = ("diff.external", "diff.mine.command", "diff.mine.textconv", "core.fsmonitor", "core.pager", "core.editor")
    for key in keys:
        repo.git("config", "--file", str(file), key, str(program))
    repo.git("config", "--file", str(file), "core.hooksPath", str(hooks))
    origin = bare(repo, tmp_path / "origin.git")
    git(origin, "tag", "v0.2.0", f"{repo.head}~1")
    repo.git("-c", "core.hooksPath=/dev/null", "remote", "add", "origin", str(origin))
    mark.unlink(missing_ok=True)
    env = {"GIT_CONFIG_GLOBAL": str(file)} if place == "global" else {}
    ended = plan(repo, env=env | {"GIT_EXTERNAL_DIFF": str(program), "GIT_PAGER": str(program)})
    assert (decision(ended), ended.json["latest"]["tag"]) == ("publish", "v0.2.0")
    worktree = command("simulate", "--worktree", "--output=json", cwd=repo.path, env=env)
    assert decision(worktree) == "publish"
    assert not mark.exists()


def test_replaced_and_grafted_commits_are_ignored(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, DOCS)
    before = answer(plan(repo))
    repo.git("replace", "HEAD~1", "HEAD~2")
    repo.write(".git/info/grafts", f"{repo.git('rev-parse', 'HEAD')}\n")
    assert answer(plan(repo)) == before


@pytest.mark.parametrize("name", ["GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS"])
def test_the_version_does_not_hang_on_the_environment(tmp_path: Path, name: str) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, "feat: elsewhere [CHARTS/app/x]")
    assert plan(repo, env={name: "1"}).json["version"] == "0.1.1"


def processes(repo: Drawn, trace: Path) -> tuple[Ended, int]:
    """A plan, and how many git processes it took."""
    ended = plan(repo, env={"GIT_TRACE2_EVENT": str(trace)})
    return ended, sum(json.loads(line)["event"] == "start" for line in trace.read_text().splitlines())


@pytest.mark.slow
def test_of_thirteen_thousand_changed_files_the_watched_are_read_and_all_are_counted(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, VALUES)
    _, few = processes(repo, tmp_path / "few")
    files = "".join(f"M 100644 inline docs/{number}/file\ndata 1\nx\n" for number in range(13_000))
    who = "committer Dev <dev@example.invalid> 1767268800 +0000\ndata 8\ndocs: x\n\n"
    stream = f"commit refs/heads/main\n{who}from {repo.head}\n{files}"
    repo.git("fast-import", "--quiet", "--force", stdin=stream.encode())
    ended, many = processes(repo, tmp_path / "many")
    assert (decision(ended), ended.json["changes"]["count"]) == ("redeploy", 13_001)
    assert many == few + 1  # what counts all of them; the trees of watched folders are compared here
