"""``verify-chart``: rebuild a release from its tag, and compare it with what is published."""

import argparse

from jetscale_cicd.cli.arguments import add_common, add_registry, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.report.results import VerificationResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_registry(parser)
    parser.add_argument("tag", metavar="TAG", help="release tag, for example v1.2.3")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Compare, and show what differs."""
    from jetscale_cicd import stage6
    from jetscale_cicd.act.release.verify_chart import failure_of
    from jetscale_cicd.context import open_context

    with open_context(request_of(args, network=True), output.progress, output.redact) as context:
        verification = stage6.verify_chart(context, args.tag)
    return output.show(VerificationResult(verification, failure_of(verification)))
