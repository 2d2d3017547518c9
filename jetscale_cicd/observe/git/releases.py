"""Which versions are taken: tags here and at the remote, and what runs are about to push."""

from collections.abc import Collection

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.branch import Heads
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.heads import head_patterns, heads_of
from jetscale_cicd.observe.git.release_branch import Branch, own_release
from jetscale_cicd.observe.git.remote import (
    RESERVED,
    RemoteRefs,
    begin_remote_refs,
    fetch_tags,
    is_truncated,
    list_remote,
    remote_of,
    remote_refs,
    resolve_or_fetch,
    unshallow,
)
from jetscale_cicd.observe.git.repository import Repository, literal, release_version, releases_of, tag_glob

_GUESSES = 3
_DEFAULT_BRANCH = BranchRules()
_TAGS = "refs/tags/"


@frozen
class Releases:
    """What versions are taken.

    Args:
        latest: the highest release that is merged into head.
        all: every release that any tag here names, highest first.
        published: those that the remote holds, where it was asked.
        certain: no newer tag can have been overlooked.
        reserved: versions that runs are about to push, each at the commit that it is for.
        branch: the one that gets release commits, with its tip at the remote.
        beside: tags of the remote that are no releases, and below which a release tag could be, or above.
        heads: the remote's branches, as far as they were asked for; None where it was not asked, or there is none.
    """

    latest: Release | None
    all: tuple[Release, ...]
    published: tuple[Release, ...] = ()
    certain: bool = True
    reserved: tuple[Release, ...] = ()
    branch: Branch | None = None
    beside: tuple[str, ...] = ()
    heads: Heads | None = None


def begin_releases(repository: Repository, tag_format: str, branches: BranchRules, *, ask_remote: bool) -> None:
    """Begin what ``find_releases`` is going to ask, unless it has to fetch missing history first."""
    if repository.shallow:
        return
    repository.begin_tags(tag_format)
    if ask_remote:
        begin_remote_refs(repository, *_remote_patterns(tag_format), *head_patterns(branches))


def find_releases(
    repository: Repository,
    tag_format: str,
    head: str,
    *,
    ask_remote: bool,
    branches: BranchRules = _DEFAULT_BRANCH,
    branch: Branch | None = None,
    folder: str = "",
) -> Releases:
    """Release tags; with ``ask_remote`` those that the remote holds, so that none is overlooked and none is private.

    Args:
        branches: which branches are released.
        branch: the one that gets release commits, where there are such.
        folder: of the chart whose version they write.

    Raises:
        CannotTellError: ``REMOTE_UNREACHABLE``, ``HISTORY_INCOMPLETE`` or ``TAG_DIFFERS``.
    """
    asked = ask_remote and repository.git.network
    answer = _ask_remote(repository, tag_format, head, branches, branch) if asked else None
    theirs = answer.commits if answer else None
    everything = releases_of(_local_tags(repository, tag_format, theirs or {}), tag_format)
    published = everything if theirs is None else _at_remote(everything, theirs)
    latest = highest_merged(repository, tag_format, published, head)
    if branch is not None:
        latest = own_release(repository, published, latest, head, folder) or latest
    return Releases(
        latest=latest,
        all=everything,
        published=published,
        certain=not is_truncated(repository, head),
        reserved=_reserved(theirs or {}, tag_format),
        branch=branch and replace(branch, tip=(theirs or {}).get(branch.ref)),
        beside=_beside(theirs or {}, everything),
        heads=heads_of(answer.commits, answer.default) if answer else None,
    )


def check_merged(releases: Releases, head: str) -> None:
    """Refuse to take releases that are all of other lines for "no release yet".

    Raises:
        CannotTellError: ``RELEASES_NOT_MERGED``.
    """
    if releases.published and releases.latest is None:
        raise CannotTellError(
            "RELEASES_NOT_MERGED",
            f"{len(releases.published)} release tags exist (highest {releases.published[0].tag}), but none is an "
            "ancestor of head",
            where=head,
            hint="bring the branch up to date (git pull), run on the one that is released, or check chart.tag_format",
        )


def highest_merged(
    repository: Repository, tag_format: str, releases: tuple[Release, ...], commit: str
) -> Release | None:
    """The highest release that a commit holds; nearly always the highest of all, which is quickly asked.

    `for-each-ref --merged` walks the whole history whatever the answer: 60 ms at 20,000 commits, where
    `merge-base --is-ancestor` of a tag near head takes 2 ms (measured, git 2.39).
    """
    for release in releases[:_GUESSES]:
        if repository.is_ancestor(release.commit, commit):
            return release
    if len(releases) <= _GUESSES:
        return None
    known = {release.tag for release in releases}
    return next((release for release in repository.releases(tag_format, (commit,)) if release.tag in known), None)


