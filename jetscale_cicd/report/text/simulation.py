"""A simulation: the plan, then the manifests that would differ."""

from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.plan import plan_text


def simulation_text(simulation: Simulation, paint: Paint) -> str:
    """The plan, and per target a unified diff or why there is none."""
    lines = [plan_text(simulation.plan, paint).rstrip("\n")]
    for diff in simulation.diffs:
        title = f"{diff.target}: {diff.objects} object{'' if diff.objects == 1 else 's'} would change"
        lines += ["", paint("bold", title if not diff.note else diff.target)]
        lines += [f"  {paint('yellow', '!')} {plain(diff.note)}"] if diff.note else []
        lines += [_diff_line(plain(line), paint) for line in diff.text.splitlines()]
    return "\n".join(lines) + "\n"


def _diff_line(line: str, paint: Paint) -> str:
    if line.startswith(("---", "+++")):
        return "  " + paint("bold", line)
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return "  " + (paint(styles[line[0]], line) if line[:1] in styles else line)
