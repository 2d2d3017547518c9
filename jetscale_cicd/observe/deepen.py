"""The ladder for a commit or a tag that this clone lacks; it adds objects and tags, and moves nothing."""

import re

from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.observe.repository import Repository

_FULL_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
REMOTE = "origin"


def has_remote(repository: Repository) -> bool:
    """Whether the repository knows the remote that releases are pushed to."""
    arguments = ("config", "--get", f"remote.{REMOTE}.url")
    result = repository.git.run(*arguments)
    if result.status not in (0, 1):
        raise repository.git.failed(arguments, result)
    return result.status == 0


def reach(repository: Repository, revision: str) -> str | None:
    """The commit of ``revision``, fetched where it is missing: the exact commit, then the whole history without blobs.

    Returns None where every rung of the ladder failed: gone after a force push, or no remote.
    """
    found = repository.find(revision)[0]
    if found or not repository.git.network or not has_remote(repository):
        return found
    if _FULL_NAME.fullmatch(revision):
        # --depth in a complete clone would make it shallow.
        depth = ("--depth=1",) if repository.shallow else ()
        repository.git.run("fetch", "--quiet", "--no-tags", *depth, REMOTE, revision)
        found = repository.find(revision)[0]
    if found is None and repository.shallow:
        complete(repository)
        found = repository.find(revision)[0]
    return found


def complete(repository: Repository) -> None:
    """Fetch the rest of a shallow clone's history, with its tags and without its blobs.

    Raises:
        CannotTellError: ``HISTORY_INCOMPLETE``, the remote did not give it.
    """
    arguments = ("fetch", "--quiet", "--unshallow", "--tags", "--filter=blob:none", REMOTE)
    result = repository.git.run(*arguments)
    if result.status != 0:
        raise CannotTellError(
            "HISTORY_INCOMPLETE",
            f"this clone is shallow and the rest of its history could not be fetched: {result.stderr.strip()}",
            where=str(repository.git.root),
            hint="check out with the whole history: fetch-depth: 0 (GitHub Actions), GIT_DEPTH: 0 (GitLab)",
        )


def remote_tags(repository: Repository, pattern: str) -> dict[str, str]:
    """Tags of the remote by name, each with the commit it peels to.

    Args:
        pattern: ref glob such as ``refs/tags/v*``.

    Raises:
        CannotTellError: ``REMOTE_UNREACHABLE``.
    """
    arguments = ("ls-remote", "--quiet", REMOTE, pattern)
    result = repository.git.run(*arguments)
    if result.status != 0:
        raise CannotTellError(
            "REMOTE_UNREACHABLE",
            f"the remote's tags could not be listed: {result.stderr.strip() or 'git ls-remote failed'}",
            where=REMOTE,
            hint="check the network and the credentials of the checkout, then run again",
        )
    tags: dict[str, str] = {}
    for line in result.stdout.decode("utf-8", "surrogateescape").splitlines():
        sha, _, ref = line.partition("\t")
        tags[ref.removeprefix("refs/tags/").removesuffix("^{}")] = sha
    return tags


def fetch_tags(repository: Repository, tags: list[str]) -> None:
    """Fetch exactly these tags, and never move one that is here.

    Raises:
        CannotTellError: ``GIT_FAILED``.
    """
    if tags:
        repository.git.ask(
            "fetch", "--quiet", "--no-tags", REMOTE, *(f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags)
        )
