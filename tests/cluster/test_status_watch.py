"""`status --watch`: each change as it happens, little asked for it, and a server that does not answer for a moment."""

import json
import os
import pty
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.stack import LIVE, Stack, stack
from tests.support.api_proxy import Front, front
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

_PATIENCE = 30
_SCALE = "application/merge-patch+json"


@dataclass
class Watching:
    """A command that goes on, and the lines that it writes."""

    process: subprocess.Popen[str]
    lines: "queue.Queue[str]"

    def read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line)

    def until(self, text: str) -> str:
        """The next line that has a text."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            line = self.lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            if text in line:
                return line

    def interrupted(self) -> int:
        """Exit status after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_PATIENCE)


@contextmanager
def watching(live: Stack, *words: str) -> Iterator[Watching]:
    with subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "status", "--watch", *words],
        cwd=live.sample.repo.path,
        env={**command_environment(live.sample.helm), **live.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        found = Watching(process, queue.Queue())
        reader = threading.Thread(target=found.read, daemon=True)
        reader.start()
        try:
            yield found
        finally:
            process.kill()
            reader.join(_PATIENCE)


def scale(live: Stack, replicas: int) -> None:
    path = "/apis/apps/v1/namespaces/{}/deployments/web?fieldManager=kubectl-scale"
    live.ask(path, "PATCH", {"spec": {"replicas": replicas}}, _SCALE)


@pytest.fixture
def before(cluster: Cluster, tmp_path: Path) -> Iterator[Front]:
    if cluster.certificate:
        pytest.skip("nobody stands in front of a server that knows its user by a certificate")
    with front(cluster, tmp_path / "front") as made:
        yield made


def test_each_change_is_a_line_and_little_is_asked_for_it(
    before: Front, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path / "stack", before.cluster, namespace, helm4)
    live.done()
    asked: list[str] = []

    def count(method: str, path: str) -> None:
        asked.append(f"{method} {path.partition('?')[0]}")

    with watching(live) as seen:
        seen.until("no drift: ")
        seen.until("next run")
        time.sleep(1)
        before.rule = count
        time.sleep(2.5)
        before.rule = lambda _method, _path: None
        lists = [each for each in asked if each.endswith(("secrets", "deployments", "configmaps"))]
        assert 3 <= len(lists) <= 12
        assert not [each for each in asked if each.startswith("PATCH") or each.endswith("/web")]
        scale(live, 4)
        assert (
            "live: drift: Deployment web spec.replicas is 4, the release sets 1: changed by kubectl-scale"
            in seen.until("drift")
        )
        scale(live, 1)
        seen.until("live: no drift: ")
        before.down.set()
        assert "live: not compared: " in seen.until("not compared")
        before.down.clear()
        seen.until("live: no drift: ")
        live.sample.edit("chore(live): more", LIVE, "size: 3", "size: 4")
        live.done()
        seen.until("revision 2 is deployed")
        assert seen.interrupted() == 130


def test_for_programs_each_change_is_a_document_in_one_line(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    with watching(live, "--output=json") as seen:
        first = json.loads(seen.until("{"))
        scale(live, 4)
        while not (drift := json.loads(seen.until("{"))["targets"][0]["drift"]):
            pass
        assert (first["targets"][0]["drift"], drift[0]["path"]) == ([], "spec.replicas")
        assert seen.interrupted() == 130
    assert seen.lines.empty()


def test_on_a_terminal_it_is_drawn_in_place(cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path) -> None:
    live = stack(tmp_path, cluster, namespace, helm4)
    live.done()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "jetscale_cicd", "status", "--watch"],
        cwd=live.sample.repo.path,
        env={**command_environment(helm4), **live.env, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = _until(ours, b"next run")
    scale(live, 4)
    shown += _until(ours, b"drift: Deployment web spec.replicas is 4")
    process.send_signal(signal.SIGINT)
    while part := _read(ours):
        shown += part
    os.close(ours)
    assert process.wait(_PATIENCE) == 130
    assert b"A\x1b[Jas of " in shown
    assert b"error" not in shown


def _until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        part = _read(terminal)
        assert part, shown
        shown += part
    return shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 12)
    except OSError:  # Linux says so at the end of a terminal
        return b""
