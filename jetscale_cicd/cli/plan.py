"""``plan``: decide and show; nothing is changed."""

import argparse
from pathlib import Path

from jetscale_cicd.cli.arguments import add_common, add_deciding, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError

WOULD_CHANGE = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="also save the plan, for stage6 --plan FILE")
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help=f"exit {WOULD_CHANGE} when something would change"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Plan, and show it."""
    from jetscale_cicd import stage6
    from jetscale_cicd.report.document import dumps, plan_document, request_document
    from jetscale_cicd.report.paint import Paint
    from jetscale_cicd.report.text import plan_text
    from jetscale_cicd.world import open_world

    with open_world(request_of(args, network=True), output.progress, output.redact) as world:
        plan = stage6.plan(world)
        document = {**plan_document(plan), "request": request_document(world.request)}
    if args.out:
        _save(args.out, output.redact(dumps(document)))
    output.result(plan_text(plan, output.paint), document)
    if error := output.faces(plan, plan_text(plan, Paint(enabled=False))):
        output.error(error, alone=False)
        return error.exit_status
    return WOULD_CHANGE if args.detailed_exitcode and plan.needed else 0


def _save(file: Path, text: str) -> None:
    try:
        file.write_text(text + "\n", encoding="ascii")
    except OSError as unwritable:
        said = f"the plan cannot be saved: {unwritable.strerror}"
        hint = "name a file in a directory that exists"
        raise ConfigurationError("PLAN_FILE", said, where=str(file), hint=hint) from None
