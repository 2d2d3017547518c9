"""A run: verdict, reasons, and what became of each step."""

from jetscale_cicd.errors import SupersededError
from jetscale_cicd.model.outcome import Result, Run, StepOutcome
from jetscale_cicd.model.step import StepName
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.plan import head, label

# No command below the failure of these: the short form of a deploy would leave no record, and the others only check.
_WITHOUT_COMMAND = (StepName.LOCK, StepName.RECOVER, StepName.DEPLOY)
_MARKS = {
    Result.DONE: ("green", "✓"),
    Result.SATISFIED: ("dim", "✓"),
    Result.FAILED: ("red", "✗"),
    Result.WARNED: ("yellow", "!"),
    Result.SKIPPED: ("dim", "-"),
}


def run_text(run: Run, paint: Paint, *, shown: bool = False) -> str:
    """The run, after the attempts that another run overtook.

    Args:
        shown: the plan was shown before the run began.
    """
    lines = [] if shown else head(run.plan, paint)
    for number, attempt in enumerate(run.earlier, 1):
        ended = f"attempt {number}, ended by {attempt.error.code}" if attempt.error else f"attempt {number}"
        lines += ["", paint("bold", ended)]
        for outcome in attempt.outcomes:
            lines += [] if outcome.result is Result.SKIPPED else _outcome(outcome, paint)
    if run.outcomes:
        lines += ["", paint("bold", "steps")]
    for outcome in run.outcomes:
        lines += _outcome(outcome, paint)
    return "\n".join(lines) + "\n"


def _outcome(outcome: StepOutcome, paint: Paint) -> list[str]:
    style, mark = ("yellow", "↻") if isinstance(outcome.error, SupersededError) else _MARKS[outcome.result]
    took = f" ({outcome.seconds:.1f} s)" if outcome.result in (Result.DONE, Result.FAILED, Result.WARNED) else ""
    lines = [f"  {paint(style, mark)} {label(outcome.step):<16} {plain(outcome.detail)}{took}"]
    if outcome.result is Result.FAILED and outcome.step.name not in _WITHOUT_COMMAND:
        lines.append(paint("dim", f"    {'$':>16} {plain(outcome.step.command)}"))
    return lines
