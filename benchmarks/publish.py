"""A full publish (package, push to a registry on this machine, tag, render) beside what it starts, and bare commands.

Its own children's time is git's (trace2) and helm's (a wrapper with a clock), so what is left is ours: Python, imports,
questions to the registry. The git that answers from beginning to end does nothing most of that time, so that its time
is counted as ours. What python-semantic-release's import costs is no part of the ratio and has a row of its own; two of
the git processes are started by that import (GitPython asks for git's version, twice). The bare commands are those that
a person would type for a version that he knows already.
The budget is for a run that waits for a deploy: benchmarks/deploy.py.

With 10,000 releases, the run's own work on each of them may not show: it gets half of git's and helm's time and 0.2 s.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.measure import Row, interleaved, milliseconds, process
from benchmarks.repositories import Commit, environment, make

ROUNDS = 7
OVER_CHILDREN = 1.5
GIT_PROCESSES = 12
RELEASES = 10_000
CONSTANT = 0.2  # seconds
PARSER = "import semantic_release.commit_parser.conventional.parser"
CHART = b"apiVersion: v2\nname: app\nversion: 0.0.0\n"
CONFIG = "targets: {live: {namespace: jetscale-prod, release: jetscale-stack, engine: render}}\n"
_WRAPPER = """#!/bin/bash
start=${EPOCHREALTIME/./}
"$BENCH_HELM" "$@"
code=$?
echo $((${EPOCHREALTIME/./} - start)) >> "$BENCH_TIMES"
exit $code
"""


@dataclass(frozen=True)
class Bench:
    """A clone with a remote, and a registry's place for it."""

    clone: Path
    place: str
    turns: Iterator[int]

    def change(self) -> str:
        """Commit and push a change of the chart, and return the version that it is going to be."""
        number = next(self.turns)
        (self.clone / "charts/app/values.yaml").write_text(f"size: {number}\n")
        identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.invalid")
        process("git", *identity, "commit", "--quiet", "--all", "--message", "fix: size", cwd=self.clone)
        process("git", "push", "--quiet", "origin", "main", cwd=self.clone)
        return f"0.1.{number}"


