"""``release``: the first half of stage6: package, publish and tag; deploys nothing."""

import argparse

from jetscale_cicd.cli.acting import act, acting_request, add_dry_run
from jetscale_cicd.cli.arguments import add_common, add_deciding, add_notes
from jetscale_cicd.cli.output import Output
from jetscale_cicd.model.request import Half


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    add_notes(parser)
    add_dry_run(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Release the commit, and show which targets are left to ``deploy``."""
    return act(args, acting_request(args, Half.RELEASE), output)