def overtaken_by(repository: Repository, tag_format: str, releases: Releases, head: str, branch: str) -> str:
    """Why a version for head would come too late: a later commit has one, or is about to; "" where none has.

    It would give an older commit the higher version, and the next run would take that for the latest.

    Args:
        branch: the branch that this run is for, "" where it is not known.
    """
    newer = [release for release in releases.published if release.version.core > _core(releases.latest)]
    descendants = set(repository.releases_containing(tag_format, head)) if newer else set()
    for release in newer:
        if release.commit != head and release in descendants:
            return f"{release.tag} is of a later commit"
    tagged = {release.tag for release in releases.published}  # a host may let no reservation be deleted
    for release in releases.reserved:
        if (
            release.tag not in tagged
            and release.commit != head
            and _is_under_way(repository, head, release.commit, branch)
        ):
            return f"a run for the later commit {release.commit[:12]} is about to release {release.version}"
    return ""


def any_released_since(repository: Repository, tag_format: str, versions: Collection[Version]) -> bool:
    """Whether the remote has a tag or a reservation by now for any of these versions.

    Raises:
        CannotTellError: ``REMOTE_UNREACHABLE``.
    """
    if not versions or not repository.git.network or not remote_of(repository):
        return False
    tags = [tag_format.replace("{version}", str(version)) for version in versions]
    return bool(remote_refs(repository, *(prefix + tag for tag in tags for prefix in (RESERVED, _TAGS))))


def _is_under_way(repository: Repository, head: str, commit: str, branch: str) -> bool:
    """Whether a reservation is of a commit that follows head on a branch that the remote still has like that.

    A run that died leaves its reservation; once its commit is on no branch any more, no run will finish it.
    """
    if resolve_or_fetch(repository, commit) is None or not repository.is_ancestor(head, commit):
        return False
    tips = remote_refs(repository, "HEAD", *([f"refs/heads/{branch}"] if branch else []))
    return any(resolve_or_fetch(repository, tip) and repository.is_ancestor(commit, tip) for tip in tips.values())


def _core(latest: Release | None) -> tuple[int, int, int]:
    return latest.version.core if latest else (-1, -1, -1)


def _ask_remote(
    repository: Repository, tag_format: str, head: str, branches: BranchRules, branch: Branch | None
) -> RemoteRefs | None:
    """The remote's refs, None where there is no remote; history that is missing here is fetched first."""
    if is_truncated(repository, head):
        unshallow(repository, head)
    if not remote_of(repository):
        return None
    tip = (branch.ref,) if branch else ()
    return list_remote(repository, *_remote_patterns(tag_format), *head_patterns(branches), *tip)


def _remote_patterns(tag_format: str) -> tuple[str, ...]:
    """Release tags and reservations, and the tags beside which git can hold no release tag: a ref is no folder."""
    glob, parts = tag_glob(tag_format), tag_format.split("/")
    folders = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    above = (tag_glob(folder) if "{version}" in folder else literal(folder.encode()) for folder in folders)
    return f"{_TAGS}{glob}", f"{RESERVED}{glob}", *(f"{_TAGS}{each}" for each in (*above, f"{glob}/*"))


def _beside(theirs: dict[str, str], releases: tuple[Release, ...]) -> tuple[str, ...]:
    known = {release.tag for release in releases}
    return tuple(name for ref in theirs if ref.startswith(_TAGS) and (name := ref.removeprefix(_TAGS)) not in known)


def _local_tags(repository: Repository, tag_format: str, theirs: dict[str, str]) -> dict[str, str | None]:
    """The tags of this clone, after the release tags that only the remote has were fetched."""
    tags = repository.tags(tag_format)
    missing = {ref.removeprefix(_TAGS) for ref in theirs if ref.startswith(_TAGS)} - tags.keys()
    wanted = sorted(tag for tag in missing if release_version(tag, tag_format))
    if not wanted:
        return tags
    fetch_tags(repository, wanted, tag_format.replace("{version}", "*"))
    return repository.tags(tag_format)


def _at_remote(releases: tuple[Release, ...], theirs: dict[str, str]) -> tuple[Release, ...]:
    """The releases that the remote knows too; one that only this clone has is no release yet."""
    known = tuple(release for release in releases if _TAGS + release.tag in theirs)
    for release in known:
        held = theirs[_TAGS + release.tag]
        if held != release.commit:
            raise CannotTellError(
                "TAG_DIFFERS",
                f"the tag {release.tag} is at {release.commit[:12]} here and at {held[:12]} at the remote",
                where=f"{_TAGS}{release.tag}",
                hint=f"a release tag was moved. If the remote is right: git fetch --force origin tag {release.tag}",
            )
    return known


def _reserved(theirs: dict[str, str], tag_format: str) -> tuple[Release, ...]:
    held = ((ref.removeprefix(RESERVED), sha) for ref, sha in theirs.items() if ref.startswith(RESERVED))
    return tuple(Release(version, tag, sha) for tag, sha in held if (version := release_version(tag, tag_format)))