def rows(scratch: Path) -> list[Row]:
    """Measure, in turns."""
    program = shutil.which("docker-registry", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        return [Row("a full publish", "no docker-registry here: make registry")]
    from tests.support.oci import serve

    with serve(scratch / "oci") as host:
        return _rows(scratch, f"oci://{host}")


def _rows(scratch: Path, registry: str) -> list[Row]:
    ours = _bench(scratch / "ours", f"{registry}/ours")
    theirs = _bench(scratch / "bare", f"{registry}/bare")
    children: list[tuple[float, int, int]] = []

    def publish() -> None:
        ours.change()
        children.append(_publish(ours, scratch))

    taken = interleaved(
        {
            "ours": publish,
            "bare": lambda: _bare(theirs, theirs.change()),
            "change": ours.change,
            "parser": lambda: process(sys.executable, "-c", PARSER, cwd=scratch),
            "python": lambda: process(sys.executable, "-c", "pass", cwd=scratch),
        },
        ROUNDS,
    )
    spent = {name: taken[name] - taken["change"] for name in ("ours", "bare")}
    inside, git, helm = min(children)
    parser = taken["parser"] - taken["python"]
    ratio = (spent["ours"] - parser) / inside
    files = _bench(scratch / "files", "../registry")
    (scratch / "files" / "registry").mkdir()
    files.change()
    few = _publish(files, scratch)[1]
    met = max(git, few) <= GIT_PROCESSES
    return [
        Row(
            "publish without a cluster, over the git and helm that it starts",
            f"{ratio:.2f} x",
            f"≤ {OVER_CHILDREN} x",
            ratio <= OVER_CHILDREN,
        ),
        Row("  python-semantic-release's import, which is left out above", milliseconds(parser)),
        Row("  with it", f"{spent['ours'] / inside:.2f} x"),
        Row("  over the five commands that a person would type", f"{spent['ours'] / spent['bare']:.2f} x"),
        Row("  whole process, its git and helm, the five commands", _all(spent["ours"], inside, spent["bare"])),
        Row("  git processes started, to a directory as the registry", f"{git}, {few}", f"≤ {GIT_PROCESSES}", met),
        Row("  helm processes started", str(helm)),
        _many_releases(scratch / "many", scratch, parser),
    ]


def _many_releases(directory: Path, scratch: Path, parser: float) -> Row:
    """A publish in a repository with many releases."""
    bench = _cloned(directory, _released(RELEASES), "../registry", first=RELEASES)
    (directory / "registry").mkdir()
    spent = []
    for _ in range(ROUNDS):
        bench.change()
        whole, inside, _ = children_of(bench.clone, bench.place, scratch, {})
        spent.append((whole - parser, inside))
    ours, inside = min(spent)
    allowed = OVER_CHILDREN * inside + CONSTANT
    budget = f"≤ {OVER_CHILDREN} x + {milliseconds(CONSTANT)}: {milliseconds(allowed)}"
    what = f"  {RELEASES:,} releases: without that import, its git and helm"
    return Row(what, _all(ours, inside), budget, ours <= allowed)


def _released(count: int) -> Iterator[Commit]:
    """Every commit changes the chart, and is released."""
    for number in range(count):
        files = _start() if number == 0 else [(b"charts/app/values.yaml", b"size: %d\n" % -number)]
        yield Commit(b"fix: size", files, b"v0.1.%d" % number, b"v0.1.%d\n\n## 0.1.%d\n" % (number, number))


def _all(*seconds: float) -> str:
    return ", ".join(map(milliseconds, seconds))


def _bench(directory: Path, place: str) -> Bench:
    return _cloned(directory, iter([Commit(b"feat: start", _start(), b"v0.1.0")]), place, first=1)


def _cloned(directory: Path, history: Iterator[Commit], place: str, *, first: int) -> Bench:
    made = make(directory / "drawn", history)
    process("git", "clone", "--quiet", "--bare", str(made), "remote.git", cwd=directory)
    process("git", "clone", "--quiet", "remote.git", "clone", cwd=directory)
    return Bench(directory / "clone", place, count(first))


def _start() -> list[tuple[bytes, bytes]]:
    template = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {size: {{ .Values.size | quote }}}\n"
    chart = [(b"charts/app/Chart.yaml", CHART), (b"charts/app/values.yaml", b"size: 0\n")]
    values = (b"envs/live/values.yaml", b"global: {client_name: jetscale, env: prod}\n")
    return [*chart, (b"charts/app/templates/a.yaml", template), values, (b".stage6.yaml", CONFIG.encode())]


def _publish(bench: Bench, scratch: Path) -> tuple[float, int, int]:
    """Seconds of git and helm in one run, and how many of each it started."""
    _, inside, (git, helm, _) = children_of(bench.clone, bench.place, scratch, {})
    return inside, git, helm


def children_of(
    clone: Path, registry: str, scratch: Path, more: Mapping[str, str]
) -> tuple[float, float, tuple[int, int, int]]:
    """Seconds of a whole run, of its git and helm, and how many git, helm and kubectl it started."""
    trace, times, wrapper = scratch / "trace", scratch / "times", scratch / "bin" / "helm"
    for file in (trace, times):
        file.unlink(missing_ok=True)
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(_WRAPPER)
    wrapper.chmod(0o755)
    env = {
        "PATH": f"{wrapper.parent}:{os.environ['PATH']}",
        "BENCH_HELM": helm_binary() or "helm",
        "BENCH_TIMES": str(times),
        "GIT_TRACE2_EVENT": str(trace),
        **more,
    }
    words = ("-m", "jetscale_cicd", "stage6", f"--registry={registry}", "--output=json")
    started = time.perf_counter()
    document = json.loads(process(sys.executable, *words, cwd=clone, env=env))
    whole = time.perf_counter() - started
    assert document["outcome"] == "done", document
    git, helm = _git_seconds(trace), [int(line) / 1e6 for line in times.read_text().split()]
    return whole, sum(git) + sum(helm), (len(git), len(helm), 1 if more.get("KUBECONFIG") else 0)


def _git_seconds(trace: Path) -> list[float]:
    """Seconds of each git that we started, 0 of the one that waits for questions.

    git's own children have its name before theirs.
    """
    events = [event for event in map(json.loads, trace.read_text().splitlines()) if "/" not in event["sid"]]
    waiting = {event["sid"] for event in events if event["event"] == "start" and "cat-file" in event["argv"]}
    return [event["t_abs"] * (event["sid"] not in waiting) for event in events if event["event"] == "atexit"]


def helm_binary() -> str | None:
    """The helm that is measured with."""
    return shutil.which("helm", path=f"{os.environ['PATH']}:{Path(sys.executable).parent}")


def _bare(bench: Bench, version: str) -> None:
    helm, live = (helm_binary() or "helm"), "envs/live/values.yaml"
    with tempfile.TemporaryDirectory() as work:
        archive = f"{work}/app-{version}.tgz"
        stamped = ("--version", version, "--app-version", version, "--destination", work)
        for command in (
            (helm, "package", "charts/app", *stamped),
            (helm, "push", archive, bench.place, "--plain-http"),
            ("git", "-c", "user.name=D", "-c", "user.email=d@e", "tag", "-a", "-m", "notes", f"v{version}"),
            ("git", "push", "--quiet", "origin", f"v{version}"),
            (helm, "template", "app", archive, "--namespace", "jetscale-prod", "--values", live),
        ):
            subprocess.run(command, cwd=bench.clone, env=environment(), capture_output=True, check=True)
