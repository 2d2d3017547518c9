"""``stage6``: decide and do."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jetscale_cicd.cli.arguments import (
    add_acting,
    add_common,
    add_deciding,
    add_notes,
    add_overrides,
    request_of,
    save,
)
from jetscale_cicd.cli.confirm import add_yes, changed_clusters, confirm
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.report.results import PlanResult, RunResult
from jetscale_cicd.report.verdict import verdict

if TYPE_CHECKING:
    from jetscale_cicd.config.saved_plan import SavedPlan
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.plan import Plan
    from jetscale_cicd.model.request import Request


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    add_overrides(parser)
    add_acting(parser)
    add_notes(parser)
    add_yes(parser)
    parser.add_argument("--dry-run", action="store_true", help="stop after the plan: the same as the command plan")
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="do exactly the plan that plan --out saved, or refuse"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Plan, act, and show what became of each step."""
    from jetscale_cicd.context import open_context
    from jetscale_cicd.model.precondition import refusal

    request, saved = _request(args)
    with open_context(request, output.progress, output.redact, output.table, plans=True) as context:
        from jetscale_cicd import stage6

        plan = stage6.plan(context)
        refused = plan.blocker if args.dry_run else refusal(plan.preconditions, to_plan=False)
        if refused:
            return output.show(PlanResult(plan, context.request, refused))
        if saved:
            saved.check_unmoved(plan, released=stage6.is_released(context, plan))
            if not plan.needed:
                output.progress("✓ the saved plan is done already: nothing left to do")
        _save_notes(args, output, context, plan)  # a file that cannot be written is an error before anything is changed
        if args.dry_run:
            return output.show(PlanResult(plan, context.request))
        if plan.needed:
            output.begin(PlanResult(plan, context.request))
        if not args.yes:
            confirm(f"{verdict(plan)}.", changed_clusters(plan), context.request, output)
        run = stage6.run(context, plan) if saved else stage6.reconcile(context, plan)
        if run.plan is not plan:  # planned again, maybe for another version
            _save_notes(args, output, context, run.plan)
    return output.show(RunResult(run, context.request, shown=run.plan is plan and plan.needed))


def _save_notes(args: argparse.Namespace, output: Output, context: "RunContext", plan: "Plan") -> None:
    from jetscale_cicd import stage6

    if args.notes:
        save(args.notes, output.redact(stage6.notes(context, plan)), "--notes")


def _request(args: argparse.Namespace) -> "tuple[Request, SavedPlan | None]":
    """The request, with what a saved plan sets."""
    request = replace(request_of(args, network=True), acts=not args.dry_run)
    if request.compares_only and not args.dry_run:
        raise ConfigurationError(
            "USAGE",
            f"--since {request.since} compares commits only, and a run has to see what is published and deployed",
            hint="leave it out, or show the decision with plan --since",
        )
    if args.plan is None:
        return request, None
    from jetscale_cicd.config.saved_plan import load_saved_plan

    if args.base or args.head or args.since != "auto":
        raise ConfigurationError(
            "USAGE", "--plan already sets what is compared", where="--plan", hint="leave out --base, --head and --since"
        )
    saved = load_saved_plan(args.plan)
    return saved.request_again(request), saved
