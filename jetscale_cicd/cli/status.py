"""``status``: what is released, published and deployed, its drift and health, and what the next run would do."""

import argparse

from jetscale_cicd.cli.arguments import add_common, add_targets, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.report.results import StatusResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument("--head", metavar="REV", help="commit of the next run (default: the CI's, else HEAD)")
    add_targets(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Observe everything, and show it."""
    from jetscale_cicd.context import open_context

    with open_context(request_of(args, network=True), output.progress, output.redact, plans=True) as context:
        from jetscale_cicd import stage6

        status = stage6.status(context)
    return output.show(StatusResult(status))
