"""``python -m jetscale_cicd``."""

import gc
import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line and exit with its status."""
    _import_nothing_from_here()
    # Imported modules are not garbage, and scanning them takes a tenth of the time of a decision (measured). A decision
    # makes fewer objects than this; those of a longer run are still collected, only less often.
    gc.set_threshold(200_000)
    from jetscale_cicd.cli.main import main as run

    status = run()
    # Everything is closed and written by now; the interpreter's own shutdown would take another 20 ms (measured).
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


def _import_nothing_from_here() -> None:
    """`python -m` puts the working directory first, and a checkout may hold a `yaml.py` that somebody proposes."""
    here = os.path.realpath(".")
    sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != here]


if __name__ == "__main__":
    main()
