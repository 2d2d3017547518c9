"""What people read: the verdict first, then reasons by scope, then steps with their marks."""

from collections.abc import Iterable

from jetscale_cicd.errors import Stage6Error, SupersededError
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.outcome import Result, Run, StepOutcome
from jetscale_cicd.model.plan import Decision, Plan, Reason, Step, StepName, StepState, TargetDecision
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present, RegistryAnswer
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.simulation import Simulation
from jetscale_cicd.model.status import Status, TargetStatus
from jetscale_cicd.model.verification import Sameness, Verification
from jetscale_cicd.report.paint import Paint, plain

# A long list helps nobody: the JSON has all of it.
_SHOWN = 10
# No command below their failure: a plan's short form of a deploy would leave no record, and the others only look.
_WITHOUT_COMMAND = (StepName.LOCK, StepName.RECOVER, StepName.DEPLOY)
# What goes along with any change, and is no repair of its own.
_AROUND = (StepName.LOCK, StepName.RECOVER, StepName.RECORD, StepName.GITHUB_RELEASE)
_MARKS = {
    Result.DONE: ("green", "✓"),
    Result.SATISFIED: ("dim", "✓"),
    Result.FAILED: ("red", "✗"),
    Result.WARNED: ("yellow", "!"),
    Result.SKIPPED: ("dim", "-"),
}

_STATES = {
    StepState.SATISFIED: ("dim", "✓"),
    StepState.NEEDED: ("cyan", "→"),
    StepState.HELD: ("yellow", "!"),
    StepState.UNKNOWN: ("yellow", "?"),
}


def verdict(plan: Plan) -> str:
    """One sentence: what happens."""
    latest = f"{plan.latest.version}" if plan.latest else "no release yet"
    if plan.decision is Decision.PUBLISH and plan.choice:
        return (
            f"publish {plan.choice.version} ({plan.choice.level.word}, after {latest}) and deploy it to {_names(plan)}"
        )
    unfinished = [decided.target.name for decided in plan.targets if decided.unfinished]
    if plan.decision is Decision.NOTHING and unfinished:
        return f"the rollback of {', '.join(unfinished)} is brought to its end, and holds it (latest: {latest})"
    repairs = [str(step.name) for step in plan.steps if step.state is StepState.NEEDED and step.name not in _AROUND]
    if any(decided.exposed for decided in plan.targets):
        repairs.append("the removal of secrets from what Helm keeps")
    if plan.decision is Decision.NOTHING and repairs:
        have = "has" if len(repairs) == 1 else "have"
        return f"nothing changed, but {' and '.join(repairs)} {have} to be done again (latest: {latest})"
    if plan.decision is Decision.REDEPLOY:
        return f"redeploy {plan.version or 'the latest version'} to {_names(plan)}"
    held = [decided.target.name for decided in plan.targets if decided.hold]
    if held:
        return f"nothing, because a rollback holds {', '.join(held)} (latest: {latest})"
    return f"nothing to do (latest: {latest})"


def plan_text(plan: Plan, paint: Paint) -> str:
    """A plan: verdict, reasons, steps."""
    return "\n".join([*_head(plan, paint), *_steps(plan.steps, paint)]) + "\n"


def run_text(run: Run, paint: Paint) -> str:
    """A run: verdict, reasons, and what became of each step."""
    lines = _head(run.plan, paint)
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


def simulation_text(simulation: Simulation, paint: Paint) -> str:
    """A simulation: the plan, then the manifests that would differ."""
    lines = [plan_text(simulation.plan, paint).rstrip("\n")]
    for diff in simulation.diffs:
        title = f"{diff.target}: {diff.objects} object{'' if diff.objects == 1 else 's'} would change"
        lines += ["", paint("bold", title if not diff.note else diff.target)]
        lines += [f"  {paint('yellow', '!')} {plain(diff.note)}"] if diff.note else []
        lines += [_diff_line(plain(line), paint) for line in diff.text.splitlines()]
    return "\n".join(lines) + "\n"


def verification_text(verification: Verification, paint: Paint) -> str:
    """A comparison: the verdict, both digests, and the files that differ."""
    style, words = {
        Sameness.EQUAL: ("green", "is, byte for byte, what its tag gives"),
        Sameness.REPACKED: ("yellow", "holds the same files as its tag gives, packed another way"),
        Sameness.DIFFERENT: ("red", "is not what its tag gives"),
    }[verification.sameness]
    release = verification.release
    lines = [
        f"{paint(style, paint('bold', verification.sameness.upper()))}  {release.version} {words}",
        paint("dim", f"  published  {plain(verification.reference)}  {verification.published}"),
        paint("dim", f"  rebuilt    {plain(release.tag)} at {release.commit[:12]}  {verification.rebuilt}"),
        *(f"  {plain(file)}" for file in verification.files),
    ]
    return "\n".join(lines) + "\n"


