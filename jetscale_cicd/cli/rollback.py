"""``rollback``: bring an earlier revision of a target back, and hold it."""

import argparse

from jetscale_cicd.cli.arguments import add_acting, add_common, add_one_target, request_of
from jetscale_cicd.cli.confirm import add_yes, confirm
from jetscale_cicd.cli.output import Output
from jetscale_cicd.report.results import RollbackResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_one_target(parser)
    parser.add_argument(
        "--to", type=int, metavar="N", help="revision to bring back (default: the newest good one before this one)"
    )
    add_acting(parser)
    add_yes(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Roll back, and show what is deployed now."""
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context

    with open_context(request_of(args, network=True), output.progress, output.redact, output.table) as context:
        if not args.yes:
            what = f"bring revision {args.to} back" if args.to else "bring the newest good revision back"
            confirm(f"{what}.", (stage6.rollback_target(context),), context.request, output)
        done = stage6.rollback(context, args.to)
    return output.show(RollbackResult(done))
