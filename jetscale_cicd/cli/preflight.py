"""``preflight``: whether this commit could be deployed to these targets now; nothing is changed."""

import argparse

from jetscale_cicd.cli.arguments import add_common, add_targets, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.config.settings import seconds
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import replace
from jetscale_cicd.report.results import PreflightResult, UnplannedResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser, more=("markdown", "junit"))
    parser.add_argument("--head", metavar="REV", help="commit to deploy (default: the CI's, else HEAD)")
    add_targets(parser)
    parser.add_argument(
        "--only", action="append", default=[], metavar="CHECK", help="make these checks only (a,b); may be repeated"
    )
    parser.add_argument(
        "--skip", action="append", default=[], metavar="CHECK", help="leave these checks out (a,b); may be repeated"
    )
    parser.add_argument(
        "--wait",
        type=_duration,
        default=0,
        metavar="TIME",
        help="wait so long (5m) for what may mend itself: ExternalSecrets, and the operator behind them",
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Check everything, and show it on one page."""
    from jetscale_cicd.context import open_context

    request = replace(request_of(args, network=True), preflight=True, only=_each(args.only), skip=_each(args.skip))
    try:
        with open_context(request, output.progress, output.redact, plans=True) as context:
            from jetscale_cicd import stage6

            preflight = stage6.preflight(context, args.wait)
    except Stage6Error as error:
        return output.show(UnplannedResult(error))
    return output.show(PreflightResult(preflight))


def _each(given: list[str]) -> tuple[str, ...]:
    return tuple(name.strip() for text in given for name in text.split(",") if name.strip())


def _duration(text: str) -> int:
    try:
        return seconds(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
