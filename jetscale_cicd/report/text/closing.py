"""The last line of a command's output: what it all came to."""

from jetscale_cicd.model.outcome import Result, Run
from jetscale_cicd.model.plan import Plan, StepName
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.plan import label
from jetscale_cicd.report.verdict import verdict

_STYLES = {"publish": "green", "redeploy": "cyan", "nothing": "dim"}


def plan_closing(plan: Plan, paint: Paint) -> str:
    """The verdict once more: what is above may be long."""
    if plan.blocker:
        return _line("REFUSED", "red", f"{plan.blocker.code}: {plan.blocker.message}", paint)
    return _line(plan.decision.upper(), _STYLES[plan.decision], verdict(plan), paint)


def run_closing(run: Run, paint: Paint) -> str:
    """What a run has done, or where it failed."""
    failed = next((each for each in run.outcomes if each.result is Result.FAILED), None)
    if failed and failed.error:
        return _line("FAILED", "red", f"{label(failed.step)}: {failed.error.code}", paint)
    done = _done(run)
    if not done:
        return _line("NOTHING", "dim", verdict(run.plan), paint)
    return _line("DONE", "green", done, paint)


def _done(run: Run) -> str:
    """What was done; "" where nothing had to be."""
    done = [each.step for each in run.outcomes if each.result is Result.DONE]
    version = run.plan.deploy.version if run.plan.deploy else ""
    deployed = [step.target for step in done if step.name is StepName.DEPLOY and step.target]
    parts = [f"published {version}"] if any(step.name is StepName.PUBLISH for step in done) else []
    parts += [f"deployed {version} to {', '.join(deployed)}"] if deployed else []
    return " and ".join(parts) or ", ".join(dict.fromkeys(label(step) for step in done))


def _line(word: str, style: str, sentence: str, paint: Paint) -> str:
    return f"{paint(style, paint('bold', word))}  {plain(sentence)}\n"
