"""Observe the commit, the releases and the targets, and decide for each target."""

from functools import partial

from jetscale_cicd.config.required import check_required
from jetscale_cicd.config.settings import ChartSettings
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.classify import (
    ChartRules,
    Overrides,
    TargetState,
    chart_reasons,
    decide,
    values_reasons,
)
from jetscale_cicd.decide.patience import bounded
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError, Stage6Error
from jetscale_cicd.model.change import ChangeSet, Comparison
from jetscale_cicd.model.live import Deployed, Lineage, LiveState, NotObserved, last_recorded
from jetscale_cicd.model.plan import Reason, TargetDecision
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.request import Half, Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.comparison import chart_comparison, values_comparison
from jetscale_cicd.observe.git.files import linked_paths, local_dependencies, through_links
from jetscale_cicd.observe.git.overtaken import Overtaken, deployed_aside, find_overtaking
from jetscale_cicd.observe.git.release_branch import find_branch, later_tip
from jetscale_cicd.observe.git.releases import Releases, check_merged, find_releases, highest_merged
from jetscale_cicd.observe.git.remote import is_truncated, resolve_or_fetch, unshallow
from jetscale_cicd.observe.git.repository import Repository, literal
from jetscale_cicd.planning.authority import refused_commit
from jetscale_cicd.planning.known_releases import known_releases, version_unknown
from jetscale_cicd.planning.remarks import CONFIG, remarks


@frozen
class Observed:
    """The observations, and the decision for each target.

    Args:
        chart: also watches the folders of its dependencies.
        needed: decisions for targets that were not asked for, and that one of the others needs.
        refusal: why head may not be released or deployed; None where it may.
        lacking: why the release that the change follows is not known; "" where it is.
    """

    head: str
    releases: Releases
    changes: ChangeSet
    chart: ChartSettings
    targets: tuple[TargetDecision, ...]
    notes: tuple[str, ...]
    needed: tuple[TargetDecision, ...] = ()
    refusal: Stage6Error | None = None
    lacking: str = ""


def observe(context: RunContext) -> Observed:
    """Observe the commit, the releases and the targets, and decide for each target.

    Raises:
        CannotTellError: something that the decision needs could not be observed, which is never "nothing".
        PreconditionError: the run acts, and head is on no branch that is released; nothing else was asked.
        ConfigurationError: the run acts, and what it would act on is a default; nothing else was asked.
    """
    repository, request = context.repository, context.request
    head = context.head
    if request.base and not request.compares_only:  # it may not be needed, but a wrong one is an error in any case
        repository.commit(resolve_or_fetch(repository, request.base) or request.base)
    releases, lacking = known_releases(context, partial(_releases, context, head))
    refusal = None if request.compares_only else refused_commit(context, head, releases)
    if request.acts and not request.compares_only:
        _check_may_act(context, refusal)
    if tip := _tip_with_the_same_content(context, releases, head):
        return _observe_as(context, releases, tip)
    comparison = _comparison(context, head, releases, lacking)
    repository.begin_diff(comparison)
    overtaken = Overtaken()
    if request.compares_only:
        releases = _as_of_base(context, releases, comparison)
    else:
        overtaken = find_overtaking(repository, context.tag_format, releases, head, context.branches)
        if request.network and not overtaken.why:
            check_merged(releases, head)
    chart, watched = _watched(context, head)
    changes = watched.changes(comparison)
    reasons = chart_reasons(changes.watched, _chart_rules(repository, chart, changes))
    seen: dict[str | None, ChangeSet] = {comparison.base: changes}
    observer = _TargetObserver(context, releases, overtaken.why, watched, comparison, seen, _overrides(request))
    targets, needed = observer.decide_all(reasons, head)
    notes = (
        *overtaken.notes,
        *deployed_aside(repository, releases, context.branches, targets),
        *remarks(request, releases, lacking, changes, targets),
    )
    return Observed(head, releases, changes, chart, targets, notes, needed, refusal, lacking)


