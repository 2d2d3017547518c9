"""Phrases that several results share."""

from jetscale_cicd.model.plan import Plan
from jetscale_cicd.report.paint import plain

# Lines of a list that are shown; the JSON has all of them.
SHOWN = 10
# Of a release, or a revision of it, without a record of Stage 6.
UNMANAGED = "unmanaged (deployed outside Stage 6)"


def more(count: int) -> list[str]:
    """The line that stands for the rest of a list."""
    return [f"  … and {count - SHOWN:,} more (--output json has all)"] if count > SHOWN else []


def unmet_lines(plan: Plan) -> list[str]:
    """A line for each precondition that is unmet or could not be checked."""
    lines = []
    for each in plan.preconditions:
        if each.error:
            target = f" {each.target}" if each.target else ""
            where = " for this process" if each.of_this_process else "" if each.stops_plan else " for a run"
            what = f"{each.error.code}: {each.error.message}; next: {each.error.hint}"
            lines.append(f"precondition {each.id}{target} ({each.state}{where}): {plain(what)}")
    return lines
