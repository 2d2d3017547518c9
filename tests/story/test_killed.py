"""Killed at every boundary, and started twice: the end is that of one undisturbed run.

The boundaries are counted in an undisturbed run, so a new step is covered without anybody remembering.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import HELMS, find_helm
from tests.story.test_story import CHART, LIVE
from tests.support.command import command_environment
from tests.support.history import Drawn, clone, git
from tests.support.oci import serve
from tests.support.odd_registry import INDEX, MANIFEST
from tests.support.sample import CONFIG, Sample, small

pytestmark = pytest.mark.slow

# With the steps that only a configuration brings.
STAMPS = 'release: {commit: true, sign_command: ["true", "{image}"]}\n'
DRIVER = Path(__file__).parents[1] / "support" / "killed.py"
VERSIONS = tuple(f"0.{minor}.{patch}" for minor in range(1, 4) for patch in range(4))


@dataclass(frozen=True)
class Stage:
    """A stack and the OCI registry that serves beside it."""

    sample: Sample
    host: str

    @property
    def options(self) -> tuple[str, ...]:
        return (f"--registry=oci://{self.host}/charts",)

    def run(self, repo: Drawn | None = None) -> subprocess.CompletedProcess[str]:
        """An undisturbed run, to its end."""
        return finish(self.start(repo))

    def start(
        self, repo: Drawn | None = None, end_at: int = 0, signals: str = "none", *options: str
    ) -> "subprocess.Popen[str]":
        """A run that is ended before its n-th call."""
        work = self.sample.directory / "tmp"
        work.mkdir(exist_ok=True)
        words = ("stage6", "--output=json", *self.options, *options)
        return subprocess.Popen(
            [sys.executable, DRIVER, work / "count", str(end_at), signals, *words],
            cwd=(repo or self.sample.repo).path,
            env={**command_environment(self.sample.helm), "TMPDIR": str(work)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def calls(self) -> int:
        """How many calls the last run made."""
        return int((self.sample.directory / "tmp" / "count").read_text())

    def published(self) -> dict[str, str]:
        """Version → digest of the archive, asked with nothing of ours."""
        held = {version: self.held(version) for version in VERSIONS}
        return {version: json.loads(content)["layers"][0]["digest"] for version, content in held.items() if content}

    def stated(self) -> dict[str, int]:
        """Version → how many statements refer to its package: docker-registry has them under a tag."""
        found = {}
        for version in self.published():
            tag = f"sha256-{hashlib.sha256(self.held(version)).hexdigest()}"
            found[version] = len(json.loads(self.held(tag, INDEX) or '{"manifests": []}')["manifests"])
        return found

    def held(self, tag: str, media_type: str = MANIFEST) -> bytes:
        """What a tag holds; nothing where there is no such tag."""
        request = urllib.request.Request(
            f"http://{self.host}/v2/charts/small/manifests/{tag}", headers={"Accept": media_type}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                content = answer.read()
        except urllib.error.HTTPError as answered:
            if answered.code != 404:
                raise
            return b""
        assert isinstance(content, bytes)
        return content

    def branches(self) -> str:
        """The remote's branches, each with its tip."""
        return git(self.sample.remote, "for-each-ref", "refs/heads")

    def refs(self) -> dict[str, str]:
        """Every ref of the remote that is no branch, with its commit and its message."""
        lines = git(self.sample.remote, "for-each-ref", "--format=%(refname) %(*objectname) %(contents)%00", "refs")
        parts = (part.strip().partition(" ") for part in lines.split("\0") if part.strip())
        return {name: said for name, _, said in parts if not name.startswith("refs/heads/")}

    def state(self) -> dict[str, object]:
        """All that a run changes."""
        record, manifests = self.sample.record(), self.sample.manifests()
        outside = {
            "published": self.published(),
            "stated": self.stated(),
            "refs": self.refs(),
            "branches": self.branches(),
        }
        return {**outside, "record": record, "manifests": manifests}


def finish(process: "subprocess.Popen[str]") -> subprocess.CompletedProcess[str]:
    stdout, stderr = process.communicate(timeout=120)
    assert "Traceback" not in stderr, stderr
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@contextmanager
def staged(directory: Path, helm: Path) -> Iterator[Stage]:
    with serve(directory / "oci") as host:
        yield Stage(Sample(directory, helm), host)