def _observe_as(context: RunContext, releases: Releases, tip: str) -> Observed:
    """What is observed of the commit that the branch has moved on to."""
    request = context.request
    event = replace(request.event, branch=releases.branch.name if releases.branch else "")
    later = observe(replace(context, head=tip, request=replace(request, head=tip, event=event)))
    moved = f"{context.head[:12]} is released as {tip[:12]}, to which the branch has moved on"
    return replace(later, notes=(f"{moved}: nothing that is watched differs", *later.notes))


def _overrides(asked: Request) -> Overrides:
    return Overrides(release_hold=asked.release_hold, redeploy=asked.redeploy, allow_older=asked.allow_older)


def _tip_with_the_same_content(context: RunContext, releases: Releases, head: str) -> str | None:
    """The commit on top of which the release commit of head can go, where that is a later one than head.

    Only where the request does not name the commit: a CI that skips commits by their paths starts no run for the later
    one, which would release both.
    """
    tip = None if context.request.head else later_tip(context.repository, releases.branch, head)
    if tip is None:
        return None
    _, watched = _watched(context, head)
    return None if watched.changes(Comparison(head, tip, "")).watched else tip


def _check_may_act(context: RunContext, refusal: Stage6Error | None) -> None:
    if refusal:
        raise refusal
    check_required(context.settings, context.request.config)


def _comparison(context: RunContext, head: str, releases: Releases, lacking: str) -> Comparison:
    try:
        return chart_comparison(context.repository, context.request, head, releases.latest)
    except ConfigurationError:
        if lacking:  # no base and no release are what a checkout with too little looks like
            raise version_unknown(context, lacking) from None
        raise


def _releases(context: RunContext, head: str, ask_remote: bool) -> Releases:
    repository, settings, request = context.repository, context.settings, context.request
    configured = settings.release
    return find_releases(
        repository,
        context.tag_format,
        head,
        ask_remote=ask_remote,
        branches=context.branches,
        branch=find_branch(repository, request, head, configured.branch) if configured.commit else None,
        folder=settings.chart.path,
    )


def _watched(context: RunContext, head: str) -> tuple[ChartSettings, "_Watched"]:
    """The chart with the folders of its local dependencies, and every watched path."""
    repository, settings = context.repository, context.settings
    observed = (*settings.targets, *context.needed)
    values = (file for target in observed for file in target.values)
    packaged = repository.tree(head, settings.chart.path, *values)
    beside = local_dependencies(repository, head, settings.chart.path, packaged)
    chart = replace(settings.chart, watch=(*settings.chart.watch, *beside))
    globs = (*chart.watched, *(glob for target in observed for glob in target.watched), CONFIG)
    return chart, _Watched(repository, tuple(dict.fromkeys(globs)), linked_paths(repository, head, packaged))


def _as_of_base(context: RunContext, releases: Releases, comparison: Comparison) -> Releases:
    """The releases as of the base, where only commits are compared: the version follows the latest one there."""
    repository, request = context.repository, context.request
    tip = repository.find(request.base)[0] if request.from_merge_base and request.base else comparison.base
    latest = highest_merged(repository, context.tag_format, releases.all, tip) if tip else None
    return replace(releases, latest=latest)


@frozen
class _Watched:
    """The watched paths; a change of the file that a symlink points to is a change of the symlink."""

    repository: Repository
    watch: tuple[str, ...]
    linked: dict[bytes, list[bytes]]

    def changes(self, comparison: Comparison) -> ChangeSet:
        seen = self.repository.changes(comparison, (*self.watch, *(literal(path) for path in self.linked)))
        through = [change._replace(path=link) for change in seen.watched for link in self.linked.get(change.path, ())]
        each = {change.path: change for change in (*through, *seen.watched)}.values()
        return replace(seen, watched=tuple(through_links(self.repository, comparison, change) for change in each))


