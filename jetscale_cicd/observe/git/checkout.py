"""Whether a clone has the tags of its remote: "no release yet" must not be read from tags that were not fetched."""

from jetscale_cicd.observe.git.repository import Repository


def why_tags_may_lack(repository: Repository, *, truncated: bool, in_ci: bool) -> str:
    """Why release tags of the remote may not be here; "" where none can be missing.

    ``git clone`` fetches every tag. The checkouts of CIs need not: GitLab's, of a depth, takes the tags of what it
    fetches, and Jenkins' of a multibranch job none at all; a history that is shorter than the depth is not shallow.

    Args:
        truncated: history ends where the clone was cut off.
        in_ci: the clone is that of a CI.
    """
    if truncated:
        return "this clone is shallow"
    git = repository.git
    if not git.remotes or git.run("for-each-ref", "--count=1", "refs/tags").stdout:
        return ""
    if any(git.config.get(f"remote.{name}.tagopt") == "--no-tags" for name in git.remotes):
        return "this clone was made without tags"
    return "this clone has no tag at all" if in_ci else ""
