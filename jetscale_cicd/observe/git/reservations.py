"""Reservations of versions at the remote (act/release/reserve.py): which count, and which no run needs any more.

Everybody who may push some ref can make them, so what they cost is bounded, and what they hold up is named.
"""

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.heads import released_tips
from jetscale_cicd.observe.git.releases import Releases
from jetscale_cicd.observe.git.remote import resolve_or_fetch
from jetscale_cicd.observe.git.repository import Repository

# Removed by one run: each is an argument of git push.
_MAX_REMOVED = 100


def known_tips(repository: Repository, releases: Releases, rules: BranchRules) -> tuple[str, ...]:
    """The commits of the released branches; () where they are not all known, so that every tag counts."""
    tips = released_tips(rules, releases.heads) if releases.heads else ()
    return tips if all(resolve_or_fetch(repository, tip) for tip in tips) else ()


def open_reservations(releases: Releases) -> tuple[Release, ...]:
    """Those of versions that are still to come; a host may let no reservation be deleted."""
    tagged = {release.tag for release in releases.published}
    least = releases.latest.version.core if releases.latest else (0, 0, 0)
    return tuple(each for each in releases.reserved if each.tag not in tagged and each.version.core > least)


def under_way(repository: Repository, releases: Releases, head: str, tips: tuple[str, ...]) -> Release | None:
    """A reservation that a run for a later commit of a released branch may be about to fulfil; None where none is.

    Nothing is fetched for it: what is on a released branch is here, as the branches are.

    Args:
        tips: commits of the released branches.
    """
    found = open_reservations(releases)
    if not found or not tips:
        return None
    later = repository.following(head, *tips)
    return next((each for each in found if each.commit in later), None)


def stale_reservations(repository: Repository, releases: Releases, head: str) -> tuple[Release, ...]:
    """The reservations that no run needs once head is released.

    The version is tagged by now, or its commit is one that head follows: a run for that is superseded then, and one
    that is at its end all the same needs no reservation to push its tag. One of another line may be that of a run,
    whatever the configuration of this line says of its branch, and is left.
    """
    tagged = {release.tag for release in releases.published}
    others = [each for each in releases.reserved if each.commit != head]
    unknown = dict.fromkeys(each.commit for each in others if each.tag not in tagged)
    passed = {
        commit
        for commit in list(unknown)[:_MAX_REMOVED]
        if repository.find(commit)[0] and repository.is_ancestor(commit, head)
    }
    return tuple(each for each in others if each.tag in tagged or each.commit in passed)[:_MAX_REMOVED]
