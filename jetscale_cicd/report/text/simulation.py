"""A simulation: the plan, the objects that would differ, each difference once for all targets."""

from collections.abc import Iterable, Sequence

from jetscale_cicd.model.simulation import ChangeKind, ImageChange, ManifestDiff, ObjectChange, OnlyDiffers, Simulation
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.plan import outline
from jetscale_cicd.report.verdict import verdict

_ONLY = {
    OnlyDiffers.CHART_LABELS: "only chart-version labels differ",
    OnlyDiffers.EVERY_RENDER: "not deterministic, differs in every render",
}
_SHOWN = 5


def simulation_text(simulation: Simulation, paint: Paint) -> str:
    """The plan, and what would differ."""
    lines = outline(simulation.plan, paint)
    for targets, notes in _folded((diff.target, diff.note) for diff in simulation.diffs if diff.note):
        lines += ["", paint("bold", _names(targets))]
        lines += [f"  {paint('yellow', '!')} {plain(note)}" for note in notes]
    compared = [diff for diff in simulation.diffs if not diff.error]
    lines += _without_difference([diff.target for diff in compared if not diff.changes], paint)
    for targets, changes in _folded_changes(compared):
        as_in = f", shown as in {targets[0]}" if len(targets) > 1 else ""
        lines += ["", f"{paint('bold', _names(targets))}: {counted(changes)}{plain(as_in)}"]
        images = (each for diff in compared if diff.target == targets[0] for each in diff.images)
        lines += _images([each for each in images if each.subject in {f"{one.kind}/{one.name}" for one in changes}])
        for each in changes:
            lines += [_diff_line(plain(line), paint) for line in each.diff] if each.only is None else []
        lines += _only(changes, paint)
    return "\n".join([*lines, ""]) + "\n"


def counted(changes: Sequence[ObjectChange]) -> str:
    """How many objects would change, and how many of them would be added or removed, or are hooks."""
    real = [each for each in changes if each.only is None]
    added, removed = (sum(each.change is kind for each in real) for kind in (ChangeKind.ADDED, ChangeKind.REMOVED))
    hooks = sum(bool(each.hook) for each in real)
    parts = ((added, "added"), (removed, "removed"), (hooks, "hook" if hooks == 1 else "hooks"))
    of_which = ", ".join(f"{count:,} {word}" for count, word in parts if count)
    noun = "object" if len(real) == 1 else "objects"
    return f"{len(real):,} {noun} would change" + (f" ({of_which})" if of_which else "")


def _folded(pairs: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Texts of targets: those with the same text together."""
    targets: dict[str, list[str]] = {}
    for target, text in pairs:
        targets.setdefault(text.replace(target, "{target}"), []).append(target)
    originals = {names[0]: text.replace("{target}", names[0]) for text, names in targets.items()}
    return [(tuple(names), [originals[names[0]]]) for names in targets.values()]


def _folded_changes(diffs: Sequence[ManifestDiff]) -> list[tuple[tuple[str, ...], list[ObjectChange]]]:
    """Changes by the targets that have them: a difference of several targets is shown once, as the first has it.

    What counts are the lines that differ: those around them may name the target.
    """
    targets: dict[tuple[object, ...], list[str]] = {}
    first: dict[tuple[object, ...], ObjectChange] = {}
    for diff in diffs:
        for each in diff.changes:
            changed = tuple(line for line in each.hunks if not line.startswith(" "))
            key = (each.kind, each.name, each.change, each.hook, each.only, changed)
            targets.setdefault(key, []).append(diff.target)
            first.setdefault(key, each)
    groups: dict[tuple[str, ...], list[ObjectChange]] = {}
    for each_key, names in targets.items():
        groups.setdefault(tuple(names), []).append(first[each_key])
    return list(groups.items())


def _names(targets: Sequence[str]) -> str:
    return plain(", ".join(targets)) + (f" ({len(targets)} targets)" if len(targets) > 1 else "")


def _without_difference(targets: Sequence[str], paint: Paint) -> list[str]:
    return ["", f"{paint('bold', _names(targets))}: no object would change"] if targets else []


def _images(images: Sequence[ImageChange]) -> list[str]:
    return [
        plain(f"  image {each.subject} {each.container}: {each.before or 'none'} → {each.after or 'none'}")
        for each in images
    ]


def _only(changes: Sequence[ObjectChange], paint: Paint) -> list[str]:
    """A line for all objects whose difference is none of the change, by its kind."""
    lines = []
    for only, phrase in _ONLY.items():
        titles = [each.title for each in changes if each.only is only]
        if titles:
            more = f" and {len(titles) - _SHOWN:,} more" if len(titles) > _SHOWN else ""
            noun = "object" if len(titles) == 1 else "objects"
            lines.append(
                f"  {paint('dim', '·')} {len(titles):,} {noun}: {phrase}: {plain(', '.join(titles[:_SHOWN]))}{more}"
            )
    return lines


def simulation_closing(simulation: Simulation, paint: Paint) -> str:
    """The verdict; where a run would fail, that comes first."""
    if simulation.error:
        return f"{paint('red', paint('bold', 'FAILED'))}  {simulation.error.code}: {plain(simulation.error.message)}\n"
    plan = simulation.plan
    images = len({(each.before, each.after) for diff in simulation.diffs for each in diff.images})
    parts = [plain(verdict(plan))]
    if simulation.diffs:
        parts.append(counted([each for diff in simulation.diffs for each in diff.changes]))
        parts += [f"{images} image{'' if images == 1 else 's'} would be another"] if images else []
    return f"{paint('bold', plan.decision.upper())}  {'; '.join(parts)}\n"


def _diff_line(line: str, paint: Paint) -> str:
    if line.startswith(("--- ", "+++ ")):
        return "  " + paint("bold", line)
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return "  " + (paint(styles[line[0]], line) if line[:1] in styles else line)
