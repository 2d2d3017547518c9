"""``plan``: decide and show; nothing is changed."""

import argparse
from pathlib import Path

from jetscale_cicd.cli.arguments import add_common, add_deciding, add_notes, add_overrides, request_of, save
from jetscale_cicd.cli.output import Output

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
    """Plan, and show it."""
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context
    from jetscale_cicd.report.document import dumps, plan_document, request_document
    from jetscale_cicd.report.paint import Paint
    from jetscale_cicd.report.text import plan_text

    with open_context(request_of(args, network=True), output.progress, output.redact) as context:
        plan = stage6.plan(context)
        if plan.blocker:
            raise plan.blocker
        document = {**plan_document(plan), "request": request_document(context.request)}
        if args.notes:
            save(args.notes, output.redact(stage6.notes(context, plan)), "--notes")
    if args.out:
        save(args.out, output.redact(dumps(document)) + "\n", "--out")
    output.result(plan_text(plan, output.paint), document)
    if error := output.write_ci_outputs(plan, plan_text(plan, Paint(enabled=False))):
        output.error(error, alone=False)
        return error.exit_status
    return WOULD_CHANGE if args.detailed_exitcode and plan.needed else 0
