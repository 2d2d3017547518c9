"""Which changed path counts for what, and what that means for each target."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jetscale_cicd.decide.forward import goes_back
from jetscale_cicd.decide.hold import Verdict, by_revision
from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.model.change import Change, Comparison
from jetscale_cicd.model.live import Deployed, Lineage, LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.plan import Decision, Reason, TargetDecision
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.version import Version

if TYPE_CHECKING:
    from jetscale_cicd.decide.chart.helmignore import HelmIgnore

_NO_VERSION = Version(0, 0, 0)
# Status of a path that is explained without having changed.
UNCHANGED = ""
_STATUS_NAMES = {"A": "added", "D": "deleted", "M": "modified", "T": "type changed"}


@frozen(kw_only=True)
class ChartRules:
    """What makes a path a change of the chart.

    Args:
        path: the chart's folder, from the repository's root.
        watch: globs of the chart scope.
        ignored: the chart's ``.helmignore`` at base and head; a path kept out of the package at both ends is no change.
        same: paths of the chart that differ in git, and not in the package.
    """

    path: str
    watch: tuple[str, ...]
    ignored: "tuple[HelmIgnore, ...]" = ()
    same: frozenset[bytes] = frozenset()


def chart_reasons(changes: Iterable[Change], rules: ChartRules) -> tuple[Reason, ...]:
    """A reason for every changed path in the chart scope."""
    globs = Globs(rules.watch)
    return tuple(_chart_reason(change, rule, rules) for change in changes if (rule := globs.rule(change.path)))


def _chart_reason(change: Change, rule: str, rules: ChartRules) -> Reason:
    def reason(counts: bool, why: str) -> Reason:
        return Reason(scope="chart", why=why, counts=counts, path=change.path, status=change.status, rule=rule)

    if change.same_bytes:
        return reason(False, f"the same bytes{_what(change)}")
    folder = rules.path.encode() + b"/"
    if not change.path.startswith(folder):
        return reason(True, f"watched beside {rules.path}{_what(change)}")
    inside = change.path[len(folder) :].decode("utf-8", "surrogateescape")
    if change.path in rules.same:
        own = "but for its version, which is stamped" if inside == "Chart.yaml" else "as helm packs it"
        return reason(False, f"the same content, {own}{_what(change)}")
    if inside == ".helmignore":
        return reason(True, f"decides what is packaged{_what(change)}")
    if rules.ignored and all(ignore.ignores(inside) for ignore in rules.ignored):
        return reason(False, ".helmignore keeps it out of the package")
    return reason(True, f"part of the packaged chart{_what(change)}")


def values_reasons(changes: Iterable[Change], target: Target) -> tuple[Reason, ...]:
    """A reason for every changed path that the target watches."""
    globs = Globs(target.watched)
    return tuple(
        Reason(
            scope=target.name,
            why=f"{'the same bytes' if change.same_bytes else f'values of {target.name}'}{_what(change)}",
            counts=not change.same_bytes,
            path=change.path,
            status=change.status,
            rule=rule,
        )
        for change in changes
        if (rule := globs.rule(change.path))
    )


@frozen(kw_only=True)
class TargetState:
    """What was observed about a target.

    Args:
        live: what it runs now.
        latest: the release that a redeploy would use.
        lineage: how head descends from what is deployed, or was tried last.
        overtaken: why head must not get a version of its own, "" where it may; it may still deploy the latest one.
        values_differ: the record of what is deployed, or was rolled back, names other values, release or namespace
            than head has.
        restored: a rollback brought back exactly what head asks for.
    """

    live: LiveState
    latest: Release | None
    lineage: Lineage = Lineage.FORWARD
    overtaken: str = ""
    values_differ: bool = False
    restored: bool = False


@frozen(kw_only=True)
class Overrides:
    """What the person who starts a run asks for.

    Args:
        release_hold: no rollback holds.
        redeploy: what is deployed is deployed again although nothing changed.
        allow_older: what is deployed is replaced although it is newer.
    """

    release_hold: bool = False
    redeploy: bool = False
    allow_older: bool = False


_NO_OVERRIDES = Overrides()


def decide(
    target: Target,
    chart: Sequence[Reason],
    values: Sequence[Reason],
    compared: Comparison,
    state: TargetState,
    *,
    overrides: Overrides = _NO_OVERRIDES,
) -> TargetDecision:
    """The decision for one target.

    Args:
        chart, values: reasons of the two scopes.
        compared: the ends of the values' comparison.
    """
    lineage = Lineage.FORWARD if overrides.allow_older else state.lineage
    verdict = _by_change(chart, values, state) or _by_live(state, overrides)
    newer = _newer(verdict, state, lineage, compared.head)
    if newer:
        verdict = Verdict(decision=Decision.NOTHING, why=newer, superseded=True)
    counts = verdict.decision is not Decision.NOTHING
    observed = (Reason(scope=target.name, why=verdict.why, counts=counts),) if verdict.why else ()
    return TargetDecision(
        target=target,
        decision=verdict.decision,
        reasons=(*chart, *values, *observed),
        compared=compared,
        live=state.live,
        lineage=lineage,
        superseded=verdict.superseded,
        hold=verdict.hold,
    )


def _newer(verdict: Verdict, state: TargetState, lineage: Lineage, head: str) -> str:
    """Why head must not replace what is deployed, which is newer; "" where it may, or where it does not want to.

    Of a version that is going to be chosen only the ancestry is known yet (``decide/forward.py``: ``held_back``).
    """
    if lineage is Lineage.BACK:
        return goes_back(lineage, _NO_VERSION, state.live, head)
    if verdict.decision is Decision.REDEPLOY and state.latest:
        return goes_back(lineage, state.latest.version, state.live, head)
    return ""


def _by_change(chart: Sequence[Reason], values: Sequence[Reason], state: TargetState) -> Verdict | None:
    """What the changed paths ask for; None where they ask for nothing."""
    if any(reason.counts for reason in chart):
        if state.overtaken:
            why = f"{state.overtaken}: this run is superseded"
            return Verdict(decision=Decision.NOTHING, why=why, superseded=True)
        return Verdict(decision=Decision.PUBLISH)
    return Verdict(decision=Decision.REDEPLOY) if any(reason.counts for reason in values) else None


def _by_live(state: TargetState, overrides: Overrides) -> Verdict:
    """What the live state asks for, where nothing changed."""
    live, latest, verdict = state.live, state.latest, None
    if isinstance(live, Deployed) and live.revision and latest and not state.restored:
        verdict = by_revision(live, live.revision, str(latest.version), state.values_differ, overrides.release_hold)
    if verdict:
        return verdict
    verdict = _by_deployed(live, latest, state.values_differ and not state.restored)
    if overrides.redeploy and latest and verdict.decision is Decision.NOTHING:
        return Verdict(decision=Decision.REDEPLOY, why=f"{verdict.why}; --redeploy deploys it again")
    return verdict


def _by_deployed(live: LiveState, latest: Release | None, values_differ: bool) -> Verdict:
    """Nothing changed; but an earlier run may not have finished."""
    match live:
        case NotDeployed() if latest:
            why = f"nothing is deployed here yet: {latest.version} is due"
            return Verdict(decision=Decision.REDEPLOY, why=why)
        case Deployed(version=version) if latest and version != str(latest.version):
            why = f"{version} is deployed, and {latest.version}, the latest release, is not yet"
            return Verdict(decision=Decision.REDEPLOY, why=why)
        case Deployed(version=version) if values_differ:
            why = f"{version} is deployed with other values, or under another name, than this commit says"
            return Verdict(decision=Decision.REDEPLOY, why=why)
        case Deployed(version=version):
            return Verdict(decision=Decision.NOTHING, why=f"{version} with these values is deployed")
        case NotObserved(why=why):
            return Verdict(decision=Decision.NOTHING, why=f"what is deployed was not observed: {why}")
    return Verdict(decision=Decision.NOTHING, why="nothing is released yet, and nothing is deployed")


def strongest(decisions: Iterable[TargetDecision]) -> Decision:
    """The run's decision: publish > redeploy > nothing."""
    return max(
        (target.decision for target in decisions), key=lambda decision: decision.strength, default=Decision.NOTHING
    )


def _what(change: Change) -> str:
    """What happened to the path, in brackets; nothing where only the name is known."""
    if change.status == UNCHANGED:
        return ""
    name = _STATUS_NAMES.get(change.status, f"status {change.status}")
    if "160000" in (change.old_mode, change.new_mode):
        return f" (submodule {name})"
    if change.same_bytes:
        modes = change.old_mode, change.new_mode
        return f" (mode {modes[0]} → {modes[1]})" if modes[0] != modes[1] else " (through a symlink)"
    return f" (symlink {name})" if "120000" in (change.old_mode, change.new_mode) else f" ({name})"
