"""Plan, show the plan, and carry it out: what the commands that act for a commit have in common."""

import argparse
from typing import TYPE_CHECKING

from jetscale_cicd.cli.arguments import add_acting, add_jobs, add_overrides, request_of, save
from jetscale_cicd.cli.confirm import add_yes, changed_clusters, confirm
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.request import Half, Request
from jetscale_cicd.report.results import PlanResult, RunResult
from jetscale_cicd.report.verdict import verdict

if TYPE_CHECKING:
    from jetscale_cicd.config.saved_plan import SavedPlan
    from jetscale_cicd.context import RunContext
    from jetscale_cicd.model.plan import Plan


def add_deploying(parser: argparse.ArgumentParser) -> None:
    """How targets are changed: overrides, the audit, how many at a time, and the answer in advance."""
    add_overrides(parser)
    add_acting(parser)
    add_jobs(parser)
    add_yes(parser)


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Look only."""
    parser.add_argument("--dry-run", action="store_true", help="stop after the plan, which changes nothing")


def acting_request(args: argparse.Namespace, half: Half) -> Request:
    """The request of a command that acts, unless it only looks.

    Raises:
        ConfigurationError: ``USAGE``, it compares commits only.
    """
    request = replace(request_of(args, network=True), acts=not args.dry_run, half=half)
    if request.compares_only and not args.dry_run:
        raise ConfigurationError(
            "USAGE",
            f"--since {request.since} compares commits only, and a run has to see what is published and deployed",
            hint="leave it out, or show the decision with plan --since",
        )
    return request


def act(args: argparse.Namespace, request: Request, output: Output, saved: "SavedPlan | None" = None) -> int:
    """Plan, act, and show what became of each step.

    Args:
        args: with ``dry_run``, and ``yes`` and ``notes`` where the command has them.
        saved: the plan that has to be carried out, and no other.

    Returns:
        The exit status.
    """
    from jetscale_cicd.context import open_context
    from jetscale_cicd.decide.refusal import run_refusal, without_refused

    with open_context(request, output.progress, output.redact, output.table, plans=True) as context:
        from jetscale_cicd import stage6

        plan = stage6.plan(context)
        refused = plan.blocker if args.dry_run else run_refusal(plan, plan.preconditions)
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
        if not getattr(args, "yes", False):
            confirm(
                f"{verdict(plan)}.",
                changed_clusters(without_refused(plan, plan.preconditions)),
                context.request,
                output,
            )
        run = stage6.run(context, plan) if saved else stage6.reconcile(context, plan)
        if run.plan is not plan:  # planned again, maybe for another version
            _save_notes(args, output, context, run.plan)
    return output.show(RunResult(run, context.request, shown=run.plan is plan and plan.needed))


def _save_notes(args: argparse.Namespace, output: Output, context: "RunContext", plan: "Plan") -> None:
    from jetscale_cicd import stage6

    if notes := getattr(args, "notes", None):
        save(notes, output.redact(stage6.notes(context, plan)), "--notes", context.repository.git.root)
