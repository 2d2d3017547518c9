"""Interleaved measuring, and the rows of the table."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.repositories import environment

ROUNDS = 11


@dataclass(frozen=True)
class Row:
    """One line of the table; without a budget it only informs.

    Args:
        what: what was measured.
        figure: the figure, as shown.
        budget: what is allowed, as shown.
        met: whether it holds; None where there is no budget.
    """

    what: str
    figure: str
    budget: str = ""
    met: bool | None = None


def interleaved(runs: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Least seconds of each, measured in turns (A B C, A B C, …) after one turn that does not count.

    The least, because what a busy machine adds is never the program's (the ``timeit`` documentation says the same).
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: min(taken) for name, taken in seconds.items()}


def process(*argv: str, cwd: Path, env: Mapping[str, str] | None = None) -> bytes:
    """Standard output of a whole process that has to succeed."""
    ended = subprocess.run(argv, cwd=cwd, env={**environment(), **(env or {})}, capture_output=True, check=False)
    if ended.returncode:
        sys.stderr.buffer.write(ended.stderr)
        raise SystemExit(f"{argv} ended with status {ended.returncode}")
    return ended.stdout


def plan(cwd: Path, *options: str, env: Mapping[str, str] | None = None) -> bytes:
    """`jetscale-cicd plan --output json`, a whole process."""
    return process(sys.executable, "-m", "jetscale_cicd", "plan", "--output", "json", *options, cwd=cwd, env=env)


def milliseconds(seconds: float) -> str:
    """Seconds for the table."""
    return f"{seconds * 1000:,.0f} ms"


def table(rows: list[Row]) -> str:
    """The rows side by side."""
    verdicts = {True: "met", False: "NOT MET", None: ""}
    cells = [("what", "figure", "budget", ""), *((row.what, row.figure, row.budget, verdicts[row.met]) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
