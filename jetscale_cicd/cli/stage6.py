"""``stage6``: decide and do."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.cli.acting import act, acting_request, add_deploying, add_dry_run
from jetscale_cicd.cli.arguments import add_common, add_deciding, add_notes
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.request import Half, Request

if TYPE_CHECKING:
    from jetscale_cicd.config.saved_plan import SavedPlan


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    add_deploying(parser)
    add_notes(parser)
    add_dry_run(parser)
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="do exactly the plan that plan --out saved, or refuse"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Plan, act, and show what became of each step."""
    request, saved = _request(args)
    return act(args, request, output, saved)


def _request(args: argparse.Namespace) -> "tuple[Request, SavedPlan | None]":
    """The request, with what a saved plan sets."""
    request = acting_request(args, Half.BOTH)
    if args.plan is None:
        return request, None
    from jetscale_cicd.config.saved_plan import load_saved_plan

    if args.base or args.head or args.since != "auto":
        raise ConfigurationError(
            "USAGE", "--plan already sets what is compared", where="--plan", hint="leave out --base, --head and --since"
        )
    saved = load_saved_plan(args.plan)
    return saved.request_again(request), saved
