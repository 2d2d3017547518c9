"""``deploy``: the second half of stage6: deploy the released version to each target; publishes nothing."""

import argparse

from jetscale_cicd.cli.acting import act, acting_request, add_deploying, add_dry_run
from jetscale_cicd.cli.arguments import add_common, add_deciding
from jetscale_cicd.cli.output import Output
from jetscale_cicd.model.request import Half


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    add_deploying(parser)
    add_dry_run(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Deploy what is released, and show what became of each step."""
    return act(args, acting_request(args, Half.DEPLOY), output)
