"""Killed at every boundary of a deploy, and in the middle of helm's: the next run ends where an undisturbed one does.

One release lives through all of it: its first revision's time and its Deployment's UID prove that it was never
uninstalled. What comes before the deploy (package, publish, tag) is killed in tests/story/test_killed.py.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from tests.cluster.stack import LIVE, Stack, stack
from tests.cluster.test_lock import LEASE, lease
from tests.support.command import command_environment
from tests.support.control_plane import Cluster

DRIVER = Path(__file__).parent.parent / "support" / "killed.py"
MODULE = (sys.executable, "-m", "jetscale_cicd")
# The driver, which ends nothing: it hears SIGINT even where a shell's background job would not.
HEARING = (sys.executable, DRIVER, os.devnull, "0", "none")
SIGNALS = ["KILL", "INT,TERM"]
# The sixty boundaries take minutes: each worker of pytest-xdist gets some of them.
PARTS = 5
CANARY = "canary-5ecret-of-a-killed-run"
SECRET = {"API_TOKEN": CANARY}
_MERGE = "application/merge-patch+json"


@dataclass
class Life:
    """A release that gets new values again and again."""

    live: Stack
    directory: Path
    size: int = 3
    uid: str = ""
    born: str = ""
    audit: Path = field(init=False)

    def __post_init__(self) -> None:
        self.audit = self.directory / "audit.jsonl"
        self.live.done(**SECRET)
        self.uid = self.live.deployment()["metadata"]["uid"]
        self.born = self.live.stored(1)["info"]["first_deployed"]

    def change(self) -> str:
        """New values, due to be deployed."""
        self.size += 1
        return self.live.sample.edit("chore(live): size", LIVE, f"size: {self.size - 1}", f"size: {self.size}")

    def start(self, *argv: str | Path) -> "subprocess.Popen[bytes]":
        """A run, with the driver in front of it or without."""
        return subprocess.Popen(
            [*argv, "stage6", f"--audit={self.audit}"],
            cwd=self.live.sample.repo.path,
            env={
                **command_environment(self.live.sample.helm),
                **self.live.env,
                **SECRET,
                "TMPDIR": str(self.directory),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def killed_at(self, end_at: int, signals: str) -> tuple[int, str]:
        """A run that is ended before its n-th call: its status and what it said."""
        process = self.start(sys.executable, DRIVER, self.directory / "count", str(end_at), signals)
        said = process.communicate(timeout=120)[1].decode()
        assert "Traceback" not in said, said
        return process.returncode, said

    def time_passes(self) -> None:
        """A Lease that nobody renews any more comes to its end."""
        past = "2020-01-01T00:00:00.000000Z"
        self.live.ask(f"{LEASE}/stage6-app", "PATCH", {"spec": {"renewTime": past}}, _MERGE)

    def check(self, commit: str) -> str:
        """The commit is deployed, on the release that was there from the beginning; "" where all is well."""
        again = self.live.run(**SECRET)
        history = self.live.history()
        number, status = history[-1]
        stored = self.live.stored(number)
        found = {
            "status": again.status,
            "deployed": [state for _, state in history].count("deployed"),
            "newest": status,
            "pending": [state for _, state in history if state.startswith("pending")],
            "commit": stored["config"]["global"]["stage6"]["commit"],
            "uid": self.live.deployment()["metadata"]["uid"],
            "born": stored["info"]["first_deployed"],
            "unverified": "unverified" in stored["info"]["description"],
            "in clear": [each for each, _ in history if CANARY in json.dumps(self.live.stored(each)["config"])],
        }
        wanted = {
            "status": 0,
            "deployed": 1,
            "newest": "deployed",
            "pending": [],
            "commit": commit,
            "uid": self.uid,
            "born": self.born,
            "unverified": False,
            "in clear": [],
        }
        return "" if found == wanted else f"{found}\n{again.stderr}"


@pytest.fixture
def life(cluster: Cluster, namespace: str, helm: Path, tmp_path: Path) -> Life:
    # Whatever ends a run: Helm keeps no secret, and the contract was looked at.
    more = "    secrets: {api.token: API_TOKEN}\n"
    live = stack(tmp_path / "stack", cluster, namespace, helm, more)
    live.sample.edit("chore: contract", ".stage6.yaml", "required_secrets: []", "required_secrets: [contract]")
    live.ask("/api/v1/namespaces/{}/secrets", "POST", {"metadata": {"name": "contract"}})
    return Life(live, tmp_path)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("signals", SIGNALS)
def test_killed_at_any_boundary_the_next_run_ends_where_an_undisturbed_one_does(
    life: Life, helm: Path, signals: str, part: int
) -> None:
    step = PARTS if helm.name == "helm4" else 2 * PARTS  # helm 3: every other one
    commit = life.change()
    assert life.killed_at(0, "none")[0] == 0
    calls = int((life.directory / "count").read_text())
    assert calls > 25
    assert life.check(commit) == ""
    wrong: dict[int, str] = {}
    for end_at in range(1 + part, calls + 2, step):
        commit = life.change()
        status, said = life.killed_at(end_at, signals)
        if signals == "KILL":
            assert status == -signal.SIGKILL
            life.time_passes()
        else:
            assert status in (130, 0, -signal.SIGINT, -signal.SIGTERM), said
            assert lease(life.live).get("holderIdentity", "") == "", f"at {end_at}: the lock was not given back"
        if trouble := life.check(commit):
            wrong[end_at] = f"{trouble}\n--- killed:\n{said}"
    assert wrong == {}


def wait_for_helm(errors: IO[bytes]) -> str:
    """What a run says until it starts helm's upgrade."""
    said = ""
    while "$ helm upgrade" not in said:
        line = errors.readline()
        assert line, said
        said += line.decode()
    return said


