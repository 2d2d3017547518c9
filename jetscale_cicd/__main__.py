"""``python -m jetscale_cicd``."""

import sys

from jetscale_cicd.cli.main import main as run


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run())


if __name__ == "__main__":
    main()
