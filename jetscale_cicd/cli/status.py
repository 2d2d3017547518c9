"""``status``: what is released and published, and what the next run would do."""

import argparse

from jetscale_cicd.cli.arguments import add_common, add_targets, request_of
from jetscale_cicd.cli.output import Output


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument("--head", metavar="REV", help="commit to look at (default: the CI's, else HEAD)")
    add_targets(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Look, and tell."""
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context
    from jetscale_cicd.report.document import status_document
    from jetscale_cicd.report.text import status_text

    with open_context(request_of(args, network=True), output.progress, output.redact) as context:
        status = stage6.status(context)
    output.result(status_text(status, output.paint), status_document(status))
    if status.blocker:
        output.error(status.blocker, alone=False)
        return status.blocker.exit_status
    return 0
