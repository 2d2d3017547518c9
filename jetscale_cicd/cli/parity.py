"""``parity``: two targets compared: what was tried in one is what runs in the other."""

import argparse

from jetscale_cicd.cli.arguments import add_common, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.report.results import ParityResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="the two targets (default: parity.between, else the only two)"
    )
    parser.add_argument("--head", metavar="REV", help="commit to compare them at (default: the CI's, else HEAD)")
    parser.add_argument("--worktree", action="store_true", help="compare the work tree, uncommitted edits included")
    parser.add_argument(
        "--fail", action="store_true", help="exit 3 where they differ in what parity.allow does not name"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Compare, and show what differs."""
    from jetscale_cicd.context import open_context

    if args.worktree and args.head:
        raise ConfigurationError(
            "USAGE", "--worktree compares the work tree, and --head a commit", hint="leave one of them out"
        )
    request = replace(request_of(args, network=False), since="event", worktree=args.worktree)
    with open_context(request, output.progress, output.redact) as context:
        from jetscale_cicd import stage6

        parity = stage6.parity(context, tuple(args.targets), fails=args.fail)
    return output.show(ParityResult(parity))
