"""A program is looked up on the absolute parts of PATH alone, and what is started gets no others."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.tools.git import descendants, open_repository
from jetscale_cicd.tools.gpg import Gpg
from jetscale_cicd.tools.kubernetes import open_kubernetes
from jetscale_cicd.tools.process import Processes, tool_environment
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.login import CredentialStore
from jetscale_cicd.tools.search_path import find_program, relative_parts, search_path
from tests.conftest import sampled
from tests.support.history import Drawn, bare, draw
from tests.support.hostile import RELATIVE, Hostile

pytestmark = pytest.mark.quick(14)

PLAIN = Redactor.of(())


@pytest.fixture
def processes() -> Processes:
    return Processes(PLAIN, lambda _: None)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    """A working directory that is full of programs which must not run."""
    directory = tmp_path / "checkout"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return Hostile.in_(directory, tmp_path / "ran")


@pytest.mark.parametrize(
    ("path", "searched", "ignored"),
    [
        ("/a:/b", "/a:/b", ()),
        (":/a", "/a", ("",)),
        ("/a:", "/a", ("",)),
        ("/a::/b", "/a:/b", ("",)),
        (".:/a", "/a", (".",)),
        ("bin:/a:../b:./c:~/d", "/a", ("bin", "../b", "./c", "~/d")),
        ("", os.defpath, ("",)),
        (".", os.defpath, (".",)),
    ],
)
def test_the_absolute_parts_alone_are_searched(path: str, searched: str, ignored: tuple[str, ...]) -> None:
    assert (search_path({"PATH": path}), relative_parts({"PATH": path})) == (searched, ignored)


def test_without_a_path_it_is_the_systems_own() -> None:
    assert (search_path({}), relative_parts({})) == (os.defpath, ())


@pytest.mark.parametrize("path", RELATIVE)
def test_a_program_of_the_working_directory_is_not_found(hostile: Hostile, path: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        find_program("no-such-program", {"PATH": f"{path}:/nowhere"})
    assert caught.value.code == "TOOL_MISSING"
    assert caught.value.message.endswith(f"on PATH, whose relative parts are not searched: {path!r}")
    assert find_program("git", {"PATH": f"{path}:{os.environ['PATH']}"}) == shutil.which("git")


def test_a_path_is_absolute_or_names_no_program(hostile: Hostile) -> None:
    with pytest.raises(PreconditionError):
        find_program("bin/helm", os.environ)
    with pytest.raises(PreconditionError):
        find_program("./helm", os.environ)
    assert find_program(str(hostile.directory / "helm"), os.environ) == str(hostile.directory / "helm")


def test_a_directory_and_a_file_that_is_not_executable_are_no_programs(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").touch()
    for name in ("folder", "text"):
        with pytest.raises(PreconditionError):
            find_program(name, {"PATH": str(tmp_path)})


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """A directory with a program that shows its PATH, and starts `helm` by its name."""
    directory = tmp_path / "tools"
    directory.mkdir()
    for name in ("tool", "helm"):
        body = "subprocess.run(['helm'], check=True)" if name == "tool" else "print(json.dumps(os.environ['PATH']))"
        (directory / name).write_text(f"#!{sys.executable}\nimport json, os, subprocess\n{body}\n")
        (directory / name).chmod(0o755)
    return directory


@pytest.mark.parametrize("path", sampled(RELATIVE, one_of=2))
@pytest.mark.parametrize("guarded", [False, True], ids=["plain", "guarded"])
def test_a_program_and_what_it_starts_get_no_relative_part(
    processes: Processes, hostile: Hostile, tool: Path, path: str, guarded: bool
) -> None:
    rest = f"{tool}:/bin:/usr/bin"
    for env in ({"PATH": f"{path}:{rest}"}, {"PATH": f"{rest}:{path}"}):
        finished = processes.run(["tool"], env=env, cwd=hostile.directory, guarded=guarded, timeout=60)
        assert (finished.status, json.loads(finished.stdout), hostile.ran) == (0, rest, [])


@pytest.mark.parametrize("path", RELATIVE)
def test_one_in_the_background_neither(processes: Processes, hostile: Hostile, tool: Path, path: str) -> None:
    done = threading.Event()
    (tool / "kubectl").write_text(f"#!/bin/sh\nhelm > {tool}/said\nexec sleep 60\n")
    (tool / "kubectl").chmod(0o755)
    with open_kubernetes(processes, {"PATH": f"{path}:{tool}:/bin:/usr/bin"}, "", tool):
        while not (tool / "said").exists() or not (tool / "said").read_text():
            assert not done.wait(0.05)
    assert (json.loads((tool / "said").read_text()), hostile.ran) == (f"{tool}:/bin:/usr/bin", [])


@pytest.mark.parametrize("path", RELATIVE)
def test_programs_that_are_not_on_path_are_missing(processes: Processes, hostile: Hostile, path: str) -> None:
    env = {**os.environ, "PATH": f"{path}:/nowhere"}
    asks: list[Callable[[], object]] = [
        lambda: processes.run(["helm", "version"], env=env),
        lambda: processes.run(["helm", "version"], env=env, guarded=True),
        lambda: Gpg(processes, env).clear_sign(hostile.directory, hostile.directory, "key"),
        lambda: CredentialStore(processes, env)._helper("hostile", "get", b""),
        lambda: open_kubernetes(processes, env, "", hostile.directory).__enter__(),
    ]
    for ask in asks:
        with pytest.raises(PreconditionError, match="relative parts are not searched"):
            ask()
    assert hostile.ran == []


def test_what_stands_beside_the_interpreter_is_searched_last() -> None:
    beside = str(Path(sys.executable).parent)
    assert tool_environment({"PATH": ".:/a:"})["PATH"] == f"/a:{beside}"
    assert tool_environment({"PATH": ""})["PATH"] == f"{os.defpath}:{beside}"


# --- git, which is started elsewhere ------------------------------------------------------------------------------


@pytest.fixture
def repo(hostile: Hostile, tmp_path: Path) -> Drawn:
    repo = draw(hostile.directory, "feat: a [x]")
    repo.git("remote", "add", "origin", bare(repo, tmp_path / "origin.git").as_uri())
    return repo


@pytest.mark.parametrize("path", RELATIVE)
def test_git_and_what_it_starts_are_those_of_path(
    repo: Drawn, hostile: Hostile, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = repo.head
    monkeypatch.setenv("PATH", f"{path}:{os.environ['PATH']}")
    with open_repository(repo.path, network=True, redact=PLAIN) as git:
        assert git.ask("rev-parse", "HEAD").decode().strip() == head
        assert git.read("HEAD")[0]
        assert git.fetch("origin").status == 0
        assert git.write("push", "origin", "HEAD:refs/heads/x").status == 0
        assert git.run("ls-remote", "ssh://127.0.0.1:1/x").status != 0
        assert git.run("ls-remote", "hostile::x").status != 0
    assert hostile.ran == []


@pytest.mark.parametrize("path", sampled(RELATIVE, one_of=3))
def test_gitpython_runs_no_other_git_while_it_is_imported(
    repo: Drawn, hostile: Hostile, path: str, tmp_path: Path
) -> None:
    program = (
        "import os, sys; from pathlib import Path; from jetscale_cicd.tools.git import open_repository\n"
        "from jetscale_cicd.tools.redact import Redactor\n"
        "before = os.environ['PATH']\n"
        "open_repository(Path('.'), network=False, redact=Redactor.of(()))\n"
        "import semantic_release.commit_parser.conventional.parser\n"
        "assert 'git' in sys.modules and os.environ['PATH'] == before"
    )
    project = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}", "PYTHONPATH": project}
    subprocess.run([sys.executable, "-P", "-c", program], env=env, cwd=hostile.directory, check=True)
    assert hostile.ran == []


def test_without_git_gitpython_is_not_imported(
    repo: Drawn, hostile: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", f":{tmp_path / 'empty'}")
    monkeypatch.delitem(sys.modules, "git", raising=False)
    with pytest.raises(PreconditionError, match="git is not on PATH, whose relative parts"):
        open_repository(repo.path, network=False, redact=PLAIN)
    assert (hostile.ran, "git" in sys.modules) == ([], False)


@pytest.mark.parametrize("path", RELATIVE)
def test_ps_is_that_of_path(hostile: Hostile, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc."""
    monkeypatch.setattr(descendants, "_PROC", hostile.directory / "nowhere")
    monkeypatch.setenv("PATH", f"{path}:{os.environ['PATH']}")
    descendants.descendants(os.getpid())
    assert hostile.ran == []
