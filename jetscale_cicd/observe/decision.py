"""Observations turned into decisions: which changes, against what, for which target."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.decide.classify import ChartRules, chart_reasons, decide, values_reasons
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.live import Deployed, LiveState, NotObserved
from jetscale_cicd.model.plan import Reason, TargetDecision
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.comparison import Releases, chart_comparison, find_head, find_releases, values_comparison
from jetscale_cicd.observe.content import linked_paths
from jetscale_cicd.observe.deepen import complete, is_cut, reach
from jetscale_cicd.observe.live import observe_live
from jetscale_cicd.observe.repository import Repository, literal


class Observed(NamedTuple):
    """What was seen, and what it means for each target."""

    head: str
    releases: Releases
    changes: ChangeSet
    targets: tuple[TargetDecision, ...]
    notes: tuple[str, ...]


def observe(repository: Repository, settings: Settings, request: Request, tag_format: str) -> Observed:
    """Look at the commit, the releases and the targets, and decide for each target.

    Raises:
        CannotTellError: something that the decision needs could not be seen; it is never taken for "nothing".
    """
    head = find_head(repository, request)
    merged = (head,) if not (request.from_merge_base and request.base) else (head, repository.commit(request.base))
    releases = find_releases(repository, tag_format, merged, ask_remote=request.since == "auto")
    comparison = chart_comparison(repository, request, head, releases.latest)
    watch = tuple(
        dict.fromkeys((*settings.chart.watched, *(glob for target in settings.targets for glob in target.watched)))
    )
    packaged = (settings.chart.path, *(file for target in settings.targets for file in target.values))
    watched = _Watched(repository, watch, linked_paths(repository, head, packaged))
    changes = watched.changes(comparison)
    rules = _chart_rules(repository, settings.chart, changes)
    chart = chart_reasons(changes.watched, rules)
    looking = _Looking(repository, request, releases, watched, comparison, {comparison.base: changes})
    targets = tuple(looking.decide(target, chart, head) for target in settings.targets)
    return Observed(head=head, releases=releases, changes=changes, targets=targets, notes=_notes(releases, targets))


@dataclass(frozen=True, slots=True)
class _Watched:
    """Paths that anybody cares for; a change of what a symlink leads to is a change at the symlink."""

    repository: Repository
    watch: tuple[str, ...]
    linked: dict[bytes, list[bytes]]

    def changes(self, comparison: Comparison) -> ChangeSet:
        seen = self.repository.changes(comparison, (*self.watch, *(literal(path) for path in self.linked)))
        through = [change._replace(path=link) for change in seen.watched for link in self.linked.get(change.path, ())]
        return replace(seen, watched=tuple({change.path: change for change in (*through, *seen.watched)}.values()))


@dataclass(frozen=True, slots=True)
class _Looking:
    """Targets looked at one after the other; those that compare the same commits share the diff."""

    repository: Repository
    request: Request
    releases: Releases
    watched: _Watched
    comparison: Comparison
    seen: dict[str | None, ChangeSet]

    def decide(self, target: Target, chart: tuple[Reason, ...], head: str) -> TargetDecision:
        latest = self.releases.latest
        live = _live(self.repository, self.request, target)
        compared = values_comparison(self.repository, self.request, self.comparison, latest, live)
        if compared.base not in self.seen:
            self.seen[compared.base] = self.watched.changes(compared)
        values = values_reasons(self.seen[compared.base].watched, target)
        superseded = _superseded(self.repository, live, head)
        return decide(target, chart, values, compared, live=live, latest=latest, superseded=superseded)


def _live(repository: Repository, request: Request, target: Target) -> LiveState:
    if request.since != "auto":
        return NotObserved(f"--since {request.since} compares commits only")
    return observe_live(repository.git.root, target)


def _superseded(repository: Repository, live: LiveState, head: str) -> bool:
    if not isinstance(live, Deployed) or live.commit == head or reach(repository, live.commit) is None:
        return False
    if is_cut(repository, live.commit):
        complete(repository, live.commit)
    return repository.is_ancestor(head, live.commit)


def _chart_rules(repository: Repository, chart: ChartSettings, changes: ChangeSet) -> ChartRules:
    """The chart's own rules, read, and their readers imported, only where a path of the chart changed at all."""
    folder = chart.path.encode() + b"/"
    if not any(change.path.startswith(folder) for change in changes.watched):
        return ChartRules(path=chart.path, watch=chart.watched)
    from jetscale_cicd.observe.packaged import packaged_rules

    return packaged_rules(repository, chart, changes)


def _notes(releases: Releases, targets: tuple[TargetDecision, ...]) -> tuple[str, ...]:
    notes = []
    if not releases.certain:
        notes.append("this clone is shallow: a newer release may exist than the tags that are here")
    notes += [
        f"{target.target.name}: compared {target.compared.how}" for target in targets if not target.compared.certain
    ]
    return tuple(notes)
