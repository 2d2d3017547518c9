"""``plan``: decide and show; nothing is changed."""

import argparse
from pathlib import Path

from jetscale_cicd.cli.arguments import add_common, add_deciding, add_notes, add_overrides, request_of, save
from jetscale_cicd.cli.output import Output
from jetscale_cicd.model.record import replace
from jetscale_cicd.report.results import PlanResult
from jetscale_cicd.report.saved_plan import saved_plan

WOULD_CHANGE = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    add_overrides(parser)
    add_notes(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="also save the plan, for stage6 --plan FILE")
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help=f"exit {WOULD_CHANGE} when something would change"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Plan, and show it; of a plan that no run could carry out, no file is written.

    Notes are of a version, whatever keeps it from a target: asked for them alone, such a plan is no failure.
    """
    from jetscale_cicd.context import open_context
    from jetscale_cicd.model.precondition import refusal

    request = replace(request_of(args, network=True), for_notes=args.notes is not None and args.out is None)
    with open_context(request, output.progress, output.redact, plans=True) as context:
        from jetscale_cicd import stage6

        plan = stage6.plan(context)
        counted = [each for each in plan.preconditions if not (request.for_notes and each.target)]
        result = PlanResult(plan, context.request, refusal(counted, to_plan=True))
        if args.notes and not result.refused:
            save(args.notes, output.redact(stage6.notes(context, plan)), "--notes", context.repository.git.root)
    if args.out and not result.refused:
        save(args.out, saved_plan(result, output.redact), "--out", context.repository.git.root)
    status = output.show(result)
    return status or (WOULD_CHANGE if args.detailed_exitcode and result.plan.needed else 0)
