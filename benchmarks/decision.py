"""A decision for nothing, on a small repository and on a large one.

A decision is ``plan --since event``: what these commits mean, from git alone. The plan of a run asks for more (tags,
what is published, what is deployed) and stands beside it.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import Row, interleaved, milliseconds, plan, process
from benchmarks.repositories import large, make, small

OVER_GIT = 0.070
# A directory as the registry: the time of a network is nobody's budget.
EMPTY = "--registry=."
LARGE_OVER_SMALL = 1.15
HEAVY = (
    *("git", "semantic_release", "requests", "pydantic", "kubernetes", "lightkube", "kr8s"),
    *("httpx", "urllib3", "oras", "sh"),
)
# What the plan of a run does, and then says which of them it imported.
_PROBE = """
import sys
sys.argv = ["jetscale-cicd", "plan", "--registry=.", "--output", "json"]
from jetscale_cicd.cli.main import main
assert main() == 0
sys.stderr.write(" ".join(sorted(sys.modules)))
"""


def rows(scratch: Path) -> list[Row]:
    """Measure, all in turns."""
    plain = make(scratch / "small", small())
    configured = make(scratch / "configured", small(), config=True)
    big = make(scratch / "large", large())
    old = make(scratch / "old", large(tags=0))
    for repository, count in ((plain, 4), (configured, 4), (big, 13_000), (old, 100_000)):
        _check(repository, count)
    taken = interleaved(
        {
            "diff": lambda: _diff(plain),
            "decision": lambda: _decide(plain),
            "configured": lambda: _decide(configured),
            "plan": lambda: plan(plain, EMPTY),
            "large diff": lambda: _diff(big),
            "large": lambda: _decide(big),
            "large plan": lambda: plan(big, EMPTY),
            "old diff": lambda: _diff(old),
            "old": lambda: _decide(old),
            "python": lambda: process(sys.executable, "-c", "pass", cwd=plain),
            "gitpython": lambda: process(sys.executable, "-c", "import git", cwd=plain),
        }
    )
    over = taken["decision"] - taken["diff"]
    over_configured = taken["configured"] - taken["diff"]
    ratio, plans = taken["large"] / taken["decision"], taken["large plan"] / taken["plan"]
    heavy = [name for repository in (plain, configured) for name in _imported(repository) if name in HEAVY]
    allowed, limit = f"≤ {milliseconds(OVER_GIT)}", f"≤ {LARGE_OVER_SMALL} x"
    return [
        Row("decision for nothing, over git diff-tree", milliseconds(over), allowed, over <= OVER_GIT),
        Row("  with a .stage6.yaml to read, which imports PyYAML", milliseconds(over_configured)),
        Row("  heavy packages imported", ", ".join(heavy) or "none", "none", not heavy),
        Row("  git processes started", str(_git_processes(plain))),
        Row("  git processes started, 13,000 changed", str(_git_processes(big))),
        Row("  for comparison: plan of a run, over git diff-tree", milliseconds(taken["plan"] - taken["diff"])),
        Row("  for comparison: python -c pass", milliseconds(taken["python"])),
        Row("  for comparison: import git (GitPython)", milliseconds(taken["gitpython"])),
        Row("100,000 files, 20,000 commits, 13,000 changed", f"{ratio:.2f} x", limit, ratio <= LARGE_OVER_SMALL),
        Row("  the plan of a run", f"{plans:.2f} x", limit, plans <= LARGE_OVER_SMALL),
        Row("  whole process", milliseconds(taken["large"])),
        Row("  git diff-tree alone", milliseconds(taken["large diff"])),
        Row("  only release 20,000 commits ago, whole process", milliseconds(taken["old"])),
        Row("  git diff-tree since then alone", milliseconds(taken["old diff"])),
    ]


def _diff(repository: Path) -> bytes:
    return process("git", "diff-tree", "-r", "-z", _latest(repository), "main", cwd=repository)


def _decide(repository: Path, *, env: Mapping[str, str] | None = None) -> bytes:
    return plan(repository, "--since", "event", "--base", _latest(repository), "--head", "main", env=env)


def _latest(repository: Path) -> str:
    return {"large": "main~1", "old": "v0.0.1"}.get(repository.name, "v0.1.0")


def _check(repository: Path, count: int) -> None:
    """What is measured is a decision for nothing over that many changed paths, give or take."""
    for document in map(json.loads, (_decide(repository), plan(repository, EMPTY))):
        changed = document["changes"]["count"]
        assert document["decision"] == "nothing", document
        assert changed == count or (repository.name == "old" and changed > 13_000), changed


def _imported(repository: Path) -> list[str]:
    probe = f"import contextlib, io, os\n{_PROBE.replace('sys.stderr', 'report')}"
    report = repository.parent / "modules"
    opened = f"report = open({str(report)!r}, 'w')\n"
    process(sys.executable, "-c", opened + probe, cwd=repository)
    return report.read_text().split()


def _git_processes(repository: Path) -> int:
    """Counted by git itself: each process appends the event of its start."""
    trace = repository / ".git" / "trace"
    _decide(repository, env={"GIT_TRACE2_EVENT": str(trace)})
    return sum(json.loads(line)["event"] == "start" for line in trace.read_text().splitlines())
