"""``adopt``: accept the published package of a release that Stage 6 did not make, after showing what differs."""

import argparse

from jetscale_cicd.cli.arguments import add_common, add_registry, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.report.results import AdoptionResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_registry(parser)
    parser.add_argument("tag", metavar="TAG", help="release tag, for example v1.2.3")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Compare, write the digest to the configuration, and show both."""
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context

    with open_context(request_of(args, network=True), output.progress, output.redact) as context:
        adoption = stage6.adopt(context, args.tag)
    return output.show(AdoptionResult(adoption))
