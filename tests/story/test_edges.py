"""Every edge of the decision, on real repositories, from the command line."""

import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import jetscale_cicd
from jetscale_cicd import Decision, Plan, Stage6Error
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.ci.detect import read_event
from jetscale_cicd.observe.git.values import read_values
from tests.conftest import PROJECT
from tests.support.command import Ended, command
from tests.support.history import CHART, Drawn, bare, clone, draw, git, opened

RELEASE = ("feat: a [charts/app/Chart.yaml charts/app/values.yaml envs/live/values.yaml]", "tag v0.1.0")
FIX = "fix: b [charts/app/values.yaml]"
VALUES = "chore: v [envs/live/values.yaml]"
DOCS = "docs: d [README.md]"
ZERO = "0" * 40
GONE = "1234567890123456789012345678901234567890"
GITLINK = "fedcba9876543210fedcba9876543210fedcba98"


# A registry that holds nothing, for plans that shall ask none over the network; a later option replaces it.
EMPTY = f"--registry={PROJECT / 'tests' / 'fixtures' / 'empty-registry'}"


def plan(repo: Drawn, *arguments: str, env: dict[str, str] | None = None) -> Ended:
    return command("plan", "--output", "json", EMPTY, *arguments, cwd=repo.path, env=env)


def decision(ended: Ended) -> str:
    assert ended.status == 0, ended.stderr
    return str(ended.json["decision"])


def refusal(ended: Ended) -> tuple[int, str]:
    """Exit status and code of a refusal, which always says what to do next."""
    error = ended.json["error"]
    assert error["message"]
    assert error["hint"]
    return ended.status, error["code"]


def answer(ended: Ended) -> tuple[Any, ...]:
    """What has to be the same for every clone of a repository."""
    document = ended.json
    target = document["targets"][0]
    return ended.status, *(document[key] for key in ("decision", "version", "latest", "changes")), target["compared"]


def pushed(repo: Drawn, directory: Path, before: str, **payload: object) -> dict[str, str]:
    """The environment of a GitHub run for a push, with its payload in a file."""
    file = directory / "event.json"
    file.write_text(json.dumps({"ref": "refs/heads/main", "before": before, "after": repo.head, **payload}))
    names = {"EVENT_NAME": "push", "EVENT_PATH": str(file), "REF": "refs/heads/main", "SHA": repo.head}
    return {"GITHUB_ACTIONS": "true", **{f"GITHUB_{name}": value for name, value in names.items()}}


def deployed(repo: Drawn, commit: str, version: str = "0.1.0") -> tuple[str, ...]:
    """Leave the record of a deploy, and return the options that make a plan look at it."""
    there = opened(repo).find(commit)[0]
    values = read_values(opened(repo), commit, Target(name="live")).digest if there else "sha256:0"
    record = {"version": version, "commit": commit, "digest": "sha256:0", "values_digest": values}
    repo.write("rendered/live/release.json", json.dumps(record))
    repo.write("rendered/live/manifests.yaml", "")
    (repo.path / "registry").mkdir(exist_ok=True)
    return "--engine=render", "--registry=registry"


def script(directory: Path) -> tuple[Path, Path]:
    """A program of the user's that leaves a mark when it runs, and the mark."""
    program, mark = directory / "program", directory / "ran"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat \"$1\" 2>/dev/null\n")
    program.chmod(0o755)
    return program, mark


# What a change is


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), "nothing"),
        ((DOCS,), "nothing"),
        (("chore: empty",), "nothing"),
        ((FIX,), "publish"),
        ((VALUES,), "redeploy"),
        ((FIX, VALUES), "publish"),
        (("fix: deleted [-charts/app/values.yaml]",), "publish"),
        (("feat: preview [envs/preview/values.yaml]",), "nothing"),
        (("chore: near [charts.yaml envs/live.yaml chart/app/x CHARTS/app/x]",), "nothing"),
        (("branch b", FIX, "checkout main", DOCS, "merge b"), "publish"),
        (("branch b", VALUES, "checkout main", DOCS, "merge b"), "redeploy"),
        (("branch b", FIX, "checkout main", "branch c", VALUES, "checkout main", DOCS, "merge b c"), "publish"),
        (("branch b", DOCS, "checkout main", "branch c", VALUES, "checkout main", "merge b c"), "redeploy"),
        (("branch b", FIX, "tag v0.2.0", "checkout main", DOCS), "nothing"),
        (("branch b", FIX, "tag v0.2.0", "checkout main", "merge b", DOCS), "nothing"),
    ],
)
def test_the_net_change_since_the_release_decides(tmp_path: Path, steps: tuple[str, ...], expected: str) -> None:
    assert decision(plan(draw(tmp_path, *RELEASE, *steps))) == expected


