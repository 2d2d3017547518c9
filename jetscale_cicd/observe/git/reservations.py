"""Reservations of versions at the remote (act/release/reserve.py): which count, and which no run needs any more.

Everybody who may push some ref can make them, so what they cost is bounded, and what they hold up is named.
"""

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.heads import released_tips
from jetscale_cicd.observe.git.releases import Releases
from jetscale_cicd.observe.git.remote import resolve_or_fetch
from jetscale_cicd.observe.git.repository import Repository

# Commits of reservations that are looked at: a run has one reservation, and few runs are under way at once.
_MAX_COMMITS = 20
# Removed by one run: each is an argument of git push.
_MAX_REMOVED = 100


def known_tips(repository: Repository, releases: Releases, rules: BranchRules) -> tuple[str, ...]:
    """The commits of the released branches; () where they are not all known, so that every tag counts."""
    tips = released_tips(rules, releases.heads) if releases.heads else ()
    return tips if all(resolve_or_fetch(repository, tip) for tip in tips) else ()


def under_way(releases: Releases) -> tuple[Release, ...]:
    """The reservations that a run may be about to fulfil, one of each commit, of the lowest versions."""
    tagged = {release.tag for release in releases.published}  # a host may let no reservation be deleted
    least = releases.latest.version.core if releases.latest else (0, 0, 0)
    first: dict[str, Release] = {}
    for each in releases.reserved:
        if each.tag not in tagged and each.version.core > least:
            first.setdefault(each.commit, each)
    return tuple(first.values())[:_MAX_COMMITS]


def stale_reservations(
    repository: Repository, releases: Releases, head: str, tips: tuple[str, ...]
) -> tuple[Release, ...]:
    """The reservations that no run needs once head is released.

    The version is tagged by now, or its commit is on no released branch, or it is one that head follows: a run for that
    is superseded then, and one that is at its end all the same needs no reservation to push its tag.

    Args:
        tips: commits of the released branches; where there are none, only tagged versions are given.
    """
    tagged = {release.tag for release in releases.published}
    passed: dict[str, bool] = {}
    stale = []
    for each in releases.reserved:
        if each.commit == head:
            continue
        if each.tag not in tagged:
            if each.commit not in passed:
                if len(passed) == _MAX_REMOVED or not tips:
                    continue
                passed[each.commit] = _is_passed(repository, each.commit, head, tips)
            if not passed[each.commit]:
                continue
        stale.append(each)
    return tuple(stale[:_MAX_REMOVED])


def _is_passed(repository: Repository, commit: str, head: str, tips: tuple[str, ...]) -> bool:
    if repository.find(commit)[0] is None:
        return not repository.shallow  # what the branches hold is here
    if repository.is_ancestor(commit, head):
        return True
    return not any(repository.is_ancestor(commit, tip) for tip in tips)
