"""What is shown while helm waits: a table in place on a terminal, a line for each change elsewhere."""

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

from tests.cluster.stack import LIVE, stack
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

SLOW = "size: 3\nimage: faults.invalid/slow:4\n"
WAITING, READY = "· Deployment web: 0/1 ready", "· Deployment web: 1/1 ready"


def test_without_a_terminal_each_change_is_a_line(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    ended = stack(tmp_path, cluster, namespace, helm4, **{LIVE: SLOW}).run()
    assert ended.status == 0, ended.stderr
    assert "\x1b" not in ended.stderr
    lines = [line.strip() for line in ended.stderr.splitlines() if "Deployment web" in line]
    assert lines[0].startswith(WAITING)
    assert len(set(lines)) == len(lines) < 5  # what does not change is not said again


def test_on_a_terminal_the_table_stays_in_its_place(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4, **{LIVE: SLOW})
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "stage6"],
        cwd=live.sample.repo.path,
        env={**command_environment(helm4), **live.env, "TERM": "xterm", "COLUMNS": "60"},
        stdout=subprocess.DEVNULL,
        stderr=inner,
    )
    os.close(inner)
    said = bytearray()

    def read() -> None:
        while part := _read(outer):
            said.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    assert process.wait(60) == 0
    reader.join(10)
    os.close(outer)
    shown = said.decode()
    assert f"\x1b[1A\x1b[J  {WAITING}" in shown
    assert all(len(line) < 60 for line in shown.splitlines() if "· Deployment" in line and "\x1b[1A" not in line)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 12)
    except OSError:  # Linux says so at the end of a terminal
        return b""