def test_live_values_that_are_deleted_are_missing_and_not_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "chore: deleted [-envs/live/values.yaml]")
    assert refusal(plan(repo)) == (2, "VALUES_MISSING")
    assert decision(plan(repo, "--since=event", "--base=HEAD~1")) == "redeploy"


def test_a_squash_is_decided_as_the_branch_that_it_holds(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "branch b", FIX, "docs: e [x]", "checkout main", DOCS)
    repo.git("merge", "--quiet", "--squash", "b")
    repo.commit("feat: squashed (#5)")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.2.0")


def test_a_merge_that_changes_the_chart_by_itself_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "branch b", "docs: e [x]", "checkout main", DOCS)
    repo.git("merge", "--quiet", "--no-ff", "--no-commit", "b")
    repo.commit("Merge b", "charts/app/values.yaml")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.1.1")


def test_a_merge_that_drops_its_branchs_change_of_the_chart_does_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "branch b", FIX, "checkout main", DOCS)
    repo.git("merge", "--quiet", "--no-ff", "--strategy=ours", "--message", "Merge b", "b")
    assert decision(plan(repo)) == "nothing"


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("charts/app/values.yaml", "docs/values.yaml", "publish"),
        ("docs/x", "charts/app/x", "publish"),
        ("charts/app/values.yaml", "charts/app/other.yaml", "publish"),
        ("envs/live/values.yaml", "envs/preview/values.yaml", "redeploy"),
        ("docs/x", "envs/live/x", "redeploy"),
        ("docs/x", "docs/y", "nothing"),
    ],
)
def test_a_rename_counts_at_both_ends(tmp_path: Path, source: str, destination: str, expected: str) -> None:
    repo = draw(tmp_path, "docs: x [docs/x]", *RELEASE)
    (repo.path / destination).parent.mkdir(exist_ok=True)
    repo.git("mv", source, destination)
    repo.commit("refactor: move")
    assert decision(plan(repo, "--since=event", "--base=v0.1.0")) == expected


@pytest.mark.parametrize(
    "name", [b"caf\xc3\xa9", b"caf\xe9", b'"quoted"', b"-rf", b"line\nbreak", b"\x1b[31m", b"a\\b"]
)
def test_a_path_of_any_name_counts_and_cannot_forge_output(tmp_path: Path, name: bytes) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write(os.fsdecode(b"charts/app/" + name), "x")
    repo.commit("fix: odd name")
    ended = plan(repo)
    reason = ended.json["targets"][0]["reasons"][0]["path"]
    assert (decision(ended), reason.isprintable()) == ("publish", True)
    text = command("plan", EMPTY, cwd=repo.path)
    assert text.status == 0
    assert not set("\x1b\udce9") & set(text.stdout)


@pytest.mark.parametrize("ignore", ["none", "all"])
def test_a_submodule_bump_in_scope_publishes(tmp_path: Path, ignore: str) -> None:
    repo = draw(tmp_path)
    repo.write(".gitmodules", f'[submodule "s"]\n\tpath = charts/s\n\turl = ../s\n\tignore = {ignore}\n')
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK},charts/s")
    repo.draw(*RELEASE)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK[::-1]},charts/s")
    repo.git("commit", "--quiet", "--message", "fix: bump")
    repo.git("config", "diff.ignoreSubmodules", "all")
    ended = plan(repo)
    assert (decision(ended), ended.json["targets"][0]["reasons"][0]["path"]) == ("publish", "charts/s")


def test_a_mode_only_change_of_a_chart_file_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.git("update-index", "--chmod=+x", "charts/app/values.yaml")
    repo.git("commit", "--quiet", "--message", "fix: executable")
    ended = plan(repo)
    assert decision(ended) == "publish"
    assert "100644 → 100755" in ended.json["targets"][0]["reasons"][0]["why"]


def test_a_file_that_becomes_a_symlink_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    (repo.path / "charts/app/values.yaml").unlink()
    (repo.path / "charts/app/values.yaml").symlink_to("Chart.yaml")
    repo.commit("fix: link")
    assert decision(plan(repo)) == "publish"