def rollback_text(rollback: Rollback, paint: Paint) -> str:
    """A rollback by hand: what was, what is, and what that means for the next run."""
    target = rollback.target
    was, now = (_revision(each) for each in (rollback.before, rollback.after))
    head, where = paint("yellow", paint("bold", "ROLLED BACK")), f"{target.namespace}/{target.release}"
    lines = [
        f"{head}  {target.name} ({where}): revision {rollback.to} is back as {now}, after {was}",
        f"  {plain(rollback.verified)}",
        paint("dim", "  held: runs do nothing here until a new version, new values, or stage6 --release-hold"),
    ]
    return "\n".join(lines) + "\n"


def _revision(live: Deployed) -> str:
    hands = "" if live.commit else ", deployed by other hands"
    return f"revision {live.revision.number if live.revision else '?'} ({plain(live.version)}{hands})"


def status_text(status: Status, paint: Paint) -> str:
    """Where things stand, a line each."""
    plan, latest = status.plan, status.plan.latest
    rows = [("head", plan.head[:12])]
    rows.append(("latest", f"{latest.tag} at {latest.commit[:12]}" if latest else "no release yet"))
    rows += [("published", f"{plain(status.reference)}: {_published(status.published)}")] if latest else []
    for each, decided in zip(status.targets, plan.targets, strict=True):
        context = f" on {plain(each.context)}" if each.context else ""
        rows.append((each.target.name, f"{each.target.namespace}{context}: {_live(each.live)}"))
        rows += [("", said) for said in (*_seen(decided), *_health(each), *_drift(each))]
    rows.append(("next run", plain(f"refuses: {status.blocker.code}" if status.blocker else verdict(plan))))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{paint('bold', name.ljust(width))}  {said}" for name, said in rows) + "\n"


def _published(answer: RegistryAnswer | None) -> str:
    match answer:
        case Present(digest=digest):
            return digest
        case Absent():
            return "absent, although it is tagged: the next run rebuilds it"
        case CannotTell(why=why) | NotAsked(why=why):
            return f"unknown: {plain(why)}"
    return "unknown"


def _live(live: LiveState) -> str:
    match live:
        case NotDeployed():
            return "nothing is deployed"
        case NotObserved(why=why):
            return f"not looked at: {plain(why)}"
    commit = f" with the values of {live.commit[:12]}" if live.commit else ", deployed by other hands"
    revision = live.revision
    if revision is None:
        return f"{plain(live.version)}{commit}"
    holder = f": {plain(revision.holder)} is at work on it" if revision.holder else ""
    return f"{plain(live.version)}{commit}, revision {revision.number} is {revision.status}{holder}"


def _seen(decided: TargetDecision) -> list[str]:
    """What the next run makes of it, where that is more than that all is well."""
    seen = [plain(reason.why) for reason in decided.reasons if reason.path is None]
    due = [] if decided.decision is Decision.NOTHING else [f"{decided.decision} is due"]
    if due:
        return [f"{due[0]}: {seen[-1]}" if seen else due[0]]
    if decided.unverified:
        return [f"unverified: {plain(decided.unverified)}"]
    return seen[-1:] if decided.hold else []


def _health(status: TargetStatus) -> list[str]:
    rows = status.workloads or ()
    waiting = [plain(row.line) for row in rows if not row.complete]
    ready = [f"{len(rows)} workload{'' if len(rows) == 1 else 's'} ready"] if rows and not waiting else []
    fault = [plain(f"{status.fault.code} {status.fault.sentence}")] if status.fault else []
    return [*ready, *waiting[:_SHOWN], *_more(len(waiting)), *fault]


def _drift(status: TargetStatus) -> list[str]:
    lines = [f"cannot compare {plain(line)}" for line in status.unseen[:_SHOWN]]
    if status.drift is None:
        return lines
    for each in status.drift[:_SHOWN]:
        where = f"{each.subject} {each.path}".strip()
        lines.append(f"drift: {plain(where)} is {plain(each.live)}, the release says {plain(each.wanted)}")
    if not (status.drift or status.unseen):
        lines.append("no field that its release sets was changed")
    return lines + _more(len(status.drift))


def reasons_text(reasons: Iterable[Reason], paint: Paint) -> str:
    """Explained paths."""
    lines = []
    for reason in reasons:
        mark = paint("green", "counts ") if reason.counts else paint("dim", "ignored")
        rule = f" (rule {reason.rule})" if reason.rule else ""
        lines.append(f"{mark}  {show_path(reason.path or b'')}: {reason.scope}, {plain(reason.why)}{rule}")
    return "\n".join(lines) + "\n"


