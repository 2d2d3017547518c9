"""Whether a later commit of a released branch has a version, or is about to get one.

Only what is on a released branch counts. Everybody who may push some branch or tag could otherwise stop every release.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.live import Deployed, Lineage, last_recorded
from jetscale_cicd.model.plan import TargetDecision
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.releases import Releases
from jetscale_cicd.observe.git.remote import RESERVED, TAGS, remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.observe.git.reservations import known_tips, open_reservations, under_way

_MAX_WHO_CHARS = 60


class Overtaken(NamedTuple):
    """Why a version for head would come too late, "" where it would not; and what was not taken for a reason."""

    why: str = ""
    notes: tuple[str, ...] = ()


def find_overtaking(
    repository: Repository, tag_format: str, releases: Releases, head: str, rules: BranchRules
) -> Overtaken:
    """Whether a later commit has a version, or is about to get one.

    A version for head would then give an older commit the higher one, and the next run would take that for the latest.

    Args:
        rules: which branches are released.
    """
    newer = [each for each in releases.published if each.version.core > _core(releases.latest) and each.commit != head]
    later = _containing(repository, tag_format, newer, head)
    if not (later or open_reservations(releases)):
        return Overtaken()
    tips = known_tips(repository, releases, rules)  # which may have to be fetched
    on_line = _containing(repository, tag_format, later, head, *tips)
    if on_line:
        tag = on_line[0].tag
        return Overtaken(f"{tag} is of a later commit ({who_made(repository, TAGS + tag)})")
    return Overtaken(_reserved_by_a_later_run(repository, releases, head, tips), _strays(repository, later))


def deployed_aside(
    repository: Repository, releases: Releases, rules: BranchRules, targets: Iterable[TargetDecision]
) -> tuple[str, ...]:
    """A sentence for each target that keeps what is deployed, of a later commit that is on no released branch."""
    kept = [each for each in targets if each.superseded and each.lineage is Lineage.BACK]
    tips = known_tips(repository, releases, rules) if kept else ()
    return tuple(
        f"{each.target.name}: what is deployed is of {commit[:12]} ({who_made(repository, commit)}), which is on no "
        "branch that is released; the next version of this branch replaces it, or --allow-older now"
        for each in kept
        if tips and isinstance(each.live, Deployed) and (commit := last_recorded(each.live).commit)
        if not any(repository.is_ancestor(commit, tip) for tip in tips)
    )


def any_released_since(repository: Repository, tag_format: str, versions: Collection[Version]) -> bool:
    """Whether the remote has a tag or a reservation by now for any of these versions.

    Raises:
        CannotTellError: ``REMOTE_UNREACHABLE``.
    """
    if not versions or not repository.git.network or not remote_of(repository):
        return False
    tags = [tag_format.replace("{version}", str(version)) for version in versions]
    return bool(remote_refs(repository, *(prefix + tag for tag in tags for prefix in (RESERVED, TAGS))))


def _containing(
    repository: Repository, tag_format: str, releases: list[Release], head: str, *merged: str
) -> list[Release]:
    """Those of releases whose commits follow head, and are on one of the branches with these commits."""
    if not releases:
        return []
    found = set(repository.releases_containing(tag_format, head, *merged))
    return [release for release in releases if release in found]


def _strays(repository: Repository, later: list[Release]) -> tuple[str, ...]:
    """A sentence about tags of later commits that are on no released branch."""
    if not later:
        return ()
    first = later[0]
    more = f" and {len(later) - 1:,} more" if len(later) > 1 else ""
    what = f"{first.tag} at {first.commit[:12]} ({who_made(repository, TAGS + first.tag)})"
    remove = f"git push {remote_of(repository) or 'origin'} :{TAGS}{first.tag}"
    return (f"{what}{more}: on no branch that is released, so no release; if nobody needs it, {remove}",)


def _reserved_by_a_later_run(repository: Repository, releases: Releases, head: str, tips: tuple[str, ...]) -> str:
    """Why a run for a later commit is about to release a version; "" where none is.

    A run that died leaves its reservation; once its commit is on no released branch any more, no run will finish it.
    """
    reserved = under_way(repository, releases, head, tips)
    if reserved is None:
        return ""
    who = who_made(repository, reserved.commit)
    return f"a run for the later commit {reserved.commit[:12]} ({who}) is about to release {reserved.version}"


def who_made(repository: Repository, revision: str) -> str:
    """Who made a tag, or the commit that it names: git does not record who pushed."""
    name = repository.made_by(revision)
    return f"by {show_path(name)[:_MAX_WHO_CHARS]}" if name else "by nobody who is named"


def _core(latest: Release | None) -> tuple[int, int, int]:
    return latest.version.core if latest else (-1, -1, -1)
