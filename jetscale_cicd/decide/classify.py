"""Which changed path counts for what, and what that means for each target."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetscale_cicd.decide.hold import by_revision
from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.model.change import Change, Comparison
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.plan import Decision, Reason, TargetDecision
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target

if TYPE_CHECKING:
    from jetscale_cicd.decide.chart.helmignore import HelmIgnore

# Status of a path that is asked about without having changed.
UNCHANGED = ""
_WORDS = {"A": "added", "D": "deleted", "M": "modified", "T": "type changed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRules:
    """What makes a path a change of the chart.

    Args:
        path: the chart's folder, from the repository's root.
        watch: globs of the chart scope.
        ignored: the chart's ``.helmignore`` at base and head; a path kept out of the package at both ends is no change.
        metadata_only: Chart.yaml differs in nothing but its own ``version`` and ``appVersion``.
    """

    path: str
    watch: tuple[str, ...]
    ignored: "tuple[HelmIgnore, ...]" = ()
    metadata_only: bool = False


def chart_reasons(changes: Iterable[Change], rules: ChartRules) -> tuple[Reason, ...]:
    """A reason for every changed path in the chart scope."""
    globs = Globs(rules.watch)
    return tuple(_chart_reason(change, rule, rules) for change in changes if (rule := globs.rule(change.path)))


def _chart_reason(change: Change, rule: str, rules: ChartRules) -> Reason:
    def reason(counts: bool, why: str) -> Reason:
        return Reason(scope="chart", why=why, counts=counts, path=change.path, status=change.status, rule=rule)

    folder = rules.path.encode() + b"/"
    if not change.path.startswith(folder):
        return reason(True, f"watched beside {rules.path}{_what(change)}")
    inside = change.path[len(folder) :].decode("utf-8", "surrogateescape")
    if inside == ".helmignore":
        return reason(True, f"decides what is packaged{_what(change)}")
    if rules.ignored and all(ignore.ignores(inside) for ignore in rules.ignored):
        return reason(False, ".helmignore keeps it out of the package")
    if inside == "Chart.yaml" and rules.metadata_only:
        return reason(False, "only version/appVersion differ, which are stamped at package time")
    return reason(True, f"part of the packaged chart{_what(change)}")


def values_reasons(changes: Iterable[Change], target: Target) -> tuple[Reason, ...]:
    """A reason for every changed path that the target watches."""
    globs = Globs(target.watched)
    return tuple(
        Reason(
            scope=target.name,
            why=f"values of {target.name}{_what(change)}",
            counts=True,
            path=change.path,
            status=change.status,
            rule=rule,
        )
        for change in changes
        if (rule := globs.rule(change.path))
    )


def decide(
    target: Target,
    chart: Sequence[Reason],
    values: Sequence[Reason],
    compared: Comparison,
    *,
    live: LiveState,
    latest: Release | None,
    superseded: bool = False,
    overtaken: str = "",
    values_differ: bool = False,
    release_hold: bool = False,
    restored: bool = False,
    redeploy: bool = False,
) -> TargetDecision:
    """The decision for one target (DESIGN §3).

    Args:
        chart, values: reasons of the two scopes.
        compared: the ends of the values' comparison.
        live: what the target runs now.
        latest: the release that a redeploy would use.
        superseded: the deployed commit descends from head, so that head must not replace it.
        overtaken: why head must not get a version of its own, "" where it may; the latest one it may still deploy.
        values_differ: the record of what is deployed, or was rolled back, names other values, release or namespace
            than head has.
        release_hold: a rollback holds nothing.
        restored: what is deployed is a rollback to what head wants.
        redeploy: a person wants it deployed again.
    """
    reasons = (*chart, *values)

    def decided(decision: Decision, *observed: Reason) -> TargetDecision:
        return TargetDecision(
            target=target,
            decision=decision,
            reasons=(*reasons, *observed),
            compared=compared,
            live=live,
            superseded=superseded,
        )

    if superseded:
        why = "a newer commit is deployed here: this run is superseded"
        return decided(Decision.NOTHING, _seen(target, False, why))
    if overtaken and any(reason.counts for reason in chart):
        return decided(Decision.NOTHING, _seen(target, False, f"{overtaken}: this run is superseded"))
    if any(reason.counts for reason in chart):
        return decided(Decision.PUBLISH)
    if any(reason.counts for reason in values):
        return decided(Decision.REDEPLOY)
    if isinstance(live, Deployed) and live.revision and latest and not restored:
        seen = by_revision(live, live.revision, str(latest.version), values_differ, release_hold)
        if seen:
            return decided(seen[0], _seen(target, seen[0] is not Decision.NOTHING, seen[1]))
    decision, seen_here = _by_what_is_deployed(target, live, latest, values_differ and not restored)
    if redeploy and latest and decision is Decision.NOTHING:
        return decided(Decision.REDEPLOY, _seen(target, True, f"{seen_here.why}; --redeploy deploys it again"))
    return decided(decision, seen_here)


def _by_what_is_deployed(
    target: Target, live: LiveState, latest: Release | None, values_differ: bool
) -> tuple[Decision, Reason]:
    """Nothing changed; but an earlier run may have been lost."""
    match live:
        case NotDeployed() if latest:
            return Decision.REDEPLOY, _seen(target, True, f"nothing is deployed here yet: {latest.version} is due")
        case Deployed(version=version) if latest and version != str(latest.version):
            why = f"{version} is deployed, {latest.version} is the latest release: an earlier run did not finish"
            return Decision.REDEPLOY, _seen(target, True, why)
        case Deployed(version=version) if values_differ:
            why = f"{version} is deployed with other values, or under another name, than this commit says"
            return Decision.REDEPLOY, _seen(target, True, why)
        case Deployed(version=version):
            return Decision.NOTHING, _seen(target, False, f"{version} with these values is deployed")
        case NotObserved(why=why):
            return Decision.NOTHING, _seen(target, False, f"what is deployed was not looked at: {why}")
    return Decision.NOTHING, _seen(target, False, "nothing is released yet, and nothing is deployed")


def strongest(decisions: Iterable[TargetDecision]) -> Decision:
    """The run's decision: publish > redeploy > nothing."""
    return max(
        (target.decision for target in decisions), key=lambda decision: decision.strength, default=Decision.NOTHING
    )


def _seen(target: Target, counts: bool, why: str) -> Reason:
    return Reason(scope=target.name, why=why, counts=counts)


def _what(change: Change) -> str:
    """What happened to the path, in brackets; nothing where only the name is known."""
    if change.status == UNCHANGED:
        return ""
    word = _WORDS.get(change.status, f"status {change.status}")
    if "160000" in (change.old_mode, change.new_mode):
        return f" (submodule {word})"
    if change.status == "M" and change.old_blob == change.new_blob:
        return f" (mode {change.old_mode} → {change.new_mode})"
    return f" (symlink {word})" if "120000" in (change.old_mode, change.new_mode) else f" ({word})"
