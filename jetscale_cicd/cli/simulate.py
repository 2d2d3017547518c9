"""``simulate``: a pull request on this machine."""

import argparse
from typing import TYPE_CHECKING

from jetscale_cicd.cli.arguments import add_common, add_targets, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.report.results import SimulationResult

if TYPE_CHECKING:
    from jetscale_cicd.model.request import Request


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument(
        "--base",
        metavar="REV",
        help="branch or tag to merge into (default: the CI's target branch, else origin's default branch)",
    )
    parser.add_argument("--head", metavar="REV", help="commit to simulate (default: the CI's, else HEAD)")
    parser.add_argument("--worktree", action="store_true", help="simulate the work tree, uncommitted edits included")
    parser.add_argument(
        "--online",
        action="store_true",
        help="ask the remote for tags, the registry for subcharts and the clusters whether they are ready (default: no "
        "network)",
    )
    add_targets(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Simulate, and show decision, version and manifests that would differ."""
    from jetscale_cicd.context import open_context

    with open_context(_request(args), output.progress, output.redact, plans=True) as context:
        from jetscale_cicd import stage6

        simulation = stage6.simulate(context)
    return output.show(SimulationResult(simulation))


def _request(args: argparse.Namespace) -> "Request":
    if args.worktree and args.head:
        raise ConfigurationError(
            "USAGE", "--worktree simulates the work tree, and --head a commit", hint="leave one of them out"
        )
    request = replace(request_of(args, network=args.online), since="event", online=args.online, worktree=args.worktree)
    return replace(request, from_merge_base=True) if args.base else request