@frozen
class _TargetObserver:
    """Observes targets one after the other; those that compare the same commits share the diff."""

    context: RunContext
    releases: Releases
    overtaken: str
    watched: _Watched
    comparison: Comparison
    seen: dict[str | None, ChangeSet]
    overrides: Overrides

    def decide_all(self, chart: tuple[Reason, ...], head: str) -> tuple[tuple[TargetDecision, ...], ...]:
        """The decisions for the targets that were asked for, and for those that they need."""
        others = replace(self, overrides=Overrides())  # what is asked for the first is not asked for these
        return (
            tuple(self.decide(target, chart, head) for target in self.context.settings.targets),
            tuple(others.decide(target, chart, head) for target in self.context.needed),
        )

    def decide(self, target: Target, chart: tuple[Reason, ...], head: str) -> TargetDecision:
        latest = self.releases.latest
        live = self._live(target)
        compared = values_comparison(self.context.repository, self.context.request, self.comparison, latest, live)
        if compared.base not in self.seen:
            self.seen[compared.base] = self.watched.changes(compared)
        lineage = self._lineage(live, head)
        values = values_reasons(self.seen[compared.base].watched, target)
        decided = decide(
            target,
            chart,
            values,
            compared,
            TargetState(
                live=live,
                latest=latest,
                lineage=lineage,
                overtaken=self.overtaken,
                values_differ=isinstance(live, Deployed) and self._values_differ(last_recorded(live), head, target),
                restored=self._restored(live, head, target),
            ),
            overrides=self.overrides,
        )
        return bounded(decided, redeploy=self.overrides.redeploy)

    def _restored(self, live: LiveState, head: str, target: Target) -> bool:
        """Whether a rollback brought back the version and the values of head, so that it holds nothing back."""
        revision = live.revision if isinstance(live, Deployed) else None
        if not isinstance(live, Deployed) or revision is None or not revision.rollback or revision.status != "deployed":
            return False
        latest = self.releases.latest
        same = latest is not None and live.version == str(latest.version) and bool(live.commit)
        return same and not self._values_differ(live, head, target)

    def _values_differ(self, live: Deployed, head: str, target: Target) -> bool:
        """By the recorded digest: the configuration may have named other files, or another release, at that deploy."""
        from jetscale_cicd.observe.git.values import read_values

        try:
            return read_values(self.context.repository, head, target).digest != live.values_digest
        except ConfigurationError:  # a precondition of the deploy names what is missing
            return True

    def _lineage(self, live: LiveState, head: str) -> Lineage:
        """How head descends from what is deployed, or was deployed and rolled back."""
        if not isinstance(live, Deployed):
            return Lineage.FORWARD
        repository, commit = self.context.repository, last_recorded(live).commit
        if commit == head:
            return Lineage.FORWARD
        if not commit or resolve_or_fetch(repository, commit) is None:
            return Lineage.UNKNOWN
        if is_truncated(repository, commit):
            unshallow(repository, commit)
        if repository.is_ancestor(commit, head):
            return Lineage.FORWARD
        return Lineage.BACK if repository.is_ancestor(head, commit) else Lineage.ASIDE

    def _live(self, target: Target) -> LiveState:
        if self.context.request.compares_only:
            return NotObserved(f"--since {self.context.request.since} compares commits only")
        try:
            return engine_of(target).observe(self.context, target)
        except (CannotTellError, PreconditionError) as unseen:
            asked = self.context.request
            if asked.for_notes or asked.half is Half.RELEASE:  # neither changes a target
                return NotObserved(unseen.message)
            # One that cannot be observed keeps no other back: it is refused, and a precondition says why.
            if self.context.settings.targets == (target,) and not asked.preflight:
                raise
            return NotObserved(unseen.message, unseen)


def _chart_rules(repository: Repository, chart: ChartSettings, changes: ChangeSet) -> ChartRules:
    """The rules of the chart; they are read, and their readers imported, only where a path of the chart changed."""
    folder = chart.path.encode() + b"/"
    if not any(change.path.startswith(folder) for change in changes.watched):
        return ChartRules(path=chart.path, watch=chart.watched)
    from jetscale_cicd.observe.git.chart_diff import packaged_rules

    return packaged_rules(repository, chart, changes)
