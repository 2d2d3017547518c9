"""The one process that reads objects: what it answers, that it sees what changes, and that none is left behind."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.tools.git import Git, open_repository
from jetscale_cicd.tools.redact import Redactor
from tests.support.history import Drawn, bare, clone, draw, git


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [charts/app/values.yaml charts/app/b.yaml]")


def opened(repo: Drawn, *, network: bool = True) -> Git:
    return open_repository(repo.path, network=network, redact=Redactor.of(()))


def children() -> set[int]:
    """Processes of ours that have not been waited for."""
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, check=False)
    return {int(line.split()[0]) for line in listed.stdout.decode().splitlines() if "git" in line.split()[1]}


def states() -> set[str]:
    """The states of our processes, each as the letter of ps(1)."""
    command = ["ps", "-o", "stat=,comm=", "--ppid", str(os.getpid())]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return {line[0] for line in listed if "git" in line}


def names(asked: Git, *questions: str) -> list[str | None]:
    return [found and found.name for found in asked.read(*questions)]


def test_one_process_answers_all_questions(repo: Drawn) -> None:
    before = children()
    with opened(repo) as asked:
        (commit,) = asked.read("HEAD")
        assert commit
        assert (commit.name, commit.kind) == (repo.head, "commit")
        assert commit.content.endswith(b"\n\nfeat: a\n")
        (started,) = children() - before
        assert [found and found.content for found in asked.read("HEAD:charts/app/b.yaml", "nothing")] == [
            b"number: 0\n",
            None,
        ]
        assert children() - before == {started}
    assert children() == before


def test_many_and_large_objects_do_not_block_each_other(repo: Drawn) -> None:
    large = os.urandom(1 << 20)
    (name,) = (repo.git("hash-object", "-w", "--stdin", stdin=large),)
    with opened(repo) as asked:
        found = asked.read(*[name, "missing" * 2000, "HEAD"] * 20)
    assert [each and len(each.content) for each in found[:2]] == [len(large), None]
    assert len(found) == 60


def test_an_empty_object_is_one(repo: Drawn) -> None:
    name = repo.git("hash-object", "-w", "--stdin")
    with opened(repo) as asked:
        assert next(found and found.content for found in asked.read(name, "HEAD^{tree}")) == b""


@pytest.mark.parametrize("name", ["-rf", "--all", "a b", "*"])
def test_a_name_is_never_an_option(repo: Drawn, name: str) -> None:
    with opened(repo) as asked:
        assert names(asked, name, "HEAD") == [None, repo.head]


def test_a_line_break_in_a_name_is_refused(repo: Drawn) -> None:
    with opened(repo) as asked, pytest.raises(ValueError, match="more than one name"):
        asked.read("HEAD\nHEAD")


def test_a_short_name_that_two_objects_have_is_none(repo: Drawn) -> None:
    made = [repo.git("hash-object", "-w", "--stdin", stdin=b"%d\n" % number) for number in (195, 389)]
    assert made[0][:4] == made[1][:4]
    with opened(repo) as asked:
        assert names(asked, made[0][:4], "HEAD") == [None, repo.head]


def test_a_sha256_repository_is_read_the_same(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo")
    repo = Drawn(tmp_path / "repo").draw("feat: a [x]")
    with opened(repo) as asked:
        assert names(asked, "HEAD") == [repo.head]


def test_a_commit_and_a_tag_made_meanwhile_are_seen(repo: Drawn) -> None:
    with opened(repo) as asked:
        assert names(asked, "HEAD", "v1.0.0") == [repo.head, None]
        repo.draw("fix: b [x]")
        repo.git("tag", "v1.0.0")
        assert names(asked, "HEAD", "v1.0.0") == [repo.head] * 2
        repo.git("pack-refs", "--all")
        repo.git("repack", "-adq")
        assert names(asked, "HEAD", "v1.0.0") == [repo.head] * 2


def test_what_a_fetch_brings_is_seen(repo: Drawn, tmp_path: Path) -> None:
    shallow = clone(
        bare(repo.draw("fix: b [x]", "fix: c [x]"), tmp_path / "origin.git"), tmp_path / "clone", "--depth=1"
    )
    with opened(shallow) as asked:
        assert names(asked, "HEAD^1", "HEAD~2") == [None, None]
        assert asked.fetch("--quiet", "--unshallow", "origin").status == 0
        assert names(asked, "HEAD^1", "HEAD~2") == [repo.git("rev-parse", "HEAD~1"), repo.git("rev-parse", "HEAD~2")]


def test_an_object_that_is_fetched_when_it_is_needed_comes_where_there_is_a_network(
    repo: Drawn, tmp_path: Path
) -> None:
    origin = bare(repo, tmp_path / "origin.git")
    partial = clone(origin, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    name = repo.git("rev-parse", "HEAD:charts/app/b.yaml")
    with opened(partial, network=False) as asked:
        with pytest.raises(CannotTellError) as offline:
            asked.read("HEAD", name)
        assert (offline.value.code, "git fetch" in offline.value.hint) == ("GIT_FAILED", True)
        assert names(asked, "HEAD") == [repo.head]  # from another process: that one ended
    with opened(partial) as asked:
        assert names(asked, name) == [name]


def test_another_environment_has_a_process_of_its_own(repo: Drawn, tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    environment = {
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repo.path / ".git/objects"),
    }
    with opened(repo) as asked, replace(asked, environment=environment) as scratch:
        made = scratch.ask("hash-object", "-w", "--stdin", stdin=b"scratch").decode().strip()
        assert (names(asked, made), names(scratch, made, "HEAD")) == ([None], [made, repo.head])


def test_one_that_was_ended_from_outside_starts_again(repo: Drawn) -> None:
    before = children()
    with opened(repo) as asked:
        assert names(asked, "HEAD") == [repo.head]
        (started,) = children() - before
        os.kill(started, signal.SIGINT)  # as a terminal does to all of its foreground
        os.waitid(os.P_PID, started, os.WEXITED | os.WNOWAIT)
        assert names(asked, "HEAD") == [repo.head]
    assert children() == before


def interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def asleep(asked: Git) -> None:
    asked.read("HEAD")


def beside(asked: Git) -> None:
    with asked:
        asked.begin("rev-parse", "HEAD")
        asked.ask("rev-parse", "HEAD")


@pytest.mark.parametrize("work", [asleep, beside])
def test_an_interruption_leaves_nothing_running(
    repo: Drawn, tmp_path: Path, work: Callable[[Git], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    before = signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            work(opened(repo))
    finally:
        signal.signal(signal.SIGALRM, before)
    listed = subprocess.run(["ps", "-o", "comm=", "--ppid", str(os.getpid())], capture_output=True, check=False)
    assert b"sleep" not in listed.stdout


def test_whoever_forgets_to_close_it_leaves_nothing_behind(repo: Drawn) -> None:
    before = children()
    asked = opened(repo)
    assert names(asked, "HEAD") == [repo.head]
    asked.begin("rev-parse", "HEAD")
    del asked
    assert children() == before


def test_what_runs_beside_the_run_is_finished_at_its_end(repo: Drawn) -> None:
    before, head = children(), repo.head
    with opened(repo) as asked:
        asked.begin("rev-parse", "HEAD")
        asked.begin("rev-parse", "--verify", "nothing")
    assert children() == before
    (repo.path / ".git").rename(repo.path / "moved")  # so that another git would find nothing
    assert asked.ask("rev-parse", "HEAD").decode().strip() == head
    with pytest.raises(CannotTellError) as failed:
        asked.ask("rev-parse", "--verify", "nothing")
    assert failed.value.code == "GIT_FAILED"


def test_what_was_begun_answers_once(repo: Drawn) -> None:
    with opened(repo) as asked:
        asked.begin("for-each-ref", "refs/tags")
        before = asked.ask("for-each-ref", "refs/tags")
        repo.git("tag", "another")
        assert asked.ask("for-each-ref", "refs/tags") != before


@pytest.mark.parametrize(
    "change",
    [
        lambda asked: asked.write("tag", "another"),
        lambda asked: asked.fetch("--quiet", str(asked.root), "HEAD:refs/tags/another"),
    ],
)
def test_what_was_begun_before_a_fetch_or_a_write_is_asked_anew(repo: Drawn, change: Callable[[Git], object]) -> None:
    with opened(repo) as asked:
        asked.begin("for-each-ref", "refs/tags/another")
        change(asked)
        assert asked.ask("for-each-ref", "refs/tags/another")


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="only Linux makes a pipe larger")
def test_an_answer_that_nobody_reads_yet_does_not_hold_git_up(tmp_path: Path) -> None:
    repo = draw(tmp_path, f"feat: a [{' '.join(f'folder/{number:060}' for number in range(2000))}]")
    with opened(repo) as asked:
        asked.begin("ls-tree", "-r", "HEAD")
        deadline = time.monotonic() + 30
        while (ended := states()) != {"Z"} and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ended == {"Z"}  # and not waited for yet
        assert len(asked.ask("ls-tree", "-r", "HEAD")) > 1 << 17


def test_what_runs_beside_a_run_that_failed_is_stopped(repo: Drawn) -> None:
    before = children()
    asked = opened(repo)
    asked.begin("cat-file", "--batch-check", "--batch-all-objects")
    asked.__exit__(RuntimeError)
    assert children() == before


def test_objects_that_are_too_large_together_are_not_read_and_the_next_question_is_answered(
    repo: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jetscale_cicd.tools.git.objects.MAX_OBJECT_BYTES", 1000)
    name = repo.git("hash-object", "-w", "--stdin", stdin=b"\0" * 400)
    with opened(repo) as asked:
        assert names(asked, name, name) == [name, name]
        with pytest.raises(CannotTellError) as refused:
            asked.read(name, name, name)
        assert refused.value.code == "GIT_LIMIT"
        assert names(asked, name, name) == [name, name]
