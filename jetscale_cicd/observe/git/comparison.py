"""Which two commits are compared, how that was found, and whether it is certain (docs/how-it-works.md)."""

from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.change import Comparison, show_path
from jetscale_cicd.model.event import EventKind
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, last_recorded
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git.remote import (
    is_truncated,
    remote_of,
    resolve_or_fetch,
    unshallow,
)
from jetscale_cicd.observe.git.repository import Repository


def find_head(repository: Repository, request: Request) -> str:
    """The commit to decide for.

    Raises:
        CannotTellError: it is not here and could not be fetched, or the event deleted it.
    """
    if request.event.kind is EventKind.DELETION and request.head is None:
        raise CannotTellError(
            "NO_HEAD",
            f"{request.event.ci}: {request.event.note}",
            hint="let no deletion start Stage 6, or name a commit: --head REV",
        )
    revision = request.head or request.event.head or "HEAD"
    return resolve_or_fetch(repository, revision) or repository.commit(revision)


def chart_comparison(repository: Repository, request: Request, head: str, latest: Release | None) -> Comparison:
    """The ends between which the chart's content is compared."""
    if request.since == "event":
        return event_comparison(repository, request, head, latest)
    if request.since != "auto":
        base = resolve_or_fetch(repository, request.since) or repository.commit(request.since)
        return Comparison(base, head, f"since {request.since}")
    if latest is None:
        return Comparison(None, head, "since the beginning: there is no release yet")
    return Comparison(latest.commit, head, f"since release {latest.tag}")


def values_comparison(
    repository: Repository, request: Request, chart: Comparison, latest: Release | None, live: LiveState
) -> Comparison:
    """The ends between which a target's values are compared: since what is deployed there, where that can be seen.

    Args:
        chart: the ends of the chart's comparison, which is the values' too where no deploy could be the measure.
    """
    if request.compares_only or latest is None:
        return chart
    head = chart.head
    if isinstance(live, Deployed):
        tried = last_recorded(live)
        if not tried.commit:
            return _last_release(repository, head, latest, "what is deployed has no record of Stage 6")
        word = "deployed commit" if tried is live else "commit that was rolled back,"
        deployed = resolve_or_fetch(repository, tried.commit)
        if deployed:
            return Comparison(deployed, head, f"since the {word} {deployed[:12]}")
        return _last_release(repository, head, latest, f"the {word} {tried.commit[:12]} is gone")
    if request.base or request.event.base or request.event.base_branch:
        return event_comparison(repository, request, head, latest)
    seen = "nothing is deployed yet" if isinstance(live, NotDeployed) else "what is deployed was not seen"
    return _last_release(repository, head, latest, request.event.note or f"{seen} and the event gives no base")


def begin_expected_diff(repository: Repository, request: Request) -> None:
    """Begin the diff that the event's comparison is going to need; another one is asked for when it is known."""
    base, head = request.base or request.event.base, request.head or request.event.head or "HEAD"
    event = request.event
    other = request.worktree or request.from_merge_base or event.base_is_branch_tip or event.base_is_first_parent
    if request.since != "event" or not base or other:
        return
    before, after = repository.find(base, head)
    if before and after:
        repository.begin_diff(Comparison(before, after, "expected"))


def event_comparison(repository: Repository, request: Request, head: str, latest: Release | None) -> Comparison:
    """The ends that the event, or the command line, gives.

    Raises:
        ConfigurationError: ``NO_BASE``, neither gives a base and no release could stand in.
        CannotTellError: a base was named on the command line and cannot be reached.
    """
    if request.base:
        base = resolve_or_fetch(repository, request.base) or repository.commit(request.base)
        if request.from_merge_base:
            return since_merge_base(repository, base, head, request.base)
        return Comparison(base, head, f"since {request.base}")
    event = request.event
    # Only of the CI's own merge: the first parent of any other commit is just the commit before it.
    own_merge = request.head is None and event.base_is_first_parent and resolve_or_fetch(repository, f"{head}^2")
    if own_merge and (parent := resolve_or_fetch(repository, f"{head}^1")):
        return Comparison(parent, head, f"since the target branch that {event.ci} merged this {event.kind} into")
    if event.kind is EventKind.LOCAL and not event.base:
        return _since_default_branch(repository, head, latest)
    remote = remote_of(repository) or "origin"
    given = event.base or (f"refs/remotes/{remote}/{event.base_branch}" if event.base_branch else None)
    if given is None:
        return _last_release(repository, head, latest, event.note or f"{event.ci} gives no base for this {event.kind}")
    found = resolve_or_fetch(repository, given)
    if found is None:
        return _last_release(
            repository,
            head,
            latest,
            f"the base {show_path(given.encode())[:60]} that {event.ci} gives is not here and cannot be fetched",
        )
    if event.base_is_branch_tip:
        return since_merge_base(repository, found, head, f"{event.ci} {event.kind}")
    return Comparison(found, head, f"since the commit before this {event.kind} ({event.ci})")


def _since_default_branch(repository: Repository, head: str, latest: Release | None) -> Comparison:
    """On a laptop a branch is meant for the remote's default branch, which `git clone` writes down."""
    remote = remote_of(repository)
    if remote is None:
        return _last_release(repository, head, latest, "there is no remote to compare with")
    tip = repository.find(f"refs/remotes/{remote}/HEAD")[0]
    if tip is None:
        remedy = f"git remote set-head {remote} --auto, or --base REV"
        return _last_release(repository, head, latest, f"this clone does not know {remote}'s default branch ({remedy})")
    return since_merge_base(repository, tip, head, f"{remote}'s default branch")


def _fetch_all(repository: Repository) -> str:
    return f"check out with the whole history ({repository.whole_history}), or name a base: --base REV"


def since_merge_base(repository: Repository, tip: str, head: str, what: str) -> Comparison:
    """From where the branch left the target branch.

    Raises:
        CannotTellError: ``NO_MERGE_BASE``.
    """
    cut = is_truncated(repository, tip, head)
    if cut and repository.git.network:
        unshallow(repository, tip, head)
        cut = False
    base = repository.merge_base(tip, head)
    if base is None:
        raise CannotTellError(
            "NO_MERGE_BASE", f"{tip[:12]} and {head[:12]} have no common ancestor here", hint=_fetch_all(repository)
        )
    how = f"since the merge base with {tip[:12]} ({what})"
    return Comparison(base, head, f"{how} as far as this shallow clone shows" if cut else how, certain=not cut)


def _last_release(repository: Repository, head: str, latest: Release | None, why: str) -> Comparison:
    if latest is None:
        raise ConfigurationError(
            "NO_BASE",
            f"there is nothing to compare with: {why}, and there is no release yet",
            hint=_fetch_all(repository),
        )
    return Comparison(latest.commit, head, f"since release {latest.tag}, because {why}", certain=False)
