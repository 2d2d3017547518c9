"""A plan: the verdict first, then reasons by scope, then steps with their marks."""

import json

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.plan import Plan, Reason, VersionChoice
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.step import Step, StepState
from jetscale_cicd.report.matrix import matrix
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.phrases import SHOWN, more, unmet_lines
from jetscale_cicd.report.verdict import verdict

_STATES = {
    StepState.SATISFIED: ("dim", "✓"),
    StepState.NEEDED: ("cyan", "→"),
    StepState.HELD: ("yellow", "!"),
    StepState.SUPERSEDED: ("yellow", "-"),
    StepState.WAITING: ("yellow", "…"),
    StepState.LEFT: ("dim", "→"),
    StepState.REFUSED: ("red", "✗"),
    StepState.UNKNOWN: ("yellow", "?"),
}


def plan_text(plan: Plan, paint: Paint, refused: Stage6Error | None = None) -> str:
    """The plan before anything of it is done.

    Args:
        refused: the error because of which it is not carried out.
    """
    return "\n".join([*head(plan, paint, refused), *_steps(plan.steps, paint)]) + "\n"


def beginning_text(plan: Plan, paint: Paint) -> str:
    """The plan of a run that is beginning: its steps follow as they are done."""
    return "\n".join(head(plan, paint)) + "\n"


def outline(plan: Plan, paint: Paint) -> list[str]:
    """The plan without commands, each step once for all targets for which it is the same."""
    targets: dict[tuple[str, StepState, str], list[str]] = {}
    for step in plan.steps:
        targets.setdefault((str(step.name), step.state, step.why), []).append(step.target or "")
    lines = ["", paint("bold", "steps")] if targets else []
    for (name, state, why), names in targets.items():
        title = " ".join(filter(None, (name, plain(", ".join(names)))))
        lines.append(f"  {paint(*_STATES[state])} {title:<16} {plain(why)}")
    return [*head(plan, paint), *lines]


def head(plan: Plan, paint: Paint, refused: Stage6Error | None = None) -> list[str]:
    """All but the steps: verdict, changed paths, notes, reasons, and the commits behind the version."""
    error = refused or plan.blocker
    style = "red" if error else {"publish": "green", "redeploy": "cyan", "nothing": "dim"}[plan.decision]
    word = f"REFUSED ({error.code})" if error else plan.decision.upper()
    changes = plan.changes
    paths = f"{changes.count:,} path{'' if changes.count == 1 else 's'} changed {changes.comparison.how}"
    lines = [
        f"{paint(style, paint('bold', word))}  {plain(verdict(plan))}",
        paint("dim", f"  {plain(paths)}, at {plan.head[:12]}"),
    ]
    if changes.unwatched:
        rest = changes.count - len(changes.watched) - len(changes.unwatched)
        shown = ", ".join(map(show_path, changes.unwatched)) + (f" and {rest:,} more" if rest > 0 else "")
        lines.append(paint("dim", f"  not watched by any scope: {shown}"))
    lines += [f"  {paint('yellow', '!')} {plain(note)}" for note in plan.notes]
    lines += [f"  {paint('yellow', '!')} {line}" for line in unmet_lines(plan)]
    lines += [] if plan.half is Half.BOTH else [f"  matrix  {plain(json.dumps(matrix(plan)))}"]
    return [*lines, *_reasons(plan, paint), *_choice(plan.choice, paint)]


def _reasons(plan: Plan, paint: Paint) -> list[str]:
    unique = dict.fromkeys(reason for target in plan.targets for reason in target.reasons)
    scopes: dict[str, list[Reason]] = {}
    for reason in unique:
        scopes.setdefault(reason.scope, []).append(reason)
    since = {decided.target.name: decided.compared.how for decided in plan.targets}
    blocks: dict[tuple[str, ...], list[str]] = {}
    for scope, reasons in scopes.items():
        paths = [reason for reason in reasons if reason.path is not None]
        counted = f"  {sum(reason.counts for reason in paths)} of {len(paths)} count" if paths else ""
        how = since.get(scope, plan.changes.comparison.how)
        apart = f", {how}" if paths and how != plan.changes.comparison.how else ""
        shown = sorted(reasons, key=lambda reason: not reason.counts)[:SHOWN]
        block = (plain(counted + apart), *(_reason(reason, paint) for reason in shown), *more(len(reasons)))
        blocks.setdefault(block, []).append(scope)
    lines: list[str] = []
    for (counted, *shown_lines), names in blocks.items():  # targets with the same reasons together
        lines += ["", f"{paint('bold', ', '.join(names))}{counted}", *shown_lines]
    return lines


def _reason(reason: Reason, paint: Paint) -> str:
    mark = paint("green", "•") if reason.counts else paint("dim", "·")
    subject = f"{show_path(reason.path)}: " if reason.path is not None else ""
    why = reason.why.replace(f"values of {reason.scope} ", "its values ", 1)  # the scope is in the title
    return f"  {mark} {subject}{plain(why)}"


def _choice(choice: VersionChoice | None, paint: Paint) -> list[str]:
    if choice is None:
        return []
    strongest_first = sorted(choice.commits, key=lambda judged: -judged.level)
    commits = [
        f"  {judged.level.label:<6} {judged.commit.sha[:9]} {plain(judged.commit.subject)[:100]}"
        for judged in strongest_first[:SHOWN]
    ]
    title = f"{paint('bold', 'version')} {choice.version}: {plain(choice.why)}"
    return ["", title, *commits, *more(len(strongest_first))]


def _steps(steps: tuple[Step, ...], paint: Paint) -> list[str]:
    lines = ["", paint("bold", "steps")] if steps else []
    for step in steps:
        lines.append(f"  {paint(*_STATES[step.state])} {label(step):<16} {plain(step.why)}")
        needed = step.state is StepState.NEEDED
        lines += [paint("dim", f"    {'$':>16} {plain(step.command)}")] if needed else []
    return lines


def label(step: Step) -> str:
    """Name of a step, with its target where it has one."""
    return f"{step.name} {step.target}" if step.target else str(step.name)