@pytest.fixture(scope="module", params=[*HELMS, f"{HELMS[-1]}, release.commit"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """0.1.0 is released and deployed; head changes chart and values."""
    name, _, stamps = request.param.partition(", ")
    directory, helm = tmp_path_factory.mktemp("base"), find_helm(name)
    sample = small(directory, {".stage6.yaml": f"{CONFIG}{STAMPS}"} if stamps else None, helm)
    with staged(directory, helm) as stage:
        assert stage.run().returncode == 0
    sample.repo.git("pull", "--quiet", "origin", "main")
    sample.repo.write(LIVE, (sample.repo.path / LIVE).read_text().replace("size: 3", "size: 4"))
    sample.edit("feat: more room", CHART, "1", "2")
    return stage


@contextmanager
def copied(base: Stage, directory: Path) -> Iterator[Stage]:
    shutil.copytree(base.sample.directory, directory, symlinks=True)
    assert base.sample.helm
    with staged(directory, base.sample.helm) as stage:
        yield stage


@pytest.mark.parametrize("signals", ["KILL", "INT,TERM"])
def test_killed_at_any_boundary_the_next_run_ends_where_an_undisturbed_one_does(
    base: Stage, tmp_path: Path, signals: str
) -> None:
    with copied(base, tmp_path / "undisturbed") as stage:
        assert stage.run().returncode == 0
        calls, expected = stage.calls(), stage.state()
    assert calls > 20
    assert expected["stated"] == {"0.1.0": 1, "0.2.0": 1}
    assert set(expected["refs"]) == {"refs/tags/v0.1.0", "refs/tags/v0.2.0"}  # type: ignore[call-overload]
    wrong: dict[int, object] = {}
    for end_at in range(1, calls + 2):
        directory = tmp_path / f"at-{end_at}"
        with copied(base, directory) as stage:
            killed = finish(stage.start(None, end_at, signals))
            assert killed.returncode in ({-9} if signals == "KILL" else {130, 0, -2, -15}), killed.stderr
            again = stage.run()
            found = stage.state()
        if again.returncode or found != expected:
            wrong[end_at] = (again.returncode, again.stderr, found)
        leftovers = [path.name for path in (directory / "tmp").iterdir() if path.name != "count"]
        assert signals == "KILL" or not leftovers
        shutil.rmtree(directory)
    assert wrong == {}


@pytest.mark.parametrize("end_at", [1, 30])
def test_the_driver_ends_where_it_is_told(base: Stage, tmp_path: Path, end_at: int) -> None:
    with copied(base, tmp_path / "stage") as stage:
        assert finish(stage.start(None, end_at, "KILL")).returncode == -9


# Two runs at once


def told(ended: list[subprocess.CompletedProcess[str]]) -> str:
    """All that the runs said: pytest shortens a list of them, and the reason of a rare failure would be lost."""
    return "\n".join(f"exit status {each.returncode}\n{each.stderr}\n{each.stdout}" for each in ended)


def check_consistent(stage: Stage, said: object = "") -> list[str]:
    """Every tag names a chart that is there as it was released, nothing is reserved any more; the versions in order."""
    published, refs = stage.published(), stage.refs()
    assert [name for name in refs if not name.startswith("refs/tags/")] == [], said
    for name, message in refs.items():
        assert f"Chart-Digest: {published[name.removeprefix('refs/tags/v')]}" in message
    return sorted(name.removeprefix("refs/tags/") for name in refs)


@pytest.mark.parametrize("turn", range(10))
def test_two_runs_of_one_commit_create_one_version(base: Stage, tmp_path: Path, turn: int) -> None:
    with copied(base, tmp_path / "stage") as stage:
        other = clone(stage.sample.repo, tmp_path / "stage" / "other")
        other.git("remote", "set-url", "origin", "../remote.git")
        ended = [finish(process) for process in [stage.start(repo) for repo in (stage.sample.repo, other)]]
        assert [each.returncode for each in ended] == [0, 0], told(ended)
        assert check_consistent(stage) == ["v0.1.0", "v0.2.0"]


@pytest.mark.parametrize("turn", range(10))
def test_two_runs_of_two_commits_lose_neither_and_version_them_in_their_order(
    base: Stage, tmp_path: Path, turn: int
) -> None:
    with copied(base, tmp_path / "stage") as stage:
        stamps = STAMPS in (stage.sample.repo.path / ".stage6.yaml").read_text()
        older = clone(stage.sample.repo, tmp_path / "stage" / "older")
        older.git("remote", "set-url", "origin", "../remote.git")
        newer = stage.sample.edit("fix: one more", CHART, "2", "5")
        both = (older, stage.sample.repo) if turn % 2 else (stage.sample.repo, older)
        ended = [finish(process) for process in [stage.start(repo) for repo in both]]
        statuses = dict(zip((repo.path for repo in both), (each.returncode for each in ended), strict=True))
        # A release commit goes on top of the tip, so the older run is red where the newer one has not begun yet.
        expected = (0, 3) if stamps else (0,)
        assert (statuses[stage.sample.repo.path], statuses[older.path] in expected) == (0, True), told(ended)
        said = told(ended)
        tags = check_consistent(stage, said)
        commits = [git(stage.sample.remote, "rev-parse", f"{tag}{'^' if stamps else '^{}'}") for tag in tags]
        assert commits[1:] in ([older.head, newer], [newer]), said
        assert json.loads(stage.run().stdout)["decision"] == "nothing"
        assert stage.sample.record()["commit"] == newer


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX signals")
def test_an_interrupted_run_says_so_and_what_to_do(base: Stage, tmp_path: Path) -> None:
    with copied(base, tmp_path / "stage") as stage:
        ended = finish(stage.start(None, 5, "INT,TERM"))
    assert ended.returncode == 130
    assert "error INTERRUPTED" in ended.stderr
    assert "run again" in ended.stderr
