"""What is released, published, deployed and healthy, a line each."""

from collections import Counter

from jetscale_cicd.model.live import LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present, RegistryAnswer
from jetscale_cicd.model.status import Drift, DriftKind, Redeploy, Status, TargetStatus
from jetscale_cicd.report.paint import Paint, plain
from jetscale_cicd.report.text.objects import object_lines
from jetscale_cicd.report.text.phrases import SHOWN, UNMANAGED, more, unmet_lines
from jetscale_cicd.report.verdict import verdict

_AFTERWARDS = {
    Redeploy.RESTORES: "a redeploy takes it back",
    Redeploy.KEEPS: "a redeploy keeps it",
    Redeploy.HELM_4_RESTORES: "a redeploy by helm 4 takes it back, one by helm 3 keeps it",
}


def status_text(status: Status, paint: Paint) -> str:
    """Head, latest release, registry, targets and the next run."""
    rows = status_rows(status)
    width = max(len(name) for name, _ in rows)
    names = [name if at == 0 or name != rows[at - 1][0] else "" for at, (name, _) in enumerate(rows)]
    lines = zip(names, rows, strict=True)
    return "\n".join(f"{paint('bold', name.ljust(width))}  {line}" for name, (_, line) in lines) + "\n"


def status_rows(status: Status) -> list[tuple[str, str]]:
    """Each line with what it is about."""
    plan, latest = status.plan, status.plan.latest
    rows = [("head", plan.head[:12])]
    rows.append(("latest", f"{latest.tag} at {latest.commit[:12]}" if latest else "no release yet"))
    rows += [("published", f"{plain(status.reference)}: {_published(status.published)}")] if latest else []
    for each, decided in zip(status.targets, plan.targets, strict=True):
        context = f" on {plain(each.context)}" if each.context else ""
        rows.append((each.target.name, f"{each.target.namespace}{context}: {_live(each.live)}"))
        rows += [(each.target.name, line) for line in (*_due(decided), *_health(each), *_drift(each))]
    rows.append(("next run", plain(f"refuses: {plan.blocker.code}" if plan.blocker else verdict(plan))))
    return rows + [("next run", line) for line in unmet_lines(plan)]


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
            return f"not observed: {plain(why)}"
    commit = f" with the values of {live.commit[:12]}" if live.commit else f", {UNMANAGED}"
    revision = live.revision
    if revision is None:
        return f"{plain(live.version)}{commit}"
    holder = f": {plain(revision.holder)} holds its lock" if revision.holder else ""
    return f"{plain(live.version)}{commit}, revision {revision.number} is {revision.status}{holder}"


def _due(decided: TargetDecision) -> list[str]:
    """What the next run does at the target and why; no line where it is verified and nothing is due."""
    seen = [plain(reason.why) for reason in decided.reasons if reason.path is None]
    due = [] if decided.decision is Decision.NOTHING else [f"{decided.decision} is due"]
    if due:
        return [f"{due[0]}: {seen[-1]}" if seen else due[0]]
    if decided.unverified:
        return [f"unverified: {plain(decided.unverified)}"]
    return seen[-1:] if decided.hold else []


def _health(status: TargetStatus) -> list[str]:
    fault = [f"{status.fault.code} {status.fault.sentence}"] if status.fault else []
    return [plain(line) for line in (*(object_lines(status.ledger) if status.ledger else ()), *fault)]


def _drift(status: TargetStatus) -> list[str]:
    lines = [f"not compared: {plain(line)}" for line in status.unseen[:SHOWN]]
    found = status.differences
    if found is None:
        return lines
    shown = found.drift[:SHOWN]
    lines += [plain(f"drift: {_difference(each)}") for each in shown]
    lines += more(len(found.drift))
    lines += [plain(f"take it back: {command}") for command in dict.fromkeys(each.undo for each in shown if each.undo)]
    if not (found.drift or status.unseen):
        lines.append("no drift: every field that the release sets has its value, and nobody added one")
    return lines + _others(found.others)


def _difference(drift: Drift) -> str:
    where = f"{drift.subject} {drift.path}".strip()
    by = f"{drift.kind} by {drift.by}{f' at {drift.at}' if drift.at else ''}" if drift.by else ""
    added = drift.kind is DriftKind.ADDED
    wanted = "which the release does not set" if added else f"the release sets {drift.wanted}"
    then = _AFTERWARDS[drift.redeploy] if added or drift.redeploy is not Redeploy.RESTORES else ""
    more = ", ".join(filter(None, (by, then)))
    return f"{where} is {drift.live}, {wanted}{f': {more}' if more else ''}"


def _others(others: tuple[Drift, ...]) -> list[str]:
    """One line: whether these have a right to it is not known here."""
    counts = Counter(each.by for each in others)
    fields = ", ".join(f"{number} by {name}" for name, number in counts.most_common())
    return [plain(f"fields that other programs added, no drift (--output json names them): {fields}")] if others else []