def error_text(error: Stage6Error, paint: Paint, *, warns: bool = False) -> str:
    """What happened, where, what to do next."""
    where = f"\n  where  {plain(error.where)}" if error.where else ""
    hint = f"\n  next   {plain(error.hint)}" if error.hint else ""
    word = paint("yellow", "warning") if warns else paint("red", "error")
    details = "".join(f"\n    {plain(line)}" for line in error.details)
    return f"{word} {error.code}: {plain(error.message)}{where}{details}{hint}\n"


def _head(plan: Plan, paint: Paint) -> list[str]:
    style = {"publish": "green", "redeploy": "cyan", "nothing": "dim"}[plan.decision]
    changes = plan.changes
    paths = f"{changes.count:,} path{'' if changes.count == 1 else 's'} changed {changes.comparison.how}"
    lines = [
        f"{paint(style, paint('bold', plan.decision.upper()))}  {plain(verdict(plan))}",
        paint("dim", f"  {plain(paths)}, at {plan.head[:12]}"),
    ]
    if changes.unwatched:
        more = changes.count - len(changes.watched) - len(changes.unwatched)
        shown = ", ".join(map(show_path, changes.unwatched)) + (f" and {more:,} more" if more > 0 else "")
        lines.append(paint("dim", f"  nobody watches {shown}"))
    lines += [f"  {paint('yellow', '!')} {plain(note)}" for note in plan.notes]
    lines += _reasons(plan, paint)
    if plan.choice:
        lines += ["", f"{paint('bold', 'version')} {plan.choice.version}: {plain(plan.choice.why)}"]
        asking = sorted(plan.choice.commits, key=lambda judged: -judged.level)
        lines += [
            f"  {judged.level.word:<6} {judged.commit.sha[:9]} {plain(judged.commit.subject)[:100]}"
            for judged in asking[:_SHOWN]
        ]
        lines += _more(len(asking))
    return lines


def _reasons(plan: Plan, paint: Paint) -> list[str]:
    unique = dict.fromkeys(reason for target in plan.targets for reason in target.reasons)
    scopes: dict[str, list[Reason]] = {}
    for reason in unique:
        scopes.setdefault(reason.scope, []).append(reason)
    since = {decided.target.name: decided.compared.how for decided in plan.targets}
    lines: list[str] = []
    for scope, reasons in scopes.items():
        paths = [reason for reason in reasons if reason.path is not None]
        counted = f"  {sum(reason.counts for reason in paths)} of {len(paths)} count" if paths else ""
        how = since.get(scope, plan.changes.comparison.how)
        apart = f", {how}" if paths and how != plan.changes.comparison.how else ""
        lines += ["", f"{paint('bold', scope)}{plain(counted + apart)}"]
        for reason in sorted(reasons, key=lambda reason: not reason.counts)[:_SHOWN]:
            mark = paint("green", "•") if reason.counts else paint("dim", "·")
            subject = f"{show_path(reason.path)}: " if reason.path is not None else ""
            lines.append(f"  {mark} {subject}{plain(reason.why)}")
        lines += _more(len(reasons))
    return lines


def _steps(steps: tuple[Step, ...], paint: Paint) -> list[str]:
    lines = ["", paint("bold", "steps")] if steps else []
    for step in steps:
        lines.append(f"  {paint(*_STATES[step.state])} {_label(step):<16} {plain(step.why)}")
        needed = step.state is StepState.NEEDED
        lines += [paint("dim", f"    {'$':>16} {plain(step.command)}")] if needed else []
    return lines


def _outcome(outcome: StepOutcome, paint: Paint) -> list[str]:
    style, mark = ("yellow", "↻") if isinstance(outcome.error, SupersededError) else _MARKS[outcome.result]
    took = f" ({outcome.seconds:.1f} s)" if outcome.result in (Result.DONE, Result.FAILED, Result.WARNED) else ""
    lines = [f"  {paint(style, mark)} {_label(outcome.step):<16} {plain(outcome.detail)}{took}"]
    if outcome.result is Result.FAILED and outcome.step.name not in _WITHOUT_COMMAND:
        lines.append(paint("dim", f"    {'$':>16} {plain(outcome.step.command)}"))
    return lines


def _label(step: Step) -> str:
    return f"{step.name} {step.target}" if step.target else str(step.name)


def _names(plan: Plan) -> str:
    touched = [decided.target for decided in plan.targets if decided.decision is not Decision.NOTHING]
    return ", ".join(f"{target.name} ({target.namespace})" for target in touched)


def _more(count: int) -> list[str]:
    return [f"  … and {count - _SHOWN:,} more (--output json has all)"] if count > _SHOWN else []


def _diff_line(line: str, paint: Paint) -> str:
    if line.startswith(("---", "+++")):
        return "  " + paint("bold", line)
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return "  " + (paint(styles[line[0]], line) if line[:1] in styles else line)
