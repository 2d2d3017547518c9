"""Stage 6 measured against its budgets, as ratios in one run: `make bench`.

Exits with 10 where a budget is missed.
"""

import compileall
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import decision, deploy, next_version, publish
from benchmarks.measure import ROUNDS, table

MISSED = 10
PACKAGE = Path(__file__).resolve().parent.parent / "jetscale_cicd"


def main() -> int:
    """Measure everything and print one table."""
    started = time.monotonic()
    # An installed package has its bytecode; a checkout where PYTHONDONTWRITEBYTECODE is set never gets any.
    compileall.compile_dir(PACKAGE, quiet=1)
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"Python {platform.python_version()}, {git}, {platform.machine()}; least of {ROUNDS} turns (next version,")
    print(
        "publish: 7; deploy: 5), interleaved; bytecode of the package compiled first, as an installation has it.\n",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="stage6-bench-") as scratch:
        rows = [*decision.rows(Path(scratch)), *next_version.rows(Path(scratch)), *publish.rows(Path(scratch))]
        rows += deploy.rows(Path(scratch))
    print(table(rows))
    missed = [row.what.strip() for row in rows if row.met is False]
    verdict = f"missed: {'; '.join(missed)}" if missed else "every budget is met"
    print(f"\n{verdict} ({time.monotonic() - started:.0f} s)")
    return MISSED if missed else 0


if __name__ == "__main__":
    sys.exit(main())
