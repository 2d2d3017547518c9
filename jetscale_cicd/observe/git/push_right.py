"""Whether this run may push a release's tag and its reservation, tried without pushing anything.

A dry run opens the connection that a push opens, so the remote checks who asks and whether they may write. Rules for
single refs (a protected tag, a hook) it applies to a push alone.
"""

import re

from jetscale_cicd.errors import CannotTellError, PreconditionError, Stage6Error
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.remote import RESERVED, TAGS, remote_of
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.tools.git.messages import without_progress

# What hosts answer to who may not write, by HTTP (git's own words) and by SSH (GitHub, GitLab, Bitbucket, Gitea,
# Gerrit, Azure DevOps; OpenSSH of a key that it does not know).
_DENIED = re.compile(
    r"\b(?:returned error: 40[13]\b|access denied|denied to |Permission denied|Permission to |not allowed to"
    r"|not permitted|not authorized|Authentication failed|could not read (?:Username|Password)"
    r"|terminal prompts disabled|Write access|read[- ]only|archived|prohibited|insufficient permission|TF401027)",
    re.IGNORECASE,
)
# With --porcelain git tells of each ref; a ref that it refuses by itself, it has compared with those of the remote.
_COMPARED = b"\t[rejected] ("


def check_push_right(repository: Repository, release: Release) -> tuple[Stage6Error, ...]:
    """Why this run could not push the tag of a release; () where it could, or there is no remote.

    Args:
        release: at the commit that is released.
    """
    remote = remote_of(repository)
    if not remote:
        return ()
    refspecs = [f"{release.commit}:{ref}{release.tag}" for ref in (TAGS, RESERVED)]
    try:
        result = repository.git.write("push", "--dry-run", "--porcelain", remote, *refspecs)
    except CannotTellError as silent:
        return (silent,)
    if result.status == 0 or _COMPARED in result.stdout:
        return ()
    said = " ".join(without_progress(result.stderr).split()) or "git gives no reason"
    where = f"{TAGS}{release.tag}"
    if _DENIED.search(result.unredacted):
        hint = "give this run the right to push tags (contents: write), by a token or a key that may write"
        return (
            PreconditionError("PUSH_DENIED", f"{remote} takes no push from this run: {said}", where=where, hint=hint),
        )
    hint = f"is the address right, and does it answer? git push --dry-run {remote} HEAD:{where}"
    message = f"it cannot be told whether {remote} takes a push of this run: {said}"
    return (CannotTellError("PUSH_UNKNOWN", message, where=where, hint=hint),)
