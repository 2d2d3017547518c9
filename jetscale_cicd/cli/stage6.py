"""``stage6``: decide and do."""

import argparse
from dataclasses import replace
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
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError, SupersededError

if TYPE_CHECKING:
    from jetscale_cicd.config.saved_plan import SavedPlan, SavedStep
    from jetscale_cicd.model.plan import Plan, Step
    from jetscale_cicd.model.request import Request


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    add_deciding(parser)
    add_overrides(parser)
    add_acting(parser)
    add_notes(parser)
    parser.add_argument("--dry-run", action="store_true", help="stop after the plan: the same as the command plan")
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="do exactly the plan that plan --out saved, or refuse"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Plan, act, and show what became of each step."""
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context
    from jetscale_cicd.model.outcome import Run
    from jetscale_cicd.report.document import plan_document, request_document, run_document
    from jetscale_cicd.report.paint import Paint
    from jetscale_cicd.report.text import plan_text, run_text

    request, saved = _request(args)
    with open_context(request, output.progress, output.redact, output.table) as context:
        plan = stage6.plan(context)
        if plan.blocker:
            raise plan.blocker
        if saved:
            _check_unmoved(saved, plan)
        if args.notes:  # a file that cannot be written is said before anything is changed
            save(args.notes, output.redact(stage6.notes(context, plan)), "--notes")
        if args.dry_run:
            run = Run(plan=plan, outcomes=())
        else:
            run = stage6.run(context, plan) if saved else stage6.reconcile(context, plan)
        if args.notes and run.plan is not plan:  # planned again, maybe for another version
            save(args.notes, output.redact(stage6.notes(context, run.plan)), "--notes")
        plan = run.plan
        document = {
            **(plan_document(plan) if args.dry_run else run_document(run)),
            "request": request_document(context.request),
        }
    show = plan_text(plan, output.paint) if args.dry_run else run_text(run, output.paint)
    output.result(show, document)
    plain = Paint(enabled=False)
    errors = [
        run.error,
        output.write_ci_outputs(plan, plan_text(plan, plain) if args.dry_run else run_text(run, plain)),
    ]
    for warning in run.warnings:
        output.error(warning, alone=False, warns=True)
    for error in filter(None, errors):
        output.error(error, alone=False)
    return next((error.exit_status for error in errors if error), 0)


def _request(args: argparse.Namespace) -> "tuple[Request, SavedPlan | None]":
    """The request, which a saved plan settles."""
    request = request_of(args, network=True)
    if request.compares_only and not args.dry_run:
        raise ConfigurationError(
            "USAGE",
            f"--since {request.since} compares commits only, and a run has to see what is published and deployed",
            hint="leave it out, or look at it with plan --since",
        )
    if args.plan is None:
        return request, None
    from jetscale_cicd.config.saved_plan import read_saved_plan

    if args.base or args.head or args.since != "auto":
        raise ConfigurationError(
            "USAGE", "--plan already says what is compared", where="--plan", hint="leave out --base, --head and --since"
        )
    try:
        content = args.plan.read_bytes()
    except OSError as unreadable:
        raise ConfigurationError(
            "PLAN_FILE",
            f"the plan cannot be read: {unreadable.strerror}",
            where=str(args.plan),
            hint="make one with plan --out FILE",
        ) from None
    saved = read_saved_plan(content, str(args.plan))
    asked = saved.request
    settled = replace(
        request,
        head=saved.changes.head,
        base=asked.base,
        since=asked.since,
        targets=request.targets or asked.targets,
        engine=request.engine or asked.engine,
        registry=request.registry or asked.registry,
        release_hold=request.release_hold or asked.release_hold,
        redeploy=request.redeploy or asked.redeploy,
    )
    return settled, saved


def _check_unmoved(saved: "SavedPlan", plan: "Plan") -> None:
    then = [f"{saved.decision} {saved.version or ''}".strip(), *map(_words, saved.steps)]
    now = [f"{plan.decision} {plan.version or ''}".strip(), *map(_words, plan.steps)]
    if then != now:
        was, would = (
            ", ".join(each for each in these if each not in those) for these, those in ((then, now), (now, then))
        )
        raise SupersededError(
            "PLAN_STALE",
            f"the saved plan says: {was or 'less'}; by what is published and deployed now: {would or 'less'}",
            hint="plan again and look at the difference",
        )


def _words(step: "SavedStep | Step") -> str:
    """A step as it has to hold still: what it does, to what, where; another configuration gives other words."""
    return f"{step.name} {step.target or ''}".strip() + f" {step.state} ({step.command})"