def wait_until_pending(life: Life, said: str) -> None:
    """Until helm has written its revision."""
    deadline = time.monotonic() + 10
    while life.live.history()[-1] != (2, "pending-upgrade"):
        assert time.monotonic() < deadline, said


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.5])
def test_killed_while_helm_is_at_work_helm_is_ended_and_the_next_run_goes_on(life: Life, seconds: float) -> None:
    commit = life.change()
    process = life.start(*MODULE)
    assert process.stderr
    wait_for_helm(process.stderr)
    time.sleep(seconds)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10
    while helms := helms_of(life.live.namespace):
        assert time.monotonic() < deadline, helms
        time.sleep(0.05)
    life.time_passes()
    assert life.check(commit) == ""


def test_the_run_after_a_killed_one_waits_for_the_end_of_its_lock_and_goes_on(
    cluster: Cluster, namespace: str, helm4: Path, tmp_path: Path
) -> None:
    life = Life(stack(tmp_path / "stack", cluster, namespace, helm4, timeout="20s"), tmp_path)
    life.live.sample.edit("chore(live): slow", LIVE, "size:", "image: faults.invalid/slow:8\nsize:")
    process = life.start(*MODULE)
    assert process.stderr
    wait_until_pending(life, wait_for_helm(process.stderr))
    process.kill()
    process.communicate()
    assert life.check(life.live.sample.repo.head) == ""
    assert life.live.history()[:2] == [(1, "superseded"), (2, "failed")]


def helms_of(namespace: str) -> dict[int, str]:
    """Every helm that is at work in a namespace, with its command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue
            if words[0].rpartition("/")[2].startswith("helm") and namespace in words:
                found[int(entry.name)] = " ".join(words)
    return found


def test_a_helm_that_is_killed_leaves_nothing_pending_and_is_rolled_back(life: Life) -> None:
    life.live.sample.edit("chore(live): slow", LIVE, "size:", "image: faults.invalid/slow:60\nsize:")
    process = life.start(*MODULE)
    assert process.stderr
    said = wait_for_helm(process.stderr)
    wait_until_pending(life, said)
    for number in helms_of(life.live.namespace):
        os.kill(number, signal.SIGKILL)
    said += process.communicate(timeout=60)[1].decode()
    assert process.returncode == 5, said
    assert "error HELM_KILLED" in said
    assert life.live.history() == [(1, "superseded"), (2, "failed"), (3, "deployed")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX signals")
@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM"])
def test_a_signal_reaches_helm_once_and_all_is_left_in_order(life: Life, first: str) -> None:
    commit = life.change()
    life.live.sample.edit("chore(live): slow", LIVE, "size:", "image: faults.invalid/slow:60\nsize:")
    process = life.start(*HEARING)
    assert process.stderr
    wait_for_helm(process.stderr)
    time.sleep(1.5)
    process.send_signal(signal.Signals[first])
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=90)[1].decode()
    assert process.returncode == 130, said
    assert "error INTERRUPTED" in said
    assert life.live.history()[-1] == (2, "failed")
    assert lease(life.live).get("holderIdentity", "") == ""
    entry = json.loads(life.audit.read_text().splitlines()[-1])
    assert (entry["result"], entry["commit"]) == ("interrupted", life.live.sample.repo.head)
    assert (entry["revision"], entry["error"]["code"]) == (2, "INTERRUPTED")
    assert entry["digest"]
    assert "interrupted: revision 2 is failed, and its objects stay" in said
    commit = life.live.sample.edit("fix(live): not slow", LIVE, "image: faults.invalid/slow:60\n", "")
    assert life.check(commit) == ""
