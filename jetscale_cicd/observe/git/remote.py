"""The ladder for a commit or a tag that this clone lacks; it adds objects and tags, and moves nothing."""

from collections.abc import Sequence

from jetscale_cicd.decide.release.ref_pattern import means
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.commit import FULL_COMMIT_NAME
from jetscale_cicd.model.record import frozen
from jetscale_cicd.observe.git.repository import Repository

# A version that a run is about to push, at the commit that it is for (act/release/reserve.py).
RESERVED = "refs/stage6/reserved/"
# The cluster to which a target was first deployed: TARGET/uid-… or TARGET/ca-… (act/deploy/cluster_record.py).
CLUSTERS = "refs/stage6/cluster/"
TAGS = "refs/tags/"
_LIST = ("ls-remote", "--quiet", "--symref")
# What a symbolic ref has in place of a commit (git-ls-remote(1), "OUTPUT").
_SYMBOLIC = "ref: "
# Nothing is deleted, and what the last fetch of a person's brought stays written down.
_FETCH = ("--quiet", "--no-prune", "--no-prune-tags", "--no-write-fetch-head")
# What is asked for goes where it is said, and not also where `remote.NAME.fetch` has it: a mirror's own branches.
_AS_ASKED = ("--refmap=",)
# More tags than this are fetched by their pattern.
_BY_NAME = 50


def remote_of(repository: Repository) -> str | None:
    """The remote that releases are pushed to: ``origin``, or the only one there is; None where there is none.

    Raises:
        ConfigurationError: ``REMOTE_UNCLEAR``, there are several and none is called origin.
    """
    names = repository.git.remotes
    if "origin" in names or not names:
        return "origin" if names else None
    if len(names) > 1 or names[0].startswith("-"):
        raise ConfigurationError(
            "REMOTE_UNCLEAR",
            f"none of the remotes is called origin: {show_path(' '.join(names).encode('utf-8', 'surrogateescape'))}",
            hint="call the one that releases are pushed to origin: git remote rename NAME origin",
        )
    return names[0]


def resolve_or_fetch(repository: Repository, revision: str) -> str | None:
    """The commit of ``revision``, fetched where it is missing: exactly it, then the whole history without blobs.

    Returns None where every rung of the ladder failed: gone after a force push, or no remote.
    """
    found = repository.find(revision)[0]
    if found or not repository.git.network or not (remote := remote_of(repository)):
        return found
    wanted = _refspec(revision, f"refs/remotes/{remote}/")
    if wanted:
        # --depth in a complete clone would make it shallow.
        depth = ("--depth=1",) if repository.shallow else ()
        repository.git.fetch(*_FETCH, *_AS_ASKED, "--no-tags", *depth, remote, wanted)
        found = repository.find(revision)[0]
    if found is None and repository.shallow:
        unshallow(repository)
        found = repository.find(revision)[0]
    return found


def is_truncated(repository: Repository, *commits: str) -> bool:
    """Whether history of any of the commits ends where the clone was cut off, not at its beginning."""
    if not commits or not repository.shallow:
        return False
    return not repository.cut.isdisjoint(repository.roots(*commits))


def unshallow(repository: Repository, *commits: str) -> None:
    """Fetch the rest of a shallow clone's history, with its tags and without its blobs.

    Args:
        commits: whose history has to be whole afterwards; a pull request's merge is on no branch of the remote.

    Raises:
        CannotTellError: ``HISTORY_INCOMPLETE``, the remote did not give it.
    """
    remote = remote_of(repository) or "origin"
    command = (*_FETCH, "--unshallow", "--tags", "--filter=blob:none", *_everything(repository, remote))
    # Its status proves little: a tag that differs from the remote's fails it after all else was done.
    result = repository.git.fetch(*command)
    if is_truncated(repository, *commits):
        result = repository.git.fetch(*command, *commits)
    if is_truncated(repository, *commits) or (repository.shallow and not commits):
        raise CannotTellError(
            "HISTORY_INCOMPLETE",
            f"this clone is shallow and the rest of its history could not be fetched: {result.stderr.strip()}",
            where=str(repository.git.root),
            hint=f"check out with the whole history: {repository.whole_history}",
        )


