"""``verify-chart``: rebuild a release from its tag, and compare it with what is published."""

import argparse

from jetscale_cicd.cli.arguments import add_common, add_registry, request_of
from jetscale_cicd.cli.output import Output


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_registry(parser)
    parser.add_argument("tag", metavar="TAG", help="release tag, for example v1.2.3")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Compare, and say what differs."""
    from jetscale_cicd import stage6
    from jetscale_cicd.act.release.verify_chart import failure_of
    from jetscale_cicd.context import open_context
    from jetscale_cicd.report.document import verification_document
    from jetscale_cicd.report.text import verification_text

    with open_context(request_of(args, network=True), output.progress, output.redact) as context:
        verification = stage6.verify_chart(context, args.tag)
    output.result(verification_text(verification, output.paint), verification_document(verification))
    failure = failure_of(verification)
    if failure:
        output.error(failure, alone=False)
    return failure.exit_status if failure else 0
