"""Scratch directories: private, in memory where they hold secrets, and swept when their run is dead, never before."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jetscale_cicd.tools import scratch
from jetscale_cicd.tools.scratch import memory, scratch_directory, sweep_scratch
from tests.support.command import command
from tests.support.sample import WHERE, Sample, small

HOLD = """
import sys, time
from jetscale_cicd.tools.scratch import scratch_directory
with scratch_directory("secret", secret={secret}) as directory:
    (directory / "0.yaml").write_text("token: canary")
    print(directory, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place for scratch directories."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr(scratch, "_SOCKETS", str(directory))
    monkeypatch.setattr(scratch, "_SHARED_MEMORY", str(directory))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return directory


def holder(place: Path, *, secret: bool = False) -> tuple["subprocess.Popen[str]", Path]:
    """Another process that has a scratch directory, and the directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(secret=secret)],
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_it_is_private_and_gone_afterwards(place: Path) -> None:
    with scratch_directory("tag") as directory:
        assert directory.parent == place
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        (directory / "file").write_text("x")
        sweep_scratch()
        assert (directory / "file").exists()
    assert list(place.iterdir()) == []


def test_what_a_killed_run_left_is_swept_and_what_a_live_one_has_is_not(place: Path) -> None:
    (dead, left), (live, kept) = holder(place), holder(place)
    kill(dead)
    assert (left / "0.yaml").exists()
    sweep_scratch()
    assert (left.exists(), (kept / "0.yaml").exists()) == (False, True)
    live.send_signal(signal.SIGINT)
    live.wait()
    kill(live)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("what", ["link", "file", "mode", "name", "a link in it"])
def test_nothing_else_is_swept(place: Path, tmp_path: Path, what: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "file").write_text("x")
    directory = place / ("jetscale-cicd-abcdefgh" if what == "name" else "jetscale-cicd.secret.abcdefgh")
    if what == "link":
        directory.symlink_to(elsewhere)
    elif what == "file":
        directory.write_text("x")
    else:
        directory.mkdir(mode=0o755 if what == "mode" else 0o700)
        directory.chmod(0o755 if what == "mode" else 0o700)
        (directory / "link").symlink_to(elsewhere)
    sweep_scratch()
    assert (elsewhere / "file").exists()
    assert directory.exists() == (what != "a link in it")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_the_directory_of_another_user_is_not_swept(place: Path) -> None:
    directory = place / "jetscale-cicd.secret.abcdefgh"
    directory.mkdir(mode=0o700)
    os.chown(directory, 12345, 12345)
    sweep_scratch()
    assert directory.exists()


def test_one_that_is_swept_before_it_is_locked_is_made_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = scratch._is_there
    taken: list[str] = []

    def is_there(path: str, directory: int) -> bool:
        if not taken:
            taken.append(path)
            Path(path).rmdir()
        return original(path, directory)

    monkeypatch.setattr(scratch, "_is_there", is_there)
    with scratch_directory() as directory:
        assert str(directory) not in taken
        assert directory.is_dir()


@pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="needs Linux")
def test_secrets_are_kept_in_memory_where_there_is_one(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory() == ""
    with scratch_directory(secret=True) as directory:
        assert directory.parent == place
    mounts = place.parent / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\ntmpfs {place} tmpfs rw 0 0\n")
    monkeypatch.setattr(scratch, "_MOUNTS", mounts)
    assert memory() == str(place)
    monkeypatch.setattr(scratch, "_ROOM", 1 << 60)
    assert memory() == ""


SECRET = "canary-of-a-run-that-was-killed"
TARGET = f"{WHERE}, engine: render, secrets: {{api.token: API_TOKEN}}"
CONFIG = f"chart: {{registry: ../registry}}\ntargets: {{live: {{{TARGET}}}}}\n"


def find(*places: Path) -> list[Path]:
    """The files that hold the secret."""
    files = (file for each in places for file in each.rglob("jetscale-cicd*/**/*") if file.is_file())
    return [file for file in files if SECRET.encode() in file.read_bytes()]


@pytest.mark.skipif(not memory() and not Path("/dev/shm").is_dir(), reason="needs /dev/shm")
def test_a_run_that_is_killed_leaves_its_secrets_to_the_next_one(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helm4: Path
) -> None:
    monkeypatch.undo()
    stack = Sample(small(tmp_path / "stack", {".stage6.yaml": CONFIG}).directory, helm4)
    program = tmp_path / "bin" / "helm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = template ] && touch {tmp_path}/here && exec sleep 60\nexec {helm4} "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "TMPDIR": str(place), "API_TOKEN": SECRET}
    run = subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "stage6"],
        cwd=stack.repo.path,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "here").exists() and run.poll() is None:
        pass
    (held,) = find(Path("/dev/shm"), place)
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    assert held.is_relative_to("/dev/shm")
    run.kill()
    run.wait()
    assert held.exists()
    assert command("status", cwd=stack.repo.path, env={"TMPDIR": str(place), "API_TOKEN": SECRET}).status == 0
    assert (find(Path("/dev/shm"), place), list(place.iterdir())) == ([], [])


def test_a_directory_that_another_run_sweeps_before_it_is_locked_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []
    opening = os.open

    def sweeping(path: str, *options: int, **more: int | None) -> int:
        if not swept:
            swept.append(path)
            shutil.rmtree(path)
        return opening(path, *options, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", sweeping)
    with scratch_directory() as made:
        assert made.is_dir()
    assert swept != [str(made)]


def test_the_runtime_directory_of_another_user_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(scratch, "_is_in_memory", lambda _: True)
    assert scratch.memory() == str(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert scratch.memory() != str(tmp_path)


@pytest.mark.parametrize("arguments", [("stage6",), ("simulate", "--worktree", "--base=HEAD")])
def test_a_place_in_the_work_tree_is_no_part_of_it_and_a_relative_one_will_do(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    sample = small(tmp_path / "sample")
    sample.repo.write("envs/live/values.yaml", "global: {client_name: jetscale, env: prod}\nsize: 4\n")
    env = {"TMPDIR": ".", "XDG_RUNTIME_DIR": "."}
    ended = sample.command(*arguments, "--output=json", env=env)
    assert ended.status == 0, ended.stderr
    assert "jetscale-cicd." not in ended.stdout
    assert [path.name for path in sample.repo.path.iterdir() if path.name.startswith("jetscale-cicd.")] == []