@pytest.mark.parametrize(
    ("link", "target", "expected"),
    [
        ("charts/app/files/link", "../../../shared/file", "publish"),
        ("charts/app/link", "../../middle", "publish"),
        ("envs/live/values.yaml", "../../shared/file", "redeploy"),
        ("docs/link", "../shared/file", "nothing"),
    ],
)
def test_a_change_of_what_a_packaged_symlink_leads_to_counts(
    tmp_path: Path, link: str, target: str, expected: str
) -> None:
    repo = draw(tmp_path, "feat: s [shared/file]")
    (repo.path / "middle").symlink_to("shared/file")
    file = repo.path / link
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)
    own = "" if link.startswith("envs") else " envs/live/values.yaml"
    repo.draw(f"feat: a [charts/app/Chart.yaml{own}]", "tag v0.1.0", "fix: shared [shared/file]")
    assert decision(plan(repo)) == expected


# What is no change of the chart's content


def test_a_change_and_its_revert_publish_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, VALUES)
    repo.git("revert", "--no-edit", "HEAD", "HEAD~1")
    assert decision(plan(repo)) == "nothing"


def test_the_revert_of_a_released_change_is_published(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, "tag v0.1.1")
    repo.git("revert", "--no-edit", "HEAD")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.1.2")


def test_a_file_that_helmignore_keeps_out_is_no_change(tmp_path: Path) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/.helmignore", "*.md\n")
    repo.draw("feat: a [charts/app/Chart.yaml charts/app/NOTES.md envs/live/values.yaml]", "tag v0.1.0")
    repo.draw("docs: n [charts/app/NOTES.md]")
    ended = plan(repo)
    assert decision(ended) == "nothing"
    assert ended.json["targets"][0]["ignored"][0]["path"] == "charts/app/NOTES.md"


@pytest.mark.parametrize("rules", ["*.md\n", ""])
def test_a_change_of_helmignore_itself_publishes(tmp_path: Path, rules: str) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/.helmignore", "*.txt\n")
    repo.draw("feat: a [charts/app/Chart.yaml charts/app/NOTES.md envs/live/values.yaml]", "tag v0.1.0")
    repo.write("charts/app/.helmignore", rules)
    assert decision(plan(repo.draw("fix: package [charts/app/NOTES.md]"))) == "publish"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHART.replace("0.0.0", "9.9.9") + "appVersion: 9.9.9\n", "nothing"),
        (CHART.replace("0.0.0", "9.9.9") + "description: new\n", "publish"),
        (CHART + "dependencies:\n- {name: x, version: 1.0.0, repository: 'oci://r'}\n", "publish"),
    ],
)
def test_only_the_stamped_fields_of_the_chart_file_do_not_count(tmp_path: Path, text: str, expected: str) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/Chart.yaml", CHART)
    repo.draw("feat: a [envs/live/values.yaml]", "tag v0.1.0")
    repo.write("charts/app/Chart.yaml", text)
    repo.commit("chore: chart file")
    assert decision(plan(repo)) == expected


# Where it runs


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


@pytest.mark.parametrize("name", ['a "b"', "a:b", "$HOME", "~"])
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


# Whose settings


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


# How much


def processes(repo: Drawn, trace: Path) -> tuple[Ended, int]:
    """A plan, and how many git processes it took."""
    ended = plan(repo, env={"GIT_TRACE2_EVENT": str(trace)})
    return ended, sum(json.loads(line)["event"] == "start" for line in trace.read_text().splitlines())


def test_thirteen_thousand_changed_files_take_no_more_processes_than_one(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, VALUES)
    _, few = processes(repo, tmp_path / "few")
    files = "".join(f"M 100644 inline docs/{number}/file\ndata 1\nx\n" for number in range(13_000))
    who = "committer Dev <dev@example.invalid> 1767268800 +0000\ndata 8\ndocs: x\n\n"
    stream = f"commit refs/heads/main\n{who}from {repo.head}\n{files}"
    repo.git("fast-import", "--quiet", "--force", stdin=stream.encode())
    ended, many = processes(repo, tmp_path / "many")
    assert (decision(ended), ended.json["changes"]["count"]) == ("redeploy", 13_001)
    assert (many, many <= 13) == (few, True)


