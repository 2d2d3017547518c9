"""The last line of a command's output: what it all came to."""

from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.outcome import Result, Run
from jetscale_cicd.model.plan import Plan
from jetscale_cicd.model.step import StepName
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.plan import label
from jetscale_cicd.report.verdict import verdict

_STYLES = {"publish": "green", "redeploy": "cyan", "nothing": "dim"}


def plan_closing(plan: Plan, refused: Stage6Error | None, paint: Paint) -> str:
    """The verdict once more: what is above may be long.

    Args:
        refused: the error because of which it is not carried out.
    """
    if error := refused or plan.blocker:
        return _line("REFUSED", "red", f"{error.code}: {error.message}", paint)
    return _line(plan.decision.upper(), _STYLES[plan.decision], verdict(plan), paint)


def run_closing(run: Run, paint: Paint) -> str:
    """What a run has done, or where it failed."""
    failed = [each for each in run.outcomes if each.result is Result.FAILED and each.error]
    done = _done(run)
    if failed:
        why = ", ".join(f"{label(each.step)}: {each.error.code}" for each in failed if each.error)
        all_the_same = _deployed(run)
        return _line("FAILED", "red", why + (f"; {all_the_same}" if all_the_same else ""), paint)
    if not done:
        return _line("NOTHING", "dim", verdict(run.plan), paint)
    return _line("DONE", "green", done, paint)


def _done(run: Run) -> str:
    """What was done; "" where nothing had to be."""
    done = [each.step for each in run.outcomes if each.result is Result.DONE]
    version = run.plan.deploy.version if run.plan.deploy else ""
    deployed = _deployed(run)
    parts = [f"published {version}"] if any(step.name is StepName.PUBLISH for step in done) else []
    parts += [deployed] if deployed else []
    return " and ".join(parts) or ", ".join(dict.fromkeys(label(step) for step in done))


def _deployed(run: Run) -> str:
    """To which targets a version was deployed, none of whose steps failed; "" where there is none."""
    failed = {each.step.target for each in run.outcomes if each.result is Result.FAILED}
    done = [each.step for each in run.outcomes if each.result is Result.DONE and each.step.name is StepName.DEPLOY]
    names = [step.target for step in done if step.target and step.target not in failed]
    return f"deployed {run.plan.deploy.version} to {', '.join(names)}" if names and run.plan.deploy else ""


def _line(word: str, style: str, sentence: str, paint: Paint) -> str:
    return f"{paint(style, paint('bold', word))}  {plain(sentence)}\n"