def begin_remote_refs(repository: Repository, *patterns: str) -> None:
    """Begin to ask the remote for refs, where there is one."""
    if remote := remote_of(repository):
        repository.git.begin(*_LIST, remote, *patterns)


@frozen
class RemoteRefs:
    """Refs of the remote.

    Args:
        commits: by full name, the commit that each peels to.
        default: full name of the ref that its HEAD points to; "" where HEAD was not asked for, or does not say so.
    """

    commits: dict[str, str]
    default: str = ""


def remote_refs(repository: Repository, *patterns: str) -> dict[str, str]:
    """Refs of the remote by full name, each with the commit it peels to."""
    return list_remote(repository, *patterns).commits


def list_remote(repository: Repository, *patterns: str) -> RemoteRefs:
    """Refs of the remote whose whole names the patterns mean, and its default branch.

    Args:
        patterns: whole names, or ref globs such as ``refs/tags/v*``.

    Raises:
        CannotTellError: ``REMOTE_UNREACHABLE``.
    """
    remote = remote_of(repository) or "origin"
    result = repository.git.run(*_LIST, remote, *patterns)
    if result.status != 0:
        raise CannotTellError(
            "REMOTE_UNREACHABLE",
            f"the remote's tags could not be listed: {result.stderr.strip() or 'git ls-remote failed'}",
            where=remote,
            hint="check the network and the credentials of the checkout, then run again",
        )
    refs: dict[str, str] = {}
    default = ""
    for line in result.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        value, _, ref = line.partition("\t")
        if not value.startswith(_SYMBOLIC):
            name = ref.removesuffix("^{}")
            if name in refs or any(means(pattern, name) for pattern in patterns):
                refs[name] = value
        elif ref == "HEAD":
            default = value.removeprefix(_SYMBOLIC)
    return RemoteRefs(refs, default)


def fetch_tags(repository: Repository, tags: Sequence[str], pattern: str = "") -> None:
    """Fetch these tags, and never move one that is here.

    Many are asked for by their pattern: git looks each name up among all refs of the remote, which took more than two
    minutes for 10,000 names, and less than a second for the pattern (measured, git 2.39). A tag of that pattern that
    differs from the remote's stays as it is, and is no failure here.

    Args:
        pattern: a refspec's pattern, which all of them match; "" where there is none.

    Raises:
        CannotTellError: ``GIT_FAILED``.
    """
    if not tags:
        return
    by_pattern = pattern and len(tags) > _BY_NAME
    names = "".join(f"refs/tags/{tag}:refs/tags/{tag}\n" for tag in ([pattern] if by_pattern else tags))
    arguments = (*_FETCH, *_AS_ASKED, "--no-tags", "--stdin", remote_of(repository) or "origin")
    result = repository.git.fetch(*arguments, stdin=names.encode("utf-8", "surrogateescape"))
    fetched = all(repository.find(*(f"refs/tags/{tag}" for tag in tags))) if by_pattern else result.status == 0
    if not fetched:
        raise repository.git.failed(("fetch", *arguments), result)


def _everything(repository: Repository, remote: str) -> tuple[str, ...]:
    """A remote, and what to fetch of it: every branch, or to no ref here where that would move a branch of this clone.

    Whatever is asked for, the rest of what is here comes with it.
    """
    refspecs = repository.git.settings.get(f"remote.{remote}.fetch", ())
    moves = any(not each.startswith("^") and ":" in each and ":refs/remotes/" not in each for each in refspecs)
    return (*_AS_ASKED, remote, "HEAD") if moves else (remote,)


def _refspec(revision: str, tracking: str) -> str | None:
    """What to ask the remote for, to have this revision afterwards; None where it names nothing of the remote's."""
    if FULL_COMMIT_NAME.fullmatch(revision):
        return revision
    branch = revision.removeprefix(tracking)
    return f"+refs/heads/{branch}:{revision}" if branch != revision else None
