"""Which versions are taken: tags here and at the remote, and what runs are about to push."""

from collections.abc import Mapping

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.branch import Heads
from jetscale_cicd.model.cluster_identity import CLUSTER_RECORD
from jetscale_cicd.model.record import field, frozen, replace
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.heads import head_patterns, heads_of
from jetscale_cicd.observe.git.release_branch import Branch, own_release
from jetscale_cicd.observe.git.remote import (
    CLUSTERS,
    RESERVED,
    TAGS,
    RemoteRefs,
    begin_remote_refs,
    fetch_tags,
    is_truncated,
    list_remote,
    remote_of,
    unshallow,
)
from jetscale_cicd.observe.git.repository import Repository, literal, release_version, releases_of, tag_glob

_GUESSES = 3
# As a ref, it would be in the way of all reservations; git takes none with fewer parts (refs/stage6).
_ABOVE_ALL = (RESERVED.rstrip("/"),)
_DEFAULT_BRANCH = BranchRules()


@frozen
class Releases:
    """What versions are taken.

    Args:
        latest: the highest release that is merged into head.
        all: every release that any tag here names, highest first.
        published: those that the remote holds, where it was asked.
        certain: no newer tag can have been overlooked.
        reserved: versions that runs are about to push, or were when they died, each at the commit that it is for;
            lowest first.
        branch: the one that gets release commits, with its tip at the remote.
        beside: refs of the remote beside which git may be able to hold no release tag, or no reservation.
        clusters: by the name of a target what was recorded of the cluster of its first deploy.
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
    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


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
        beside=_beside(theirs or {}, everything, tag_format),
        heads=heads_of(answer.commits, answer.default) if answer else None,
        clusters=clusters_in(theirs or {}),
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
            hint="bring the branch up to date (git pull), run on the one that is released, check chart.tag_format, or "
            "delete tags that are no releases: git push origin :refs/tags/TAG",
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
    """Release tags and reservations, and the refs beside which git can hold none of them: a ref is no folder."""
    parts = tag_format.split("/")
    folders = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    above = (tag_glob(folder) if "{version}" in folder else literal(folder.encode()) for folder in folders)
    names = (tag_glob(tag_format), *above, f"{tag_glob(tag_format)}/*")
    return *(f"{prefix}{name}" for name in names for prefix in (TAGS, RESERVED)), *_ABOVE_ALL, f"{CLUSTERS}*"


def _beside(theirs: dict[str, str], releases: tuple[Release, ...], tag_format: str) -> tuple[str, ...]:
    known = {TAGS + release.tag for release in releases}
    reserved = (ref for ref in theirs if ref.startswith(RESERVED))
    known |= {ref for ref in reserved if release_version(ref.removeprefix(RESERVED), tag_format)}
    known.add("HEAD")
    return tuple(ref for ref in theirs if ref not in known and not ref.startswith(("refs/heads/", CLUSTERS)))


def clusters_in(theirs: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What was recorded of the clusters of targets, by their names."""
    found: dict[str, tuple[str, ...]] = {}
    for ref in sorted(theirs):
        target, separator, record = ref.removeprefix(CLUSTERS).partition("/")
        if ref.startswith(CLUSTERS) and separator and CLUSTER_RECORD.fullmatch(record):
            found[target] = (*found.get(target, ()), record)
    return found


def _local_tags(repository: Repository, tag_format: str, theirs: dict[str, str]) -> dict[str, str | None]:
    """The tags of this clone, after the release tags that only the remote has were fetched."""
    tags = repository.tags(tag_format)
    missing = {ref.removeprefix(TAGS) for ref in theirs if ref.startswith(TAGS)} - tags.keys()
    wanted = sorted(tag for tag in missing if release_version(tag, tag_format))
    if not wanted:
        return tags
    fetch_tags(repository, wanted, tag_format.replace("{version}", "*"))
    return repository.tags(tag_format)


def _at_remote(releases: tuple[Release, ...], theirs: dict[str, str]) -> tuple[Release, ...]:
    """The releases that the remote knows too; one that only this clone has is no release yet."""
    known = tuple(release for release in releases if TAGS + release.tag in theirs)
    for release in known:
        held = theirs[TAGS + release.tag]
        if held != release.commit:
            raise CannotTellError(
                "TAG_DIFFERS",
                f"the tag {release.tag} is at {release.commit[:12]} here and at {held[:12]} at the remote",
                where=f"{TAGS}{release.tag}",
                hint=f"a release tag was moved. If the remote is right: git fetch --force origin tag {release.tag}; "
                f"if this clone is: git push --force origin {release.tag}",
            )
    return known


def _reserved(theirs: dict[str, str], tag_format: str) -> tuple[Release, ...]:
    held = ((ref.removeprefix(RESERVED), sha) for ref, sha in theirs.items() if ref.startswith(RESERVED))
    found = (Release(version, tag, sha) for tag, sha in held if (version := release_version(tag, tag_format)))
    return tuple(sorted(found, key=lambda each: each.version.core))
