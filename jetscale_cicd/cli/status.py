"""``status``: what is released, published and deployed, its drift and health, and what the next run would do."""

import argparse
from typing import TYPE_CHECKING

from jetscale_cicd.cli.arguments import add_common, add_targets, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import Interrupted
from jetscale_cicd.report.results import StatusResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetscale_cicd.model.status import Status


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument("--head", metavar="REV", help="commit of the next run (default: the CI's, else HEAD)")
    add_targets(parser)
    parser.add_argument(
        "--watch", action="store_true", help="show it again when something changed, until Ctrl-C (exit 130)"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Observe everything, and show it."""
    from jetscale_cicd.context import open_context

    with open_context(request_of(args, network=True), output.progress, output.redact, plans=True) as context:
        from jetscale_cicd import stage6

        if args.watch:
            return _watch(stage6.watch(context), output)
        status = stage6.status(context)
    return output.show(StatusResult(status))


def _watch(statuses: "Iterator[Status]", output: Output) -> int:
    """Show each; whoever interrupts it has what was asked for."""
    from jetscale_cicd.cli.watching import Watching

    shown = Watching(output)
    try:
        for status in statuses:
            following = shown.show(StatusResult(status))
            if following is None:
                return 0
            shown = following
    except KeyboardInterrupt:
        pass
    return Interrupted.exit_status