# The event


def test_a_new_branch_has_no_commit_before_it(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, VALUES)
    ended = plan(repo, env=pushed(repo, tmp_path, ZERO, created=True))
    compared = ended.json["targets"][0]["compared"]
    assert (decision(ended), compared["certain"]) == ("redeploy", False)
    assert "all zeros" in compared["how"]


def test_a_tag_push_is_compared_with_the_release_before(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, FIX)
    env = pushed(repo, tmp_path, ZERO, ref="refs/tags/nightly") | {"GITHUB_REF": "refs/tags/nightly"}
    assert decision(plan(repo, env=env)) == "publish"


def forced(tmp_path: Path) -> tuple[Path, Drawn, str]:
    """A remote whose main was rewritten: the remote, a fresh clone, and what main was before."""
    repo = draw(tmp_path / "repo", *RELEASE, VALUES)
    before = repo.head
    origin = bare(repo, tmp_path / "origin.git")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.draw(DOCS).git("push", "--quiet", "--force", str(origin), "main")
    return origin, clone(origin, tmp_path / "clone"), before


def test_after_a_force_push_the_lost_base_is_fetched(tmp_path: Path) -> None:
    _, repo, before = forced(tmp_path)
    ended = plan(repo, env=pushed(repo, tmp_path, before, forced=True))
    compared = ended.json["targets"][0]["compared"]
    assert (decision(ended), compared["base"], compared["certain"]) == ("redeploy", before, True)


def test_after_a_force_push_a_base_that_is_gone_becomes_the_last_release_and_says_so(tmp_path: Path) -> None:
    origin, repo, before = forced(tmp_path)
    git(origin, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")
    ended = plan(repo.draw(VALUES), env=pushed(repo, tmp_path, before, forced=True))
    compared = ended.json["targets"][0]["compared"]
    release = repo.git("rev-parse", "v0.1.0^{}")
    assert (decision(ended), compared["base"], compared["certain"]) == ("redeploy", release, False)
    assert before in compared["how"]
    assert any(before in note for note in ended.json["notes"])


def test_a_base_that_is_gone_is_an_error_where_there_is_no_release(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", RELEASE[0], FIX)
    assert refusal(plan(repo, "--since=event", env=pushed(repo, tmp_path, GONE))) == (2, "NO_BASE")


# Clones that lack something


def hosted(tmp_path: Path, *steps: str) -> tuple[Drawn, Path]:
    """A repository, and the remote that hosts it."""
    repo = draw(tmp_path / "repo", *RELEASE, *steps)
    return repo, bare(repo, tmp_path / "origin.git")


@pytest.mark.parametrize(
    ("step", "options"),
    [(FIX, ("--depth=1",)), (FIX, ("--depth=2",)), (VALUES, ("--depth=1", "--no-tags")), (DOCS, ("--depth=1",))],
)
def test_a_shallow_clone_decides_as_the_full_one(tmp_path: Path, step: str, options: tuple[str, ...]) -> None:
    _, origin = hosted(tmp_path, step, DOCS)
    full, shallow = clone(origin, tmp_path / "full"), clone(origin, tmp_path / "shallow", *options)
    assert answer(plan(shallow)) == answer(plan(full))


def test_the_checkout_of_a_pull_request_decides_as_the_full_clone(tmp_path: Path) -> None:
    repo, origin = hosted(tmp_path, "branch topic", FIX, "checkout main", DOCS, "merge topic")
    repo.git("push", "--quiet", "--force", str(origin), "HEAD:refs/pull/5/merge", "HEAD~1:refs/heads/main")
    git(tmp_path, "init", "--quiet", "clone")
    shallow = Drawn(tmp_path / "clone")
    shallow.git("remote", "add", "origin", origin.as_uri())
    shallow.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+refs/pull/5/merge:refs/remotes/pull/5/merge")
    shallow.git("checkout", "--quiet", "refs/remotes/pull/5/merge")
    assert answer(plan(shallow)) == answer(plan(repo))


@pytest.mark.parametrize("filter_", ["tree:0", "blob:none"])
@pytest.mark.parametrize("step", [FIX, VALUES, "chore: c [charts/app/Chart.yaml]"])
def test_a_partial_clone_decides_as_the_full_one(tmp_path: Path, filter_: str, step: str) -> None:
    _, origin = hosted(tmp_path, step)
    full, partial = clone(origin, tmp_path / "full"), clone(origin, tmp_path / "partial", f"--filter={filter_}")
    assert answer(plan(partial)) == answer(plan(full))


@pytest.mark.parametrize("filter_", ["tree:0", "blob:none"])
@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("arguments", [("plan", "--since=event", "--base=HEAD~1"), ("simulate",)])
def test_a_partial_clone_that_cannot_get_its_objects_cannot_tell(
    tmp_path: Path, filter_: str, gone: bool, arguments: tuple[str, ...]
) -> None:
    _, origin = hosted(tmp_path, "chore: c [charts/app/Chart.yaml]")
    partial = clone(origin, tmp_path / "partial", f"--filter={filter_}", "--no-checkout")
    partial.git("config", "protocol.file.allow", "always")
    if gone:
        shutil.rmtree(origin)
    ended = command(*arguments, "--output=json", cwd=partial.path)
    if gone or arguments[0] == "simulate":
        assert refusal(ended)[0] == 8
    else:
        assert decision(ended) == "publish"


def test_a_missing_object_that_may_not_be_fetched_says_how_to_get_it(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path, "chore: c [charts/app/Chart.yaml]")
    partial = clone(origin, tmp_path / "partial", "--filter=tree:0", "--no-checkout")
    ended = command("simulate", "--output=json", cwd=partial.path)
    assert "git fetch" in ended.json["error"]["hint"]


# Releases and their tags


@pytest.mark.parametrize("tag", ["v9.0.0-rc.1", "rv9.0.0", "v9.0.0-old", "v09.0.0", "v9.0", "V9.0.0"])
def test_a_tag_that_only_looks_like_a_release_is_not_the_latest(tmp_path: Path, tag: str) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, f"tag {tag}")
    ended = plan(repo)
    assert (decision(ended), ended.json["latest"]["tag"]) == ("publish", "v0.1.0")


@pytest.mark.parametrize(
    ("tag_format", "tag"),
    [("release/{version}", "release/0.2.0"), ("app-v{version}-ga", "app-v0.2.0-ga"), ("{version}", "0.2.0")],
)
def test_the_tag_format_names_the_releases(tmp_path: Path, tag_format: str, tag: str) -> None:
    repo = draw(tmp_path / "repo", *RELEASE, FIX, "tag x")
    repo.git("tag", tag)
    repo.write(".stage6.yaml", f"chart:\n  tag_format: '{tag_format}'\n")
    origin = bare(repo, tmp_path / "origin.git")
    local = clone(origin, tmp_path / "clone", "--no-tags")
    shutil.copy(repo.path / ".stage6.yaml", local.path)
    ended = plan(local)
    assert (decision(ended), ended.json["latest"]["tag"]) == ("nothing", tag)
    assert local.git("tag") == tag


@pytest.mark.parametrize(
    "tag_format", ["v*{version}", "v?{version}", "[v]{version}", "v\\\\{version}", "{version}{x}", "v"]
)
def test_a_tag_format_that_git_would_not_take_is_refused(tmp_path: Path, tag_format: str) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write(".stage6.yaml", f'chart:\n  tag_format: "{tag_format}"\n')
    assert plan(repo).status == 2


def test_a_newer_release_of_the_remote_is_seen(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path, FIX)
    local = clone(origin, tmp_path / "clone")
    git(origin, "tag", "v0.1.1", "main")
    ended = plan(local)
    assert (decision(ended), ended.json["latest"]["tag"]) == ("nothing", "v0.1.1")


def test_without_a_release_here_or_there_the_first_version_is_published(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", RELEASE[0], FIX)
    ended = plan(clone(bare(repo, tmp_path / "origin.git"), tmp_path / "clone", "--depth=1"))
    assert (decision(ended), ended.json["version"], ended.json["changes"]["base"]) == ("publish", "0.1.0", None)


def test_releases_that_are_not_merged_are_an_error(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path)
    local = clone(origin, tmp_path / "clone", "--no-tags")
    local.git("checkout", "--quiet", "--orphan", "new")
    ended = plan(local.draw(FIX))
    assert refusal(ended) == (8, "RELEASES_NOT_MERGED")
    assert "branch" in ended.json["error"]["hint"]


@pytest.mark.parametrize("arguments", [("plan",), ("stage6",), ("stage6", "--dry-run")])
def test_a_remote_that_does_not_answer_stops_the_run(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    _, origin = hosted(tmp_path, DOCS)
    local = clone(origin, tmp_path / "clone")
    shutil.rmtree(origin)
    assert refusal(command(*arguments, "--output=json", cwd=local.path)) == (8, "REMOTE_UNREACHABLE")


def test_a_simulation_needs_no_remote(tmp_path: Path) -> None:
    _, origin = hosted(tmp_path, FIX)
    local = clone(origin, tmp_path / "clone")
    shutil.rmtree(origin)
    assert decision(command("simulate", "--base=v0.1.0", "--output=json", cwd=local.path)) == "publish"


# Names


@pytest.mark.parametrize("arguments", [("--head=-rf",), ("--since=event", "--base=-rf", "--head=main")])
def test_a_branch_that_looks_like_an_option_is_a_branch(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    repo = draw(tmp_path, *RELEASE, FIX)
    repo.git("update-ref", "refs/heads/-rf", "HEAD" if "--head=-rf" in arguments else "HEAD~1")
    assert decision(plan(repo, *arguments)) == "publish"


@pytest.mark.parametrize("revision", ["HEAD HEAD", "HEAD\nHEAD\x1b[31m"])
@pytest.mark.parametrize("option", ["--base", "--head", "--since"])
def test_a_revision_with_a_blank_or_a_control_character_is_refused(tmp_path: Path, option: str, revision: str) -> None:
    ended = plan(draw(tmp_path, *RELEASE, FIX), f"{option}={revision}")
    assert (ended.status, ended.json["error"]["code"]) == (2, "BAD_REVISION")
    assert "\x1b" not in ended.stdout + ended.stderr


# What is deployed


def test_a_deployed_descendant_of_head_is_never_replaced(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, VALUES)
    newest = repo.head
    repo.git("checkout", "--quiet", "HEAD~1")
    ended = plan(repo, *deployed(repo, newest))
    assert decision(ended) == "nothing"
    assert "superseded" in json.dumps(ended.json["targets"][0]["ignored"])


def test_in_a_shallow_clone_a_deployed_descendant_is_not_replaced_either(tmp_path: Path) -> None:
    repo, origin = hosted(tmp_path, FIX, VALUES)
    git(origin, "update-ref", "refs/heads/main", f"{repo.head}~1")
    local = clone(origin, tmp_path / "clone", "--depth=1")
    assert decision(plan(local, *deployed(local, repo.head))) == "nothing"


def test_a_deployed_commit_that_is_gone_is_compared_with_the_release_and_says_so(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, VALUES)
    ended = plan(repo, *deployed(repo, GONE))
    compared = ended.json["targets"][0]["compared"]
    assert (decision(ended), compared["certain"]) == ("redeploy", False)
    assert "gone" in compared["how"]


def test_a_deployed_commit_that_is_gone_with_other_values_is_no_reason_for_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, DOCS)
    assert decision(plan(repo, *deployed(repo, GONE))) == "redeploy"


def test_another_release_name_in_the_configuration_is_deployed(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, DOCS)
    options = deployed(repo, repo.head)
    assert decision(plan(repo, *options)) == "nothing"
    repo.write(".stage6.yaml", "targets: {live: {release: another}}\n")
    assert decision(plan(repo, *options)) == "redeploy"


def test_a_record_without_its_manifests_is_no_deploy(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, DOCS)
    options = deployed(repo, repo.head)
    (repo.path / "rendered/live/manifests.yaml").unlink()
    assert decision(plan(repo, *options)) == "redeploy"


def test_what_is_deployed_with_these_values_stays(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, VALUES, DOCS)
    assert decision(plan(repo, *deployed(repo, repo.git("rev-parse", "HEAD~1")))) == "nothing"


@pytest.mark.parametrize(
    "record", ["", "{", "[]", "{}", '{"version": 1}', '{"version":"1","commit":"x","digest":"","values_digest":""}']
)
def test_a_record_that_cannot_be_read_is_an_error(tmp_path: Path, record: str) -> None:
    repo = draw(tmp_path, *RELEASE)
    options = deployed(repo, repo.head)
    repo.write("rendered/live/release.json", record)
    assert refusal(plan(repo, *options)) == (8, "RECORD_UNREADABLE")


# The work tree


def listing(directory: Path) -> dict[str, tuple[int, int]]:
    """Every file of a directory with its mode and size, and its time but for objects, whose time git renews."""
    files = {str(file.relative_to(directory)): file.stat() for file in directory.rglob("*")}
    return {
        name: (found.st_mode, 0 if name.startswith("objects") or stat.S_ISDIR(found.st_mode) else found.st_mtime_ns)
        for name, found in files.items()
    }


def test_a_simulation_of_the_work_tree_sees_every_edit_and_leaves_no_trace(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write("charts/app/values.yaml", "edited: 1\n")
    repo.write("charts/app/templates/new.yaml", "")
    (repo.path / "envs/live/values.yaml").unlink()
    before = repo.git("status", "--porcelain"), listing(repo.path / ".git")
    ended = command("simulate", "--worktree", "--output=json", cwd=repo.path)
    reasons = {(reason["path"], reason["status"]) for reason in ended.json["targets"][0]["reasons"]}
    assert reasons == {
        ("charts/app/values.yaml", "M"),
        ("charts/app/templates/new.yaml", "A"),
        ("envs/live/values.yaml", "D"),
    }
    after = listing(repo.path / ".git")
    assert (repo.git("status", "--porcelain"), after) == before


def test_edits_that_are_not_committed_change_no_plan(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write("charts/app/values.yaml", "edited: 1\n")
    assert decision(plan(repo)) == "nothing"


# A wrong or missing base never becomes "nothing"

WRONG = {
    "absent": GONE,
    "garbage": "no-such-thing",
    "zero": ZERO,
    "thrown away": "",  # by the remote; see changed_chart
    "blob": "blob",
    "tree": "HEAD^{tree}",
    "before the first commit": "root~1",
}
WAYS = ("event", "event in auto", "base", "base in auto", "revision", "simulated")


@pytest.fixture(scope="module", params=[True, False], ids=["released", "unreleased"])
def changed_chart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Drawn, str]:
    """A clone in which the chart has changed, with and without a release before; and a commit that was thrown away."""
    tmp_path = tmp_path_factory.mktemp("changed")
    repo = draw(tmp_path / "repo", RELEASE[0], *(("tag v0.1.0",) if request.param else ()), FIX, DOCS)
    repo.git("tag", "root", "HEAD~2")
    repo.git("tag", "blob", "HEAD:README.md")
    local = clone(bare(repo, tmp_path / "origin.git"), tmp_path / "clone")
    return local, repo.commit("docs: thrown away")


def ask(repo: Drawn, base: str, way: str) -> Plan | Stage6Error:
    """What becomes of a base that is given in one of the ways."""
    request = jetscale_cicd.local_request(repo.path, since="event" if way in ("event", "base", "simulated") else "auto")
    if way.startswith("event"):
        env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}
        payload = {"before": base, "after": repo.head, "ref": "refs/heads/main"}
        request = replace(request, event=read_event(env | {"GITHUB_SHA": repo.head}, payload))
    elif way == "revision":
        request = replace(request, since=base)
    else:
        request = replace(request, base=base, from_merge_base=way == "simulated", network=way != "simulated")
    try:
        return jetscale_cicd.plan(request)
    except Stage6Error as refused:
        return refused


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_base_never_becomes_nothing(changed_chart: tuple[Drawn, str], wrong: str, way: str) -> None:
    repo, lost = changed_chart
    by_name = not way.startswith("event")  # an event names objects, not tags
    base = WRONG[wrong] or lost if by_name or wrong != "blob" else repo.git("rev-parse", "blob")
    found = ask(repo, base, way)
    if isinstance(found, Stage6Error):
        assert found.exit_status in (2, 8)
        assert found.hint
        return
    assert found.decision is Decision.PUBLISH
    if found.latest is None:  # then everything is new, and no base is needed
        assert found.changes.comparison.base is None
        return
    assert not by_name, "a base that somebody named is never replaced by another"
    compared = found.targets[0].compared
    assert (compared.base, compared.certain) == (found.latest.commit, False)
    assert "because" in compared.how


@pytest.mark.parametrize("base", ["absent", "zero"])
def test_the_command_says_which_base_is_wrong(changed_chart: tuple[Drawn, str], base: str) -> None:
    ended = plan(changed_chart[0], "--since=event", f"--base={WRONG[base]}")
    assert refusal(ended) == (8, "NO_SUCH_REVISION")
    assert WRONG[base] in ended.json["error"]["message"]
